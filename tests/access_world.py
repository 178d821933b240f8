"""One of everything that an address can name, for the access matrix."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from incidents.models import (
    ActionItem,
    Alert,
    Attachment,
    Contact,
    ContactChannel,
    Delivery,
    Drill,
    Evidence,
    HandOver,
    IntakePayload,
    IntakeToken,
    Message,
    Page,
    PlanProposal,
    Retrospective,
    RetrospectiveComment,
)
from plans.models import Plan
from rollbacks.models import Maintenance, Secret
from tests.incidents.factories import make_incident
from tests.rollbacks.pages.runs_for_pages import draft, failed_run, lost_run, manual_run
from timeline import domain_time


@dataclass(frozen=True)
class World:
    """The arguments of every address, by its name; `default` answers for names with no entry of their own."""

    by_name: dict[str, dict[str, Any]]
    default: dict[str, Any]

    def arguments(self, name: str, wanted: list[str]) -> dict[str, Any]:
        return {key: self.by_name.get(name, {}).get(key, self.default.get(key)) for key in wanted}


def make_world(root: Path, person: Any) -> World:
    """Incidents, messages, runs in each state, plans, targets, people."""
    incident = make_incident(by=person)
    message = Message.draft_for(incident, by=person)
    contact = Contact.objects.filter(target=incident.target).first()
    assert contact
    page = Page.request(incident_id=incident.pk, contact=contact)
    now = domain_time.now()
    waiting, broken, prepared = manual_run(root), failed_run(root), draft(root)
    lost, lost_step = lost_run(root)
    plan = Plan.create(text="# A plan\n", slug="shop", by=person)
    plan.add_revision(text="# Another plan\n", by=person, reason="More")
    target = incident.target
    of_incident = {
        "pk": incident.pk,
        "message": message.pk,
        "task": incident.tasks.first().pk,
        "item": Evidence.objects.create(incident=incident, run_id=1, step_id=1, position=1, title="Logs").pk,
        "delivery": Delivery.objects.filter(page=page).first().pk,  # type: ignore[union-attr]
        "token": page.token,
        "target": target.pk,
        "drill": Drill.objects.create(
            plan=incident.revision.plan, line=400, level=1, due_on=now.date() + timedelta(1)
        ).pk,
        "slug": "shop",
        "number": 2,
    }
    proposal = PlanProposal.propose(
        incident, base=incident.revision, first_line=1, last_line=1, new_text="# Other", why="So", by=person
    )
    remark = RetrospectiveComment.add(Retrospective.draft_for(incident), text="Why?", by=person)
    action = ActionItem.objects.create(incident=incident, text="Fix it", created_at=now)
    steps = {"pk": waiting.pk, "step_pk": waiting.steps.get(status="waiting").pk}
    undecided = {"pk": broken.pk, "step_pk": broken.steps.get(status="failed").pk}
    made_channel = ContactChannel.add(contact, kind="webhook", label="Hook", url="http://127.0.0.1:9/")
    asked = HandOver.objects.create(from_user=person, to_user=person, asked_at=now, wakes_at=now)
    names: dict[str, dict[str, Any]] = {
        "retrospective-action-end": {"item": action.pk},
        "retrospective-action-move": {"item": action.pk},
        "retrospective-comment-end": {"comment": remark.pk},
        "intake": {"kind": "alertmanager"},
        "intake-token-revocation": {"pk": IntakeToken.make(name="a sender")[0].pk},
        "note-edit": {"line": 1},
        "line-star": {"line": 1},
        "attachment": {
            "file": Attachment.objects.create(
                incident=incident, name="a.log", content_type="text/plain", size=1, sha256="0" * 64, body=b"a", at=now
            ).pk
        },
        "plan-proposal": {"pk": proposal.pk},
        "plan-proposal-decision": {"pk": proposal.pk},
        "alert-setting-aside": {
            "pk": Alert.objects.create(
                fingerprint="f", starts_at=now, name="High", received_at=now, last_seen_at=now
            ).pk
        },
        **{name: {"channel": made_channel.pk} for name in ("channel-test", "channel-removal")},
        "contact-test": {"contact": contact.pk},
        **{name: {"token": asked.token} for name in ("hand-over", "hand-over-withdrawal")},
        "settle": {"pk": lost.pk, "step_pk": lost_step.pk},
        "remove-secret": {
            "pk": target.pk,
            "name": Secret.keep(target, name="API_TOKEN", value="a value", by=person).name,
        },
        "change-service": {"slug": target.service.slug},
        "change-environment": {"slug": target.environment.slug},
    }
    kept = IntakePayload.keep(token=None, kind="generic", body=b'{"name": "A"}', status=202, answer={})
    names |= {key: {"pk": kept.pk} for key in ("intake-payload", "intake-replay")}
    names |= dict.fromkeys(("step-confirmation", "step-approval", "run-output"), steps)
    names |= dict.fromkeys(("step-retry", "step-skip", "step-undo"), undecided)
    names |= {
        name: {"pk": prepared.pk}
        for name in ("confirm-run", "run-start", "run-parameters", "run-approval", "run-discard", "run-dry-run")
    }
    names |= {
        name: {"pk": waiting.pk} for name in ("run", "run-stop", "run-pause", "run-resumption", "run-undo", "run-log")
    }
    names |= {name: {"pk": target.pk} for name in ("target", "test-connection", "connection-answer", "set-secret")}
    names |= {name: {"pk": person.pk} for name in ("person", "person-role", "person-activation", "person-password")}
    window = Maintenance.plan(
        target=target, begins_at=now, ends_at=now + timedelta(hours=1), reason="A move", by=person
    )
    names |= {name: {"pk": target.pk, "window": window.pk} for name in ("detection", "maintenance", "maintenance-end")}
    return World(names, of_incident)
