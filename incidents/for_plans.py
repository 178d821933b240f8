"""What the plans' pages and their paper ask about runs, targets and contacts."""

from collections.abc import Iterator
from typing import Any

from incidents.models import Contact
from plans.callers import Place, Rehearsal
from rollbacks.models import Run, Target
from rollbacks.readiness import readiness
from rollbacks.snapshot import alternatives_in

MOST = 400


def rehearsals(plans: list[int]) -> Iterator[Rehearsal]:
    """Runs and drills of these plans that did all of their steps, up to the proved recovery where there is one. One query."""
    done = Run.objects.filter(
        revision__plan_id__in=plans, kind__in=("rollback", "drill"), status="succeeded", started_at__isnull=False
    )
    keys = ("revision__plan_id", "level", "service__name", "environment__name", "started_at", "finished_at")
    rows = done.order_by("-started_at").values_list(*keys, "watch__recovered_at", "promise_seconds")[:MOST]
    for plan, level, service, environment, start, end, good, promised in rows:
        if level is not None and (good or end):
            seconds = ((good or end) - start).total_seconds()
            yield Rehearsal(plan, level, f"{service} {environment}", start, seconds, promised)


def places(plan: Any) -> Iterator[Place]:
    """The targets of a plan with their values and contacts, and what each still lacks."""
    targets = Target.objects.filter(plan=plan).select_related("service", "environment").prefetch_related("sealed")
    called: dict[int, list[Contact]] = {}
    for contact in Contact.objects.filter(target__plan=plan).order_by("order"):
        called.setdefault(contact.target_id, []).append(contact)
    for target in targets:
        words = frozenset(alternatives_in(target.deployment))
        values = {name: str(value) for name, value in target.params.items()}
        contacts = tuple((f"{one.role} {one.name}".strip(), one.address) for one in called.get(target.pk, []))
        ready = readiness(target)
        lacks = (
            *([ready.sentence] if ready.sentence else []),
            *(f"{row.name}: {row.sentence}" for row in ready.rows if not row.ok),
        )
        yield Place(str(target), values, words, contacts, target.get_absolute_url(), lacks)
