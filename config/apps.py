from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PorchConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Celery's application is the current one from here on: `delay()` then finds our broker.

        Roles are made after every migrate: groups are data, and their permissions come from four rooms."""
        import config.celery  # noqa: F401
        from config.roles import ensure_roles

        # By sender: config has no models and sends no signal of its own; incidents is the last room that does.
        for room in ("plans", "rollbacks", "incidents"):
            from django.apps import apps

            post_migrate.connect(ensure_roles, sender=apps.get_app_config(room), dispatch_uid=f"roles-{room}")
