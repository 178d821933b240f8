"""Incidents in every hard state, made by verbs where a verb makes them and by rows where only a worker would."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from incidents.models import Contact, Evidence, Incident, Stakeholder
from plans.models import Plan
from rollbacks.models import Attempt, Environment, OutputChunk, Run, Sample, Service, StepRun, Target, Verdict, Watch
from rollbacks.watch_terms import Terms
from timeline import domain_time
from timeline.models import Stream

EXAMPLE = Path(__file__).parents[2] / "plans" / "examples" / "schema-registry.md"
STEPS = [
    ("Record the running version", "shell", "read", "venv/bin/pip show fraiseql"),
    ("Remove the registry flag from main.py", "flag", "idempotent", "enable_schema_registry"),
    ("Install the previous version", "shell", "once", "venv/bin/python -m pip install fraiseql==1.2.2"),
    ("Restart the service and wait until it answers", "shell", "once", "systemctl restart orders-api"),
    ("Prove it: nested type, version, log since start", "check", "read", ""),
]


def make_target(*, production: bool = True, service: str = "orders-api") -> Target:
    """A service with the example plan, two contacts and three stakeholders."""
    plan = Plan.objects.filter(slug="orders").first() or Plan.create(text=EXAMPLE.read_text(), slug="orders")
    name = "production" if production else "staging"
    environment, _ = Environment.objects.get_or_create(slug=name, defaults={"name": name, "is_production": production})
    owner, _ = Service.objects.get_or_create(slug=service, defaults={"name": service})
    target, made = Target.objects.get_or_create(service=owner, environment=environment, defaults={"plan": plan})
    if made:
        Contact.objects.create(target=target, order=1, role="On-call engineer", name="Ben", address="ben@example.test")
        Contact.objects.create(target=target, order=2, role="Lead backend engineer", address="lead@example.test")
        Contact.objects.create(target=target, order=3, role="CTO")
        for address in ("support@example.test", "sales@example.test", "status@example.test"):
            Stakeholder.objects.create(target=target, address=address)
    return target


def declared(by: User | None = None, *, minutes: float = 0.8, target: Target | None = None, **changes: Any) -> Incident:
    """Just declared from an alert: nobody has it."""
    at = domain_time.now() - timedelta(minutes=minutes)
    given = {
        "title": "Query errors above 10 % since the 14:02 deploy",
        "severity": "high",
        "symptom": "Query errors (> 10%)",
    }
    incident = Incident.declare(target=target or make_target(), **{**given, **changes}, at=at, detected_at=at, by=by)
    incident.remember_recommendation(
        {
            "level": 2,
            "level_name": "Level 2: Version rollback",
            "rule": "Measured 12.4 % of 3180 requests: > 10 % holds (line 303)",
            "sentence": "“Query errors (> 10%)” → Level 2. Measured: 12.4 % of 3180 requests.",
            "runner_up": {
                "line": 307,
                "symptom": "GraphQL response errors",
                "level": 1,
                "why": "Fits too, with no number.",
            },
            "flips": "Below 1 %: Level 1. From 1 to 10 % the plan says nothing.",
            "row_line": 303,
        },
        at=at + timedelta(seconds=4),
    )
    return incident


def investigating(by: User, **changes: Any) -> Incident:
    """Somebody has it; the level is to be chosen."""
    incident = declared(**{"minutes": 6, **changes})
    at = incident.detected_at + timedelta(seconds=48)
    incident.escalate(order=1, at=incident.detected_at + timedelta(seconds=2))
    incident.acknowledge(by=by, at=at)
    incident.correct(
        field="impact", value="About one in eight queries fails for all customers since 14:02.", by=by, at=at
    )
    incident.add_note(text="Deploy of 14:02 shipped fraiseql 1.7.0.\nOnly nested queries fail.", by=by, at=at)
    _keep_evidence(incident)
    _measure(incident)
    return incident


def uncovered(by: User) -> Incident:
    """No row of the matrix covers what was measured."""
    incident = investigating(by, title="A few queries fail", symptom="Query errors of 5 %")
    sentence = "Measured 5 %: no row of the decision matrix covers it (Level 1 below 1 %, Level 2 above 10 %)."
    incident.remember_recommendation(
        {"level": None, "uncovered": True, "rule": "", "sentence": sentence, "gap": sentence}
    )
    return incident


def running(by: User, **changes: Any) -> Incident:
    """Level 2 is at its third step."""
    incident = _chosen(by, **changes)
    run = _run(incident, by, status="running", done=2, current="running", begun=timedelta(seconds=124))
    step = run.steps.get(position=3)
    _output(
        step,
        "Looking in links: wheelhouse\n",
        "Processing ./wheelhouse/fraiseql-1.2.2-py3-none-any.whl\n",
        "  Attempting uninstall: fraiseql\n",
    )
    return incident


def outcome_unknown(by: User) -> Incident:
    """The worker died in the middle of the restart."""
    incident = _chosen(by)
    run = _run(incident, by, status="needs_operator", done=3, current="lost", begun=timedelta(seconds=260))
    step = run.steps.get(position=4)
    StepRun.objects.filter(pk=step.pk).update(
        detail="The worker stopped answering 4 s after this command began. It was not run again."
    )
    _output(step, "stopping pid 2857 …\n")
    return incident


def waiting_for_approval(by: User) -> Incident:
    """A second person must stand for the commands."""
    incident = _chosen(by)
    _run(incident, by, status="awaiting_approval", done=0, current=None, begun=None)
    return incident


def failed(by: User) -> Incident:
    """The install failed and the run waits for a decision."""
    incident = _chosen(by)
    run = _run(incident, by, status="paused", done=2, current="failed", begun=timedelta(seconds=70))
    Run.objects.filter(pk=run.pk).update(detail="Step 3 failed: pip ended with exit code 1.")
    StepRun.objects.filter(run=run, position=3).update(
        detail="Exit code 1: no matching distribution found.", exit_code=1
    )
    return incident


def watched(
    by: User, *, verdict: str = "", passing: bool = False, reason: str = "", ended: bool = False, **changes: Any
) -> Incident:
    """All steps are done and the effect is measured; the verdict is the last look's."""
    incident = _chosen(by, minutes=25, **changes)
    run = _run(incident, by, status="succeeded", done=5, current=None, begun=timedelta(minutes=12))
    now = domain_time.now()
    watch = Watch.objects.create(
        run=run,
        stream=run.stream,
        target=incident.target,
        status="ended" if ended else "open",
        terms=Terms().to_json(),
        opened_at=now - timedelta(minutes=9),
        changed_at=now - timedelta(minutes=9),
        armed_at=now - timedelta(minutes=9),
        warmup_until=now - timedelta(minutes=8),
        good_from_at=now + timedelta(minutes=1),
        ends_at=now - timedelta(seconds=5) if ended else now + timedelta(minutes=21),
        looks=[300, 600, 1800],
        next_look_at=None if ended else now + timedelta(seconds=130),
        recovered_at=now - timedelta(minutes=8) if verdict == "recovered" else None,
        ended_at=now - timedelta(seconds=5) if ended else None,
    )
    if verdict != "not_recovered":
        Sample.objects.filter(target=incident.target, at__gte=watch.changed_at).update(errors=0)
    checks = [
        {"title": "The service answers", "result": "pass", "sentence": "200 in 12 ms"},
        {
            "title": "Nested __typename is the parent's",
            "result": "fail" if verdict == "not_recovered" else "pass",
            "sentence": "Author",
        },
    ]
    if verdict:
        Verdict.objects.create(
            watch=watch, at=now, look=1, verdict=verdict, passing=passing, reason=reason, data={"checks": checks}
        )
    return incident


def not_recovered(by: User) -> Incident:
    return watched(
        by, verdict="not_recovered", reason="11.9 % of 610 requests failed: at least 9.4 %, wanted under 1 %."
    )


def watching(by: User) -> Incident:
    return watched(
        by, verdict="inconclusive", passing=True, reason="0 of 640 requests failed; too early to call it recovered."
    )


def cannot_tell(by: User) -> Incident:
    return watched(by, verdict="inconclusive", reason="48 of 299 requests counted: too few to tell.")


def recovered(by: User) -> Incident:
    return watched(
        by,
        verdict="recovered",
        ended=True,
        reason="2 of 4120 requests failed: under 0.2 % with 95 % confidence, wanted under 1 %.",
    )


def drill(by: User) -> Incident:
    return running(
        by,
        target=make_target(production=False, service="practice-api"),
        kind="drill",
        title="Drill of Level 2",
        severity="low",
    )


def resolved(by: User) -> Incident:
    """Resolved as unverified, with a retrospective begun."""
    incident = watched(
        by,
        verdict="inconclusive",
        reason="48 of 299 requests counted: too few to tell.",
        target=make_target(service="billing"),
    )
    incident.resolve(by=by, reason="Traffic is too low at night; the error log is empty.")
    return incident


SCENES: dict[str, Callable[[User], Incident]] = {
    "declared": lambda by: declared(),
    "investigating": investigating,
    "uncovered": uncovered,
    "running": running,
    "outcome_unknown": outcome_unknown,
    "waiting_for_approval": waiting_for_approval,
    "failed": failed,
    "not_recovered": not_recovered,
    "watching": watching,
    "cannot_tell": cannot_tell,
    "recovered": recovered,
    "drill": drill,
    "resolved": resolved,
}


def _measure(incident: Incident, *, share: float = 0.124) -> None:
    """Samples of ten seconds since ten minutes before the detection, errors from four minutes before it."""
    now, begun = domain_time.now(), incident.detected_at - timedelta(minutes=10)
    samples = []
    for place in range(int((now - begun).total_seconds() // 10)):
        at = begun + timedelta(seconds=10 * place)
        bad = share if at > incident.detected_at - timedelta(minutes=4) else 0.0
        figures = {"requests": 100, "errors": int(100 * bad), "p50_ms": 3.1, "p95_ms": 6.4 + (place % 5) / 4}
        row = Sample(
            target=incident.target, stream_key=incident.stream_key, signal="errors", at=at, seconds=10.0, **figures
        )
        if not 42 <= place < 45:  # no data is a gap
            samples.append(row)
    Sample.objects.bulk_create(samples)


def _chosen(by: User, **changes: Any) -> Incident:
    incident = investigating(by, **{"minutes": 12, **changes})
    incident.choose_level(
        level=2, by=by, reason="as recommended" if incident.recommendation.get("level") == 2 else "the plan"
    )
    return incident


def _run(incident: Incident, by: User, *, status: str, done: int, current: str | None, begun: timedelta | None) -> Run:
    now = domain_time.now()
    started = now - begun if begun else None
    over = status == "succeeded"
    run = Run.objects.create(
        target=incident.target,
        service=incident.target.service,
        environment=incident.target.environment,
        revision=incident.revision,
        stream=Stream.named(incident.stream_key),
        kind="drill" if incident.is_drill else "rollback",
        level=2,
        level_name="Level 2: Version rollback",
        status=status,
        requested_by=by,
        snapshot={"steps": [], "params": {}, "facts": {}, "checks": []},
        snapshot_hash="5f1c" * 16,
        prepared_at=now,
        promise_seconds=600,
        matrix_seconds=300,
        queued_at=started,
        started_at=started,
        finished_at=started + timedelta(seconds=190) if over and started else None,
    )
    for place, (title, kind, effect, body) in enumerate(STEPS, start=1):
        _step(run, place, title, kind, effect, body, _status(place, done, current), started)
    return run


def _status(place: int, done: int, current: str | None) -> str:
    if place <= done:
        return "succeeded"
    return current if current and place == done + 1 else "pending"


def _step(
    run: Run, place: int, title: str, kind: str, effect: str, body: str, status: str, started: datetime | None
) -> StepRun:
    at = started + timedelta(seconds=place) if started and status != "pending" else None
    return StepRun.objects.create(
        run=run,
        position=place,
        name=f"step-{place}",
        number=str(place),
        title=title,
        kind=kind,
        effect=effect,
        status=status,
        attempt=1 if at else 0,
        definition={
            "body": body,
            "kind": kind,
            "effect": effect,
            "title": title,
            "number": str(place),
            "name": f"step-{place}",
        },
        started_at=at,
        finished_at=at + timedelta(seconds=0.3) if at and status in ("succeeded", "failed") else None,
    )


def _output(step: StepRun, *texts: str) -> None:
    attempt = Attempt.objects.create(step_run=step, number=1, started_at=domain_time.now(), host="app-1", pid=2857)
    for seq, text in enumerate(texts, start=1):
        OutputChunk.objects.create(attempt=attempt, seq=seq, stream="stdout", at=domain_time.now(), text=text)


def _keep_evidence(incident: Incident) -> None:
    items = [
        ("Application logs", "gathered", "tail -n 200 service.log", "ERROR registry: unknown type Author\n"),
        ("Query latency, memory, CPU", "gathered", "ps -o rss,pcpu -p 2857", "  RSS %CPU\n88124  3.1\n"),
        ("Error rate", "failed", "curl -s localhost:9090/api/v1/query", ""),
        ("Reproduction", "waiting", "", ""),
    ]
    for place, (title, status, command, excerpt) in enumerate(items):
        Evidence.objects.create(
            incident=incident,
            run_id=1,
            step_id=place + 1,
            position=place,
            title=title,
            status=status,
            command=command,
            excerpt=excerpt,
            detail="No answer from localhost:9090." if status == "failed" else "",
            hash="9c2f" * 16 if status == "gathered" else "",
            gathered_at=domain_time.now() if status == "gathered" else None,
            seconds=0.4,
        )
