"""Plans, targets and runs for the engine's tests: compiled JSON by hand, so that the reader is not tested here."""

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from plans.models import Plan, Revision, RevisionApproval
from rollbacks.models import Environment, Run, Service, Target

_numbers = itertools.count(1)


def step(name: str, body: str = "", **changes: Any) -> dict[str, Any]:
    """One compiled step; a shell command unless said otherwise."""
    kind = changes.pop("kind", "shell")
    effects = {"shell": "once", "exec": "once", "flag": "idempotent", "file": "idempotent"}
    return {
        "name": name,
        "number": changes.pop("number", str(next(_numbers))),
        "item": changes.pop("item", name),
        "title": changes.pop("title", name),
        "line": changes.pop("line", 1),
        "kind": kind,
        "effect": changes.pop("effect", effects.get(kind, "read")),
        "timeout": changes.pop("timeout", 20.0),
        "ok": changes.pop("ok", [0]),
        "body": body,
        **changes,
    }


def level(number: int, steps: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """One compiled level."""
    return {
        "number": number,
        "name": f"Level {number}: Something",
        "title": "Something",
        "line": 1,
        "promise_seconds": 60.0,
        "steps": steps,
        "undo": [],
        **changes,
    }


def compiled(steps: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """A compiled plan; `steps` are those of Level 1."""
    plan = {
        "format": 1,
        "title": "A plan",
        "service": "orders",
        "params": {},
        "facts": {},
        "levels": [level(1, steps or [])],
        "restore": [],
        "evidence": [],
        "checks": [],
        "reads": [],
        **changes,
    }
    return {**plan, "sha256": hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()}


def make_user(name: str = "ana") -> User:
    return User.objects.get_or_create(username=name)[0]


def make_operator(name: str = "olga") -> User:
    """Somebody who may operate runs."""
    return User.objects.filter(username=name).first() or User.objects.create_superuser(name)


def make_revision(plan_json: dict[str, Any], *, approved: bool = True) -> Revision:
    """A revision with this compiled plan."""
    number = next(_numbers)
    plan = Plan.objects.create(slug=f"plan-{number}", title="A plan")
    revision = Revision(plan=plan, number=1, text="# A plan", sha256=plan_json["sha256"], compiled=plan_json)
    revision.save(force_insert=True)
    if approved:
        RevisionApproval.objects.create(revision=revision, by=make_user("paul"))
    return revision


def make_target(root: Path | str, **changes: Any) -> Target:
    """A target in a folder, with a service of its own."""
    number = next(_numbers)
    return Target.objects.create(
        service=changes.pop("service", None)
        or Service.objects.create(slug=f"orders-{number}", name=f"orders-{number}"),
        environment=Environment.objects.get_or_create(slug="test", defaults={"name": "test"})[0],
        root=str(root),
        **changes,
    )


def make_draft(root: Path | str, steps: list[dict[str, Any]], **changes: Any) -> Run:
    """A prepared rollback of Level 1."""
    target = changes.pop("target", None) or make_target(root)
    revision = changes.pop("revision", None) or make_revision(compiled(steps, **changes.pop("plan", {})))
    kind = changes.pop("kind", "rollback")
    number = changes.pop("level", 1)
    stream = changes.pop("stream", f"incident:{target.pk}")
    run = Run.draft(target=target, revision=revision, kind=kind, level=number, stream=stream, by=make_user(), **changes)
    return run.prepare()


def make_run(root: Path | str, steps: list[dict[str, Any]], **changes: Any) -> Run:
    """A queued rollback of Level 1."""
    return make_draft(root, steps, **changes).start(by=make_user())


def kinds(run: Run) -> list[str]:
    """The kinds of the run's events, in order."""
    return list(run.stream.events.order_by("seq").values_list("kind", flat=True))


def statuses(run: Run) -> dict[str, str]:
    """{step name: status}."""
    return dict(run.steps.order_by("position").values_list("name", "status"))


def output(run: Run, name: str) -> str:
    """Everything that the last attempt of a step said."""
    attempt = run.steps.get(name=name).last_attempt
    return "".join(attempt.output.values_list("text", flat=True)) if attempt else ""
