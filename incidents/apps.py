from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self) -> None:
        """Registers what follows from events."""
        from incidents.followers import FOLLOWERS
        from timeline import followers

        followers.register(FOLLOWERS)
