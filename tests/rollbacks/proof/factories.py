"""A target, a plan and runs as the engine leaves them, made in one line. Times are passed."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from plans.models import Plan, Revision
from rollbacks.models import Attempt, Environment, Run, Sample, Sampling, Service, StepRun, Target
from rollbacks.models.states import RunStatus, StepStatus
from timeline.models import Event, Stream

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
COUNTER = itertools.count(1)
QUERY = {
    "name": "orders",
    "number": "1",
    "title": "Orders are answered",
    "kind": "graphql",
    "effect": "read",
    "url": "<base-url>/graphql",
    "body": "{ orders { id } }",
    "assert": ["exists data.orders"],
    "purpose": "health",
    "timeout": 2.0,
    "every": 0.01,
}
NESTED = {
    **QUERY,
    "name": "nested",
    "title": "A price is a plain price",
    "purpose": "state",
    "levels": [1, 2],
    "assert": ["data.orders.0.kind == Price"],
}
COMPILED: dict[str, Any] = {
    "format": 1,
    "title": "Orders",
    "service": "orders",
    "params": {"base-url": {"bind": "target"}},
    "signals": {"errors": {"metric": ["query errors"], "probe": "load", "query": "orders", "rate": 20.0, "unit": "%"}},
    "watch": {
        "warmup": 60.0,
        "looks": [300.0, 600.0, 1200.0, 1800.0],
        "good_from": 600.0,
        "errors": {"op": "<", "value": 1.0, "unit": "%"},
        "count": 299,
    },
    "levels": [{"number": 1, "title": "Flag off", "name": "Level 1: Flag off", "promise_seconds": 60.0, "steps": []}],
    "checks": [
        QUERY,
        NESTED,
        {"name": "rate", "kind": "check", "signal": "errors", "threshold": {"op": "<", "value": 1, "unit": "%"}},
    ],
    "evidence": [],
    "reads": [],
    "restore": [],
}


def make_target(*, host: str = "127.0.0.1:1", production: bool = False, watch: dict[str, Any] | None = None) -> Target:
    number = next(COUNTER)
    return Target.objects.create(
        service=Service.objects.create(slug=f"orders-{number}", name="orders"),
        environment=Environment.objects.create(slug=f"place-{number}", name="staging", is_production=production),
        root="/",
        hosts=[host],
        params={"base-url": f"http://{host}"},
        watch=watch,
    )


def make_revision(compiled: dict[str, Any] | None = None) -> Revision:
    number = next(COUNTER)
    plan = Plan.objects.create(slug=f"plan-{number}", title="Orders")
    revision = Revision(plan=plan, number=1, text="# Orders", sha256=f"{number:064d}", compiled=compiled or COMPILED)
    revision.save(force_insert=True)
    return revision


def make_run(
    target: Target,
    *,
    compiled: dict[str, Any] | None = None,
    stream: str = "incident:1",
    started_at: datetime = T0,
    changed_at: datetime | None = None,
    status: str = RunStatus.SUCCEEDED,
    kind: str = "rollback",
    checks: list[dict[str, Any]] | None = None,
    promise: float | None = 60.0,
    **more: Any,
) -> Run:
    """A run whose one changing step ended at `changed_at` (20 s after its start when nothing is said)."""
    changed_at = changed_at or started_at + timedelta(seconds=20)
    ended = changed_at + timedelta(seconds=10)
    run = Run.objects.create(
        target=target,
        service=target.service,
        environment=target.environment,
        revision=make_revision(compiled),
        stream=Stream.named(stream),
        kind=kind,
        level=1,
        level_name="Level 1: Flag off",
        status=status,
        snapshot={
            "target": {"root": "/", "hosts": target.hosts, "env": {}, "secrets": []},
            "checks": [NESTED] if checks is None else checks,
        },
        promise_seconds=promise,
        started_at=started_at,
        finished_at=ended if status == RunStatus.SUCCEEDED else None,
        **more,
    )
    step = StepRun.objects.create(
        run=run,
        position=1,
        name="restart",
        title="Restart",
        kind="shell",
        effect="once",
        status=StepStatus.SUCCEEDED,
        attempt=1,
        started_at=started_at,
        finished_at=changed_at,
    )
    Attempt.objects.create(step_run=step, number=1, started_at=started_at, finished_at=changed_at)
    return run


def make_sampling(target: Target, *, stream: str = "incident:1", started_at: datetime = T0, **more: Any) -> Sampling:
    return Sampling.objects.create(
        **{
            "target": target,
            "stream": Stream.named(stream),
            "signal": "errors",
            "query": {"kind": "graphql", "url": target.params["base-url"], "body": "{ x }"},
            "started_at": started_at,
            "until": started_at + timedelta(hours=24),
            **more,
        }
    )


def make_samples(
    target: Target, since: datetime, *, seconds: float, requests: int = 50, errors: int = 0, every: float = 5.0
) -> None:
    """Buckets of five seconds from `since` on, each with so many requests and errors."""
    for number in range(int(seconds // every)):
        Sample.objects.create(
            target=target,
            stream_key="incident:1",
            signal="errors",
            at=since + timedelta(seconds=every * number),
            seconds=every,
            requests=requests,
            errors=errors,
            p50_ms=4,
            p95_ms=7,
            latencies=[4] * (requests - 1) + [7],
        )


def kinds(stream: str = "incident:1") -> list[str]:
    return list(Event.objects.filter(stream__key=stream).order_by("seq").values_list("kind", flat=True))
