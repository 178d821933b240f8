from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self) -> None:
        """Registers what follows from events, and what the engine asks about an incident."""
        from incidents import for_plans, for_runs
        from incidents.followers import FOLLOWERS
        from plans.callers import CALLERS as PLAN_CALLERS
        from rollbacks.callers import CALLERS
        from timeline import followers

        followers.register(FOLLOWERS)
        CALLERS.register(leads=for_runs.leads, others=for_runs.others)
        PLAN_CALLERS.register(rehearsals=for_plans.rehearsals, places=for_plans.places)
