"""What a draft is made from: the incident's events, the template of audience and stage, who gets it."""

from datetime import tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from incidents import drafts
from incidents.models.audience import Audience, MessageTemplate, RecipientGroup
from incidents.models.contact import Stakeholder, read_addresses
from incidents.models.incident_record import present

if TYPE_CHECKING:
    from incidents.models.message import Message


def lines_of(incident: Any) -> list[drafts.Line]:
    """The timeline as plain data."""
    rows = incident.events.values_list("kind", "at", "data", "actor_name", "seq")
    return [drafts.Line(*row) for row in rows]


def facts_of(
    incident: Any, corrects: "Message | None" = None, audience: str = Audience.STAKEHOLDERS
) -> drafts.DraftFacts:
    """What a draft may use: the events, the template, the words a person wrote about the impact."""
    sent = sent_to(incident, audience)
    lines = lines_of(incident)
    told = [line for line in lines if line.kind == "message.sent" and line.data.get("message") in {m.pk for m in sent}]
    return drafts.DraftFacts(
        reference=incident.reference,
        lines=lines,
        now=present(None),
        zone=zone_of(incident.target),
        template=template_for(incident, audience, _stage(incident, sent)),
        levels=incident.compiled.get("levels") or [],
        impact=incident.impact,
        corrects_sent_at=corrects.sent_at if corrects else None,
        sent_before=len(sent),
        earlier={str(blank["name"]): str(blank["value"]) for blank in sent[-1].fields} if sent else {},
        audience=audience,
        where=f"{incident.target.service.name} {incident.target.environment.name}",
        since_seq=told[-1].seq if told else 0,
        since_at=(sent[-1].by_hand_at or sent[-1].sent_at) if sent else None,
        frozen_subject=sent[0].sent_subject if sent else "",
    )


def sent_to(incident: Any, audience: str) -> "list[Message]":
    """The messages that this audience got, oldest first."""
    from incidents.models.message import Message

    return list(Message.objects.sent().filter(incident_id=incident.pk, audience=audience).order_by("sent_at", "pk"))


def _stage(incident: Any, sent: "list[Message]") -> str:
    if incident.status in ("resolved", "closed"):
        return "final"
    return "update" if sent else "first"


def template_for(incident: Any, audience: str, stage: str) -> dict[str, Any] | None:
    """The installation's own template for this audience and stage, else the plan's for stakeholders, else None."""
    if own := MessageTemplate.objects.best_for(incident.target_id, audience, stage):
        return own.as_plan_part()
    return incident.compiled.get("template") if audience == Audience.STAKEHOLDERS else None


def recipients_of(incident: Any, audience: str = Audience.STAKEHOLDERS) -> list[str]:
    """Whom a message goes to when nobody says otherwise: those of the last one; anew after a corrected severity."""
    sent = sent_to(incident, audience)
    last = sent[-1] if sent else None
    if last and not _severity_changed(incident, last):
        return list(last.recipients)
    wanted = list(last.recipients) if last else []
    if audience == Audience.STAKEHOLDERS and not last:
        wanted += Stakeholder.objects.filter(target_id=incident.target_id).values_list("address", flat=True)
    for group in RecipientGroup.objects.for_incident(incident, audience):
        wanted += group.addresses
    return read_addresses("\n".join(wanted))


def _severity_changed(incident: Any, last: "Message") -> bool:
    changed = incident.events.filter(kind="incident.corrected", at__gt=last.sent_at)
    return any(event.data.get("field") == "severity" for event in changed)


def zone_of(target: Any) -> tzinfo:
    """The service's zone: the target's TZ variable, else the installation's."""
    try:
        return ZoneInfo(str(target.env.get("TZ") or settings.TIME_ZONE))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
