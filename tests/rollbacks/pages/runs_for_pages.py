"""Runs in the states that the pages show; the commands are real and short."""

from pathlib import Path
from typing import Any

from django.db.models.functions import Now
from django.test import Client

from rollbacks import runner
from rollbacks.models import OutputChunk, Run, StepRun, leases
from rollbacks.views.acting import state_of
from tests.rollbacks.engine.factories import make_draft, make_run, step

OWNER = "worker@here"


def advanced(root: Path, *steps: dict[str, Any], **changes: Any) -> Run:
    """A started run, as far as it goes by itself."""
    run = make_run(root, list(steps), **changes)
    runner.advance(run.pk, owner=OWNER)
    return Run.objects.get(pk=run.pk)


def manual_run(root: Path) -> Run:
    """Waits for a person at its second step."""
    return advanced(
        root, step("hello", "echo hello there"), step("look", "Look at it", kind="manual"), step("bye", "echo bye")
    )


def failed_run(root: Path, **changes: Any) -> Run:
    """Paused, because its first step failed."""
    return advanced(root, step("fails", "echo half done; exit 3", **changes), step("bye", "echo bye"))


def running_run(root: Path) -> tuple[Run, StepRun]:
    """Its first step is claimed and has said two lines."""
    run = make_run(root, [step("slow", "sleep 60"), step("bye", "echo bye")])
    claimed = leases.claim(run.pk, owner=OWNER, host="here")
    assert claimed
    say(claimed, "first line\n<b>second</b>\n")
    return Run.objects.get(pk=run.pk), claimed


def lost_run(root: Path, **changes: Any) -> tuple[Run, StepRun]:
    """The outcome of its first step is unknown."""
    run = make_run(root, [step("restart", "sleep 60", **changes), step("bye", "echo bye")])
    claimed = leases.claim(run.pk, owner=OWNER, host="app-1")
    assert claimed
    say(claimed, "stopping pid 2857\n")
    StepRun.objects.filter(pk=claimed.pk).update(lease_until="2020-01-01T00:00:00Z")
    claimed.refresh_from_db()
    assert claimed.lose()
    return Run.objects.get(pk=run.pk), StepRun.objects.select_related("run").get(pk=claimed.pk)


def say(claimed: StepRun, text: str, seq: int = 1) -> None:
    """Output of a step's attempt."""
    attempt = claimed.last_attempt
    assert attempt
    OutputChunk.objects.create(attempt=attempt, seq=seq, stream="stdout", at=Now(), text=text)


def draft(root: Path, **changes: Any) -> Run:
    """A rendered draft that can start."""
    return make_draft(root, [step("hello", "echo hello && true"), step("bye", "echo bye")], **changes)


def post(browser: Client, run: Run, path: str, **fields: Any) -> Any:
    """Posts an act of the run's page with the state that the page shows now."""
    return browser.post(f"/runs/{run.pk}/{path}", {"seen": state_of(run), **fields})


def text(response: Any) -> str:
    """The page as text."""
    return str(response.content.decode())
