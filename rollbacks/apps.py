from django.apps import AppConfig


class RollbacksConfig(AppConfig):
    name = "rollbacks"

    def ready(self) -> None:
        """Registers what follows from events of runs and steps."""
        from rollbacks.followers import FOLLOWERS
        from timeline import followers

        followers.register(FOLLOWERS)
