"""Asks the target what a snapshot needs to know, and renders it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from rollbacks import named_secrets, probes, process
from rollbacks.context import Surroundings
from rollbacks.executors.flag import recorded_way_back
from rollbacks.parameters import Reading
from rollbacks.snapshot import Place, Rendered, Undone, render
from timeline import domain_time

BACKSTOP_SECONDS = 120  # between the longest step and the hard time limit

if TYPE_CHECKING:
    from rollbacks.models import Run, StepRun, Target


def render_for(run: "Run", given: Mapping[str, str]) -> Rendered:
    """The snapshot of a run as it would be now. Runs the plan's `from:` reads on this host."""

    def read(step: dict[str, Any], params: Mapping[str, str]) -> Reading:
        answer = probes.ask(step, Surroundings.for_target(run.target, params=params), patient=False)
        value = answer.value if isinstance(answer.value, dict) else {}
        if "exit_code" in value:
            lines = tuple(str(line) for line in value.get("lines", []))
            return Reading(value["exit_code"], str(value.get("last") or ""), answer.sentence, lines)
        code = {"pass": 0, "fail": 1}.get(answer.result)
        return Reading(code, "" if isinstance(answer.value, dict | list) else str(answer.value or ""), answer.sentence)

    made = render(
        run.revision.compiled,
        kind=run.kind,
        level=run.level,
        place=place_of(run.target),
        read=read,
        given=given,
        undone=undone_of(run),
    )
    return Rendered(made.snapshot, [*made.problems, *too_long(made), *named_secrets.why_not(made.snapshot)])


def too_long(made: Rendered) -> list[str]:
    """Steps that the workers' hard time limit would kill in the middle."""
    longest = settings.CELERY_TASK_TIME_LIMIT - BACKSTOP_SECONDS
    return [
        f"Line {step.get('line', 0)}: a time-out of {step['timeout']:g} s is longer than a step may take here "
        f"({longest:g} s). Split the step, or raise FIREBREAK_TASK_TIME_LIMIT."
        for step in made.snapshot["steps"]
        if float(step.get("timeout") or 0) > longest
    ]


def seen_there(target: "Target") -> dict[str, Any]:
    """What this process sees where the commands would run: the host, and the space on its disks in bytes."""
    places = {"its data folder": Path(settings.DATA_DIR)} | (
        {"the target's folder": Path(target.root)} if target.root else {}
    )
    disks = []
    for name, path in places.items():
        try:
            usage = shutil.disk_usage(path)
        except OSError:
            continue  # a folder that is not there is the connection test's word
        disks.append({"name": name, "path": str(path), "free": usage.free, "total": usage.total})
    return {"host": process.host_name(), "disks": disks, "at": domain_time.now().isoformat()}


def place_of(target: "Target") -> Place:
    """The target as plain data."""
    return Place(
        id=target.pk,
        service=target.service.name,
        environment=target.environment.name,
        root=target.root,
        queue=target.queue,
        hosts=tuple(target.hosts or ()),
        deployment=target.deployment,
        params=target.params or {},
        facts=target.facts or {},
        env=target.env or {},
        secrets=tuple(target.secret_names),
        flag_services=target.flag_services or {},
        output_limit=target.output_limit if target.output_limit == "halt" else "",
    )


def undone_of(run: "Run") -> tuple[Undone, ...]:
    """The run that an undo undoes; for a restore those that stand, newest first."""
    if run.undoes_step is not None:
        return (one_step_undone(run.undoes_step),)
    if run.undoes is not None:
        return (undone(run.undoes),)
    if run.kind == "restore" and not run.revision.compiled.get("restore"):
        return tuple(undone(one) for one in type(run).objects.standing(run.target))
    return ()


def one_step_undone(step: "StepRun") -> Undone:
    """One step of a run. The state before is not promised back: the other steps stand."""
    done = {**step.definition, "inverse": inverse_of(step)}
    return Undone(level=step.run.level, params=step.run.params, done=(done,), one_step=True)


def undone(run: "Run") -> Undone:
    """What a run did, from its own snapshot and rows: never from the plan as it is today."""
    done = [
        {**step.definition, "inverse": inverse_of(step)}
        for step in run.steps.filter(section="steps", status="succeeded").order_by("position")
    ]
    return Undone(level=run.level, params=run.params, done=tuple(done), state_before=run.state_before or {})


def inverse_of(step: "StepRun") -> Any:
    """The way back that a step recorded; of one whose outcome a person settled, from the backup on this host."""
    said = step.outcome or {}
    if "inverse" in said or "changed" in said or step.definition.get("undo") != "auto":
        return said.get("inverse")
    first = step.attempts.order_by("number").first()
    if first is None:
        return None
    mark = process.token_of(step.run_id, step.pk, step.token + 1)
    return recorded_way_back(step.definition, mark, since=first.started_at.timestamp() - 1)
