"""The first data of a new installation: an administrator, and the practice service with its plan, alerts and contact.

Every part is made once and then left to people: what they changed or removed does not come back at the next start.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from config.accounts.people import invite
from config.data_folder import write_private
from config.roles import ADMINISTRATOR
from incidents.models import Contact, IntakeRule, IntakeToken, Stakeholder
from plans.models import Plan
from rollbacks.models import Environment, Guard, Service, Target
from timeline.models import Event

PLAN = settings.BASE_DIR / "plans" / "examples" / "practice.md"
SERVICE, ENVIRONMENT = "practice-orders", "practice"
# Alert → row of the plan's decision matrix, by the row's own words.
ALERTS = {"OrdersResponseErrors": "GraphQL response errors", "OrdersDown": "Application crash"}
SEEDED = "practice.seeded"


def first_administrator() -> tuple[Any, str]:
    """The administrator of an installation without people and the one-time password, else (None, "")."""
    if get_user_model().objects.exists():
        return None, ""
    return invite(username=settings.FIRST_ADMINISTRATOR, role=ADMINISTRATOR, email=settings.FIRST_ADMINISTRATOR_EMAIL)


def practice_service(*, port: int, root: Path) -> None:
    """The practice target, once; on later starts only the port that it listens on now."""
    base_url, host = f"http://127.0.0.1:{port}", f"127.0.0.1:{port}"
    if Event.objects.filter(stream__key="installation", kind=SEEDED).exists():
        _follow_port(base_url, host)
        return
    by = get_user_model().objects.filter(is_active=True).order_by("pk").first()
    with transaction.atomic():
        target = _target(by, root, base_url, host)
        _alerts(target, by, root)
        _contacts(target, by)
        Event.record("installation", SEEDED, actor=None, data={"target": target.pk, "plan": SERVICE})


def _target(by: Any, root: Path, base_url: str, host: str) -> Target:
    plan = Plan.create(text=PLAN.read_text(encoding="utf-8"), by=by, slug=SERVICE, reason="Comes with Firebreak")
    revision = plan.current
    if revision and by and not revision.problems:
        revision.approve(by=by)
    service, _ = Service.objects.get_or_create(slug=SERVICE, defaults={"name": "Practice orders"})
    environment, _ = Environment.objects.get_or_create(slug=ENVIRONMENT, defaults={"name": "practice"})
    return Target.objects.create(
        service=service,
        environment=environment,
        plan=plan,
        root=str(root),
        hosts=[host],
        params={"base-url": base_url},
        deployment="systemd",
    )


def _alerts(target: Target, by: Any, root: Path) -> None:
    for position, (name, symptom) in enumerate(ALERTS.items(), start=1):
        IntakeRule.objects.create(
            position=position,
            alert_name=name,
            labels={"service": SERVICE, "environment": ENVIRONMENT},
            target=target,
            symptom=symptom,
        )
    # Its own monitoring says what is wrong; a second finder would only race it.
    Guard.objects.create(target=target, detects=False)
    _, token = IntakeToken.make(name="Practice service", by=by)
    root.mkdir(parents=True, exist_ok=True)
    write_private(root / "intake-token", token)


def _contacts(target: Target, by: Any) -> None:
    """The first administrator is on call and hears the messages: without a mail server both stay in the outbox."""
    plan_revision = target.plan.current if target.plan else None
    Contact.objects.ensure_for(target, plan_revision.compiled if plan_revision else {})
    first, _ = Contact.objects.get_or_create(target=target, order=1, defaults={"role": "On-call engineer"})
    if by and not first.address:
        Contact.objects.filter(pk=first.pk).update(user=by, name=by.get_username(), address=by.email)
    if by and by.email:
        Stakeholder.objects.create(target=target, address=by.email, name="Practice stakeholders")


def _follow_port(base_url: str, host: str) -> None:
    for target in Target.objects.filter(service__slug=SERVICE, environment__slug=ENVIRONMENT):
        if target.params.get("base-url") == base_url:
            continue
        target.hosts, target.params = [host], {**target.params, "base-url": base_url}
        target.save(update_fields=["hosts", "params"])
        Event.record(target.stream, "target.moved", data={"base-url": base_url, "reason": "The old port was taken."})
