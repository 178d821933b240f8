from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"

    def ready(self) -> None:
        """Registers what follows from approvals."""
        from plans.followers import FOLLOWERS
        from timeline import followers

        followers.register(FOLLOWERS)
