"""What follows from what happened: the only upward path. Each is safe to call twice for one event.

They run in a worker after the commit, never in the verb's transaction: declaring stays fast, and a mail server or
a broker that is down cannot undo a declaration.
"""

import re
from collections.abc import Callable, Mapping

from django.db import transaction

from incidents import after_care, detected, drills, escalating, evidence_keeping, recommendation
from incidents.models import Contact, Incident, Page, Task
from plans.models import Plan, Refused
from rollbacks import sampling, watch
from timeline.models import Event

PREFIX = "incident:"


def incident_of(event: Event) -> Incident | None:
    """The incident whose timeline this event stands on."""
    key = event.stream.key
    if not key.startswith(PREFIX):
        return None
    related = ("target__service", "target__environment", "target__plan", "revision", "declared_by")
    return Incident.objects.select_related(*related).filter(pk=key.removeprefix(PREFIX)).first()


def tick_tasks(event: Event) -> None:
    """Ticks the tasks that this event answers; events of runs come from below and are only seen here."""
    if event.stream.key.startswith(PREFIX):
        Task.objects.tick_from(event, int(event.stream.key.removeprefix(PREFIX)))


def gather_evidence(event: Event) -> None:
    """Starts the checklist's reads before anything is changed."""
    incident = incident_of(event)
    if incident and incident.is_live:
        evidence_keeping.begin(incident)


def measure(event: Event) -> None:
    """Sends the plan's own queries while the incident lasts: errors become counts, before and after."""
    incident = incident_of(event)
    if incident and incident.is_live and incident.compiled.get("signals"):
        sampling.start(incident.target, incident.stream_key, incident.compiled, by=incident.declared_by)


def stop_measuring(event: Event) -> None:
    """The incident is over: nothing is watched or measured for it any more."""
    incident = incident_of(event)
    if incident and not incident.is_live:
        watch.close(incident.stream_key, reason="The incident is over.")
        sampling.stop(incident.stream_key)


def recommend(event: Event) -> None:
    """Asks the matrix anew; only another answer is written down."""
    if incident := incident_of(event):
        recommendation.recommend_for(incident)


def page_first_contact(event: Event) -> None:
    """Asks contact 1. Nobody to ask is said too, in red: the task stays open."""
    incident = incident_of(event)
    if incident is None or not incident.is_live or incident.pages.exists():
        return
    contact = Contact.objects.filter(target_id=incident.target_id).order_by("order").first()
    if contact:
        Page.request(incident_id=incident.pk, contact=contact)
    elif not incident.events.filter(kind="contact.paged").exists():
        data = {"contact": None, "role": "", "address": "", "state": "no_contact", "counts": False}
        incident.record("contact.paged", data=data)


def page_again(event: Event) -> None:
    """After a withdrawn acknowledgement the next contact is asked, else contact 1 again."""
    incident = incident_of(event)
    if incident is None or not incident.is_live or incident.acknowledged_at:
        return
    if incident.pages.filter(requested_at__gte=event.at).exists():
        return
    try:
        incident.escalate()
    except Refused:
        contact = Contact.objects.filter(target_id=incident.target_id).order_by("order").first()
        if contact:
            Page.request(incident_id=incident.pk, contact=contact)


def keep_evidence(event: Event) -> None:
    """A step of the evidence run ended."""
    if evidence_keeping.is_evidence(event) and (incident := incident_of(event)):
        evidence_keeping.keep_step(incident, event.data["step"])


def say_evidence_refused(event: Event) -> None:
    """The checklist was read for this target and cannot run."""
    if evidence_keeping.is_evidence(event) and (incident := incident_of(event)):
        evidence_keeping.say_refused(incident, event.data["run"])


def finish_evidence(event: Event) -> None:
    """The evidence run ended."""
    if evidence_keeping.is_evidence(event) and (incident := incident_of(event)):
        evidence_keeping.finish(incident, event.data["run"])


def plan_drills(event: Event) -> None:
    """An approved text may ask for other rehearsals."""
    plan = Plan.objects.filter(slug=event.data.get("plan")).first()
    if plan:
        drills.plan_drills(plan)


def note_plan_change(event: Event) -> None:
    """A new text of a plan that cites an incident is said on that incident's timeline."""
    cited = re.fullmatch(r"INC-(\d+)", str(event.data.get("incident") or ""))
    incident = Incident.objects.filter(pk=cited.group(1)).first() if cited else None
    if incident is None:
        return
    data = {"plan": event.data.get("plan"), "revision": event.data.get("number"), "incident": incident.reference}
    said = incident.events.filter(kind="plan.change_proposed", data__plan=data["plan"])
    if not said.filter(data__revision=data["revision"]).exists():
        with transaction.atomic():
            incident.record("plan.change_proposed", by=event.actor, data=data)


def end_drill(event: Event) -> None:
    """A drill was resolved or dismissed."""
    incident = incident_of(event)
    if incident and incident.is_drill:
        drills.hold(incident, at=event.at)


def keep_rolled_back(event: Event) -> None:
    """A service that still runs rolled back is an action item, until it is restored."""
    if incident := incident_of(event):
        after_care.keep_rolled_back(incident)


def end_rolled_back(event: Event) -> None:
    """A restore or an undo succeeded."""
    if event.data.get("run_kind") in ("restore", "undo") and (incident := incident_of(event)):
        after_care.end_rolled_back(incident.target_id)


Table = Mapping[str, tuple[Callable[[Event], None], ...]]
STEP_ENDS = ("step.succeeded", "step.failed", "step.timed_out", "step.skipped", "step.settled", "step.lost")
RUN_ENDS = ("run.succeeded", "run.failed", "run.timed_out", "run.canceled")

FOLLOWERS: Table = {
    "*": (tick_tasks,),
    "incident.declared": (page_first_contact, recommend, gather_evidence, measure),
    "incident.corrected": (recommend,),
    "incident.reopened": (measure, recommend),
    "incident.resolved": (stop_measuring, end_drill, keep_rolled_back),
    "incident.merged": (stop_measuring,),
    "incident.dismissed": (stop_measuring, end_drill),
    "revision.added": (note_plan_change,),
    "revision.approved": (plan_drills,),
    "run.prepared": (say_evidence_refused,),
    "incident.acknowledgement_withdrawn": (page_again,),
    "alert.received": (recommend,),
    "alert.resolved": (recommend,),
    "signal.measured": (recommend,),
    "verdict.given": (recommend,),
    "detection.raised": (detected.take,),
    "condition.detected": (recommend,),
    "escalation.begun": (escalating.begin,),
    **dict.fromkeys(STEP_ENDS, (keep_evidence,)),
    **dict.fromkeys(RUN_ENDS, (finish_evidence,)),
    "run.succeeded": (finish_evidence, end_rolled_back),
}
