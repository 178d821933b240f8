"""What follows from a plan's events. Safe to call twice for one event."""

from collections.abc import Callable, Mapping

from plans.models import Plan
from plans.paper import write_paper
from timeline.models import Event


def keep_paper(event: Event) -> None:
    """An approval given or taken back: the file on the disk says what may run now."""
    plan = Plan.objects.filter(slug=str(event.data.get("plan") or "")).first()
    if plan is not None:
        write_paper(plan)


FOLLOWERS: Mapping[str, tuple[Callable[[Event], None], ...]] = {
    "revision.approved": (keep_paper,),
    "revision.approval_withdrawn": (keep_paper,),
}
