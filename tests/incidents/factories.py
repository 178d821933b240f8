"""Plain functions with sensible defaults: a plan, a target, an incident."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from incidents.models import Contact, Incident
from plans.models import Plan, Revision
from rollbacks.models import Environment, Service, Target
from timeline import domain_time

TEMPLATE_BODY = """Status: IN PROGRESS / RESOLVED
Rollback Level: [1/2/3]
Time Detected: [timestamp]
Time Resolved: [timestamp] (or ETA)

Impact:
- [Describe user-facing impact]
- [Affected queries/endpoints]

Actions Taken:
- [Rollback procedure executed]
- [Validation completed]

Next Steps:
- [Monitoring plan]
- [Permanent fix timeline]

Incident Manager: [Name]
"""


def task(text: str, *ticked_by: str, severities: list[str] | None = None) -> dict[str, Any]:
    condition = {"field": "severity", "in": severities} if severities else None
    return {
        "line": 1,
        "text": text,
        "key": text.lower(),
        "if": condition,
        "ticked_by": list(ticked_by),
        "choices": None,
    }


def phase(name: str, offset: float, *tasks: dict[str, Any]) -> dict[str, Any]:
    return {"line": 1, "name": name, "offset_seconds": offset, "tasks": list(tasks)}


def level(number: int, title: str, promise: float) -> dict[str, Any]:
    name = f"Level {number}: {title}"
    return {
        "number": number, "name": name, "title": title, "line": number * 10, "end_line": number * 10 + 9,
        "promise_text": "< 1 minute", "promise_seconds": promise, "when_to_use": [], "steps": [], "undo": [],
        "impact": [{"mark": "warn", "text": "Nested types are wrong"}, {"mark": "ok", "text": "No data loss"}],
        "escalates_to": number + 1 if number < 3 else None, "escalation_wait_seconds": None,
    }  # fmt: skip


def row(
    line: int, symptom: str, severity: str, *levels: int, condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    path = [{"level": number, "if": "persists" if place else None} for place, number in enumerate(levels)]
    return {
        "line": line, "symptom": symptom, "severity": severity, "action": f"Level {levels[0] if levels else 'none'}",
        "levels": list(levels), "path": path, "timeframe": "5 minutes", "timeframe_seconds": 300,
        "condition": condition,
    }  # fmt: skip


def compiled(**changes: Any) -> dict[str, Any]:
    """A plan as the reader compiles it: five phases with sixteen tasks, three levels, a matrix."""
    percent = {"metric": "query errors", "unit": "%"}
    plan = {
        "format": 1, "title": "Registry plan", "service": "orders-api", "sha256": "0" * 64, "metadata": {},
        "signals": {"errors": {"metric": ["query errors", "GraphQL response errors"], "probe": "load", "unit": "%"}},
        "watch": {"warmup": 60.0, "looks": [300.0], "good_from": 300.0, "errors": {"op": "<", "value": 1, "unit": "%"}},
        "contacts_next_after": 300.0, "roles": {"incident manager": {}},
        "levels": [level(1, "Flag off", 60), level(2, "Version back", 600), level(3, "Hotfix", 3600)],
        "restore": [], "evidence": [], "checks": [], "reads": [], "known_issues": [], "resources": [], "revisions": [],
        "matrix": [
            row(301, "Query errors (< 1%)", "Medium", 1, condition={**percent, "op": "<", "value": 1.0}),
            row(303, "Query errors (> 10%)", "High", 2, condition={**percent, "op": ">", "value": 10.0}),
            row(307, "GraphQL response errors", "High", 1, 2),
        ],
        "risks": [],
        "phases": [
            phase("Immediate", 0, task("Detect issue", "incident.declared"),
                  task("Assess severity", "recommendation.made"), task("Notify on-call engineer", "contact.paged")),
            phase("Investigation", 300, task("Gather logs", "evidence.gathered"),
                  task("Determine the level", "level.chosen"),
                  task("Notify stakeholders", "message.sent", severities=["high", "critical"])),
            phase("Execution", 600, task("Execute rollback", "run.succeeded"),
                  task("Document actions", "step.succeeded"),
                  task("Monitor", "watch.opened")),
            phase("Validation", 900, task("Run validation", "verdict.given"),
                  task("Confirm issue resolved", "incident.resolved"), task("Continue monitoring", "watch.ended")),
            phase("Retrospective", 86400, task("Document root cause", "retrospective.published"),
                  task("Create bug report"),
                  task("Plan permanent fix", "action_item.added"), task("Update the plan", "plan.change_proposed")),
        ],
        "template": {
            "line": 1, "subject": "[INCIDENT] Registry rollback - [SEVERITY]", "body": TEMPLATE_BODY,
            "fields": [
                {"raw": "[SEVERITY]", "name": "severity", "choices": None},
                {"raw": "IN PROGRESS / RESOLVED", "name": "status", "choices": ["IN PROGRESS", "RESOLVED"]},
                {"raw": "[1/2/3]", "name": "rollback-level", "choices": ["1", "2", "3"]},
            ],
        },
        "schedule": [
            {"line": 400, "recurrence": "quarterly", "months": 3, "levels": [1], "environment": None, "tasks": []},
            {"line": 405, "recurrence": "biannual", "months": 6, "levels": [2], "environment": "staging", "tasks": []},
        ],
        "contacts": [
            {"line": 500, "order": 1, "role": "On-call engineer", "contact": None},
            {"line": 501, "order": 2, "role": "Lead backend engineer", "contact": None},
        ],
    }  # fmt: skip
    return {**plan, **changes}


def make_plan(slug: str = "orders", **changes: Any) -> Plan:
    """A plan with one revision; what it compiles to is given, not read."""
    plan = Plan.objects.create(slug=slug, title="Registry plan", service_name="orders-api")
    add_revision(plan, **changes)
    return plan


def add_revision(plan: Plan, **changes: Any) -> Revision:
    number = plan.revisions.count() + 1
    text = f"# Registry plan {number}\n"
    revision = Revision(
        plan=plan,
        number=number,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        compiled=compiled(**changes),
    )
    revision.save(force_insert=True)
    return revision


def make_target(
    *, production: bool = True, plan: Plan | None = None, service: str = "orders-api", **changes: Any
) -> Target:
    """orders-api in production, with a plan and reachable contacts."""
    environment, _ = Environment.objects.get_or_create(
        slug="production" if production else "staging",
        defaults={"name": "production" if production else "staging", "is_production": production},
    )
    owner, _ = Service.objects.get_or_create(slug=service, defaults={"name": service})
    plan = plan or Plan.objects.filter(slug="orders").first() or make_plan()
    target = Target.objects.create(service=owner, environment=environment, plan=plan, **changes)
    Contact.objects.create(target=target, order=1, role="On-call engineer", name="Ben", address="ben@example.test")
    Contact.objects.create(target=target, order=2, role="Lead backend engineer", address="lead@example.test")
    return target


def make_incident(target: Target | None = None, *, ago: timedelta = timedelta(0), **changes: Any) -> Incident:
    """A high-severity incident declared by a person, detected `ago`."""
    given: dict[str, Any] = {"title": "Query errors", "severity": "high", "symptom": "GraphQL response errors"}
    detected_at: datetime = domain_time.now() - ago
    return Incident.declare(target=target or make_target(), **{**given, "detected_at": detected_at, **changes})
