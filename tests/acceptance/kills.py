"""The shipped plan on a real service, again and again, with a worker killed at a random moment of each run.

`make acceptance-kills TARGET=FOLDER COUNT=50` (or `python -m tests.acceptance.kills`). Each run is a level or its undo; one
worker, or one process of its pool, is killed in the middle. A person then settles by what the page proposes. After each run:

1. it ended in a state that a person can settle, and ended as done;
2. what a command changed was changed once: restarts are counted on the service, attempts in the database;
3. the `verify` that was asked about a lost step agrees with what is true of the service, looked at past Firebreak.

One JSON line a run is appended to `--results`; started again, it goes on from there until COUNT runs with a kill are there.
"""

import argparse
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests import environment as environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402

from plans.models import Plan  # noqa: E402
from rollbacks import watch  # noqa: E402
from rollbacks.models import Attempt, Environment, Run, Service, StepRun, Target  # noqa: E402
from tests.acceptance.real_target import RealTarget  # noqa: E402
from tests.faults.installation import Installation, Part, running_installation, wait_for  # noqa: E402
from tests.rollbacks.engine.factories import make_operator  # noqa: E402

PLAN = "plans/examples/schema-registry.md"
# Level 1 and its undo thrice for each Level 2 and its undo, which download nothing and still take longer.
ROUND = (1, None, 1, None, 1, None, 2, None)
ENDED = ("succeeded", "failed", "timed_out", "canceled", "superseded")
END_SECONDS = 240.0
# In front of the service's own: says which attempt restarted it, then does it.
COUNTING = '#!/bin/sh\n[ "$1" = restart ] && echo "$FIREBREAK_TOKEN" >> "{log}"\nexec "{real}" "$@"\n'


class Loop:
    """One installation and one real service for all runs."""

    def __init__(self, installation: Installation, service: RealTarget, chance: random.Random) -> None:
        self.installation, self.service, self.chance = installation, service, chance
        self.by = make_operator("ana")
        self.plan = Plan.create(text=(settings.BASE_DIR / PLAN).read_text(encoding="utf-8"), by=self.by)
        self.plan.current.approve(by=self.by)
        self.restarts = service.root / "restarts"
        self.target = self._target()
        self.seconds: dict[str, float] = {}  # what a run of this kind took, when nothing was killed
        self.worker = self._begin()
        installation.start("general")
        installation.start("control")

    def _begin(self) -> Part:
        return self.installation.start("rollback", name=f"rollback-{time.monotonic_ns()}")

    def _target(self) -> Target:
        bin_folder = self.service.root / "counting"
        bin_folder.mkdir(exist_ok=True)
        wrapper = bin_folder / "systemctl"
        wrapper.write_text(COUNTING.format(log=self.restarts, real=self.service.root / "bin" / "systemctl"))
        wrapper.chmod(0o755)
        return Target.objects.create(
            service=Service.objects.create(slug="real", name="real"),
            environment=Environment.objects.create(slug="staging", name="staging"),
            plan=self.plan,
            root=str(self.service.root),
            hosts=[self.service.host],
            params={"base-url": self.service.base_url},
            env={"PATH": f"{bin_folder}:{self.service.path}"},
            deployment="systemd",
        )

    def draft(self, level: int | None, before: Run | None) -> Run:
        """A level, or the undo of the run before."""
        how: dict[str, Any] = {"kind": "rollback", "level": level} if level else {"kind": "undo", "undoes": before}
        number = Run.objects.count() + 1
        run = Run.draft(
            target=self.target, revision=self.plan.runnable, stream=f"kills:{number}", by=self.by, **how
        ).prepare()
        assert not run.problems, run.problems
        return run

    def go(self, run: Run, *, kill: bool) -> dict[str, Any]:
        """One run to its end; what became of it, as JSON."""
        kind = f"{run.kind} {run.level}"
        starts, began = self.service.starts(), time.monotonic()
        run.start(by=self.by, snapshot_hash=run.snapshot_hash)
        said: dict[str, Any] = {"run": kind, "killed": "", "lost": [], "problems": []}
        if kill:
            self.kill(run, self.chance.uniform(0.0, self.seconds.get(kind, 4.0)), said)
        self.bring_to_its_end(run, said)
        if not said["killed"]:
            self.seconds[kind] = time.monotonic() - began
        self.check(run, starts, said)
        watch.close(run.stream.key, reason="The loop goes on.")
        return said

    def kill(self, run: Run, after: float, said: dict[str, Any]) -> None:
        """SIGKILL to the worker, or to the process of its pool that does the run."""
        wait_for(lambda: Attempt.objects.filter(step_run__run=run).exists(), 30, "a step begins")
        if self.chance.random() < 0.5:
            # Half of them while something is being changed: most of a run's time goes into looking.
            acting = [step for step in run.steps.all() if step.changes_something and step.status != "skipped"]
            chosen = self.chance.choice(acting)
            begun = Attempt.objects.filter(step_run=chosen)
            wait_for(lambda: begun.exists() or Run.objects.get(pk=run.pk).is_over, 120, f"{chosen} begins")
            after = self.chance.uniform(0.0, 1.5)
        time.sleep(after)
        run.refresh_from_db()
        if run.is_over:
            return
        step = run.steps.filter(status="running").first()
        said["killed"], said["after"] = (step.name if step else "between two steps"), round(after, 2)
        pool = children_of(self.worker.pid)
        if self.chance.random() < 0.5 and pool:
            for pid in pool:
                os.kill(pid, signal.SIGKILL)
            said["victim"] = "pool"
        else:
            self.worker.kill()
            said["victim"] = "worker"
            self.worker = self._begin()

    def bring_to_its_end(self, run: Run, said: dict[str, Any]) -> None:
        """As a person does: settle what was lost as proposed, try a failed step again, confirm what waits."""
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            run.refresh_from_db()
            if run.is_over:
                return
            if run.status == "needs_operator":
                self.settle(run, said)
            elif run.status == "paused" and (step := run.undecided_step):
                said["problems"].append(f"{step.name} failed: {step.detail}")
                said["log"] = (self.service.root / "log" / "app.log").read_text(errors="replace")[-3000:]
                step.retry(by=self.by, reason="tried again after the kill")
            elif step := run.steps.filter(status="waiting", wake_at=None).first():
                step.confirm(by=self.by)
            time.sleep(0.2)
        said["problems"].append(f"It did not end within {END_SECONDS:g} s; it is {run.status}: {run.detail}")

    def settle(self, run: Run, said: dict[str, Any]) -> None:
        step = run.steps.get(status="lost")
        answer = wait_for(lambda: StepRun.objects.get(pk=step.pk).verify_answer, 40, "verify is asked by itself")
        if answer["processes"]:
            said["waited"] = [one["command"] for one in answer["processes"]]
            return  # the page says: wait, or end it; it is looked at again
        truth = self.truth(step)
        right = truth is None or answer["result"] == ("pass" if truth else "fail")
        said["lost"].append({"step": step.name, "verify": answer["result"], "true": truth, "right": right})
        if not right:
            said["problems"].append(f"verify of {step.name} said {answer['result']}: {answer['sentence']}")
        as_ = answer["proposal"] or ("succeeded" if truth else "again")
        step.settle(by=self.by, as_=as_, reason="as the page proposes")

    def truth(self, step: StepRun) -> bool | None:
        """Whether the effect is there, asked past Firebreak; None where the plan names no verify."""
        verify = str(step.definition.get("verify") or "")
        if verify.startswith("restarted"):
            attempt = step.last_attempt
            assert attempt is not None
            return self.service.started_since(attempt.started_at.timestamp())
        params, facts = step.run.params, self.service.on_disk()
        wanted = {
            "flag-is-off": ("flag", "False"),
            "flag-is-absent": ("flag", ""),
            "flag-as-before": ("flag", {"on": "True", "off": "False", "absent": ""}.get(params.get("flag-before", ""))),
            "version-is-previous": ("version", params.get("previous-version")),
            "version-as-before": ("version", params.get("running-version")),
            "pinned-previous": ("pinned", params.get("previous-version")),
            "pinned-before": ("pinned", params.get("running-version")),
        }.get(verify)
        return None if wanted is None or wanted[1] is None else facts[wanted[0]] == wanted[1]

    def check(self, run: Run, starts: int, said: dict[str, Any]) -> None:
        """Nothing twice: attempts against people's decisions, restarts against attempts."""
        if run.status != "succeeded":
            said["problems"].append(f"It ended {run.status}: {run.detail}")
        decided = Counter(
            event.data["name"]
            for event in run.stream.events.filter(kind__in=("step.settled", "step.retried"))
            if event.data.get("as", "again") == "again"
        )
        for step in run.steps.filter(effect="once", attempt__gt=1):
            if step.attempt > 1 + decided[step.name]:
                said["problems"].append(f"{step.name} began {step.attempt} times after {decided[step.name]} decisions")
        tokens = Counter(self.restarts.read_text().split()) if self.restarts.exists() else Counter()
        said["problems"] += [
            f"one attempt restarted the service {count} times" for count in tokens.values() if count > 1
        ]
        said["restarts"] = self.service.starts() - starts
        allowed = sum(step.attempt for step in run.steps.filter(name__contains="restart"))
        if said["restarts"] > allowed:
            said["problems"].append(f"{said['restarts']} restarts for {allowed} attempts")


def children_of(pid: int) -> list[int]:
    """The processes of a worker's pool."""
    from config import processes

    return list(processes.children_of(pid))


def main() -> int:
    """Exit status 0 when every run with a kill was right."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--target", type=Path, required=True, help="a folder whose setup.sh starts a real service")
    words.add_argument("--count", type=int, default=50)
    words.add_argument("--results", type=Path, default=settings.BASE_DIR / "var" / "acceptance-kills.jsonl")
    words.add_argument("--seed", type=int, default=None)
    given = words.parse_args()
    given.results.parent.mkdir(parents=True, exist_ok=True)
    known = [json.loads(line) for line in given.results.read_text().splitlines()] if given.results.exists() else []
    killed = sum(bool(one["killed"]) for one in known)
    service = RealTarget(given.target.resolve())
    try:
        if killed < given.count:
            service.set_up()
            with running_installation() as installation:
                loop = Loop(installation, service, random.Random(given.seed))
                known += carry_on(loop, given.results, given.count - killed)
    finally:
        service.take_down()
    return tell(known)


def carry_on(loop: Loop, results: Path, wanted: int) -> list[dict[str, Any]]:
    """Runs until so many were killed; the first of each kind is left alone, to know how long it takes."""
    told: list[dict[str, Any]] = []
    before: Run | None = None
    for turn in range(20 * wanted):
        run = loop.draft(ROUND[turn % len(ROUND)], before)
        said = loop.go(run, kill=f"{run.kind} {run.level}" in loop.seconds)
        before = run
        told.append(said)
        with results.open("a") as file:
            file.write(json.dumps(said) + "\n")
        print(json.dumps(said), flush=True)
        if sum(bool(one["killed"]) for one in told) >= wanted:
            break
    return told


def tell(known: list[dict[str, Any]]) -> int:
    killed = [one for one in known if one["killed"]]
    lost = [each for one in killed for each in one["lost"]]
    wrong = [one for one in known if one["run"] and not is_right(one)]
    print(
        f"{len(killed)} runs with a kill: {len(lost)} steps were lost, {sum(one['right'] for one in lost)} verifies right."
    )
    for one in wrong:
        print(f"WRONG {json.dumps(one)}")
    return 1 if wrong else 0


def is_right(one: dict[str, Any]) -> bool:
    """A step that failed and was tried again is what a kill may leave; everything else is a finding."""
    return not [problem for problem in one["problems"] if " failed: " not in problem]


if __name__ == "__main__":
    sys.exit(main())
