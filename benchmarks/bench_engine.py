"""The engine against a bare Celery chain of the same commands, and how soon people see what they asked for.

Claims (docs/performance.md): 8 steps ≤ 3 × the chain; click to first command p95 ≤ 500 ms; output line to an open page p95
≤ 300 ms; kill to an empty group ≤ grace + 2 s; a worker's death noticed ≤ 40 s; 20 runs at once: none starves, none twice.
"""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from django.conf import settings

from benchmarks import bare_chain
from benchmarks.engine_scene import Scene, ended, machine, part_of, scene
from rollbacks import process
from rollbacks.models import Attempt, StepRun
from tests.faults.installation import wait_for
from tests.faults.test_lost_workers import running_pid
from tests.rollbacks.engine.factories import make_draft, make_target, step

ROUNDS = 15
CLICKS = 20
LINES = 40
RUNS, STEPS = 20, 50
WRONG: list[str] = []


def tell(claim: str, measured: float, limit: float, unit: str) -> None:
    """One line a claim; a broken one makes the exit status 1."""
    holds = measured <= limit
    print(f"{claim}: {measured:.2f}{unit} (claimed: at most {limit:g}{unit}){'' if holds else '  BROKEN'}", flush=True)
    if not holds:
        WRONG.append(claim)


def against_a_chain(on: Scene) -> None:
    """Alternately, so that both have the same machine; medians, because one hiccup of the machine is nobody's merit."""
    on.installation.start("rollback", "bare", app="benchmarks.bare_chain", options=("--queues", bare_chain.QUEUE))
    steps = [step(f"true-{number}", "true", kind="exec") for number in range(7)]
    steps.append(step("get", f"GET http://{on.asked}/", kind="http", url=f"http://{on.asked}/"))
    ours, bare = [], []
    for number in range(ROUNDS + 2):
        target = make_target(on.folder, hosts=[on.asked])
        draft = make_draft(on.folder, steps, target=target)
        began = time.time()
        run = ended(draft.start(by=on.person))
        last = Attempt.objects.filter(step_run__run=run).latest("finished_at").finished_at
        took, chain = last.timestamp() - began, bare_chain.seconds(f"http://{on.asked}/", f"bench:bare:{number}")
        if number >= 2:  # the first two warm both up
            ours.append(took)
            bare.append(chain)
    mine, theirs = part_of(ours, 0.5), part_of(bare, 0.5)
    print(
        f"8 steps: {mine * 1000:.0f} ms with the whole journal, a bare chain {theirs * 1000:.0f} ms (medians of {ROUNDS})"
    )
    tell("8 steps against a bare chain", mine / theirs, 3.0, " ×")


def from_the_click(on: Scene) -> None:
    """HTTP POST to the first command's attempt."""
    waits = []
    for _ in range(CLICKS):
        draft = make_draft(on.folder, [step("one", "true")])
        began = time.time()
        on.press(f"/runs/{draft.pk}/start/", snapshot_hash=draft.snapshot_hash)
        run = ended(draft)
        waits.append(Attempt.objects.filter(step_run__run=run).earliest("started_at").started_at.timestamp() - began)
    tell("click to first command, p95", part_of(waits, 0.95) * 1000, 500, " ms")


def to_the_open_page(on: Scene) -> None:
    """A command says the time; the page's stream rings, the page asks, and the line is there."""
    run = on.begin([step("talk", f"for i in $(seq {LINES}); do date +%s.%N; sleep 0.37; done", timeout=120.0)])
    talking = wait_for(lambda: StepRun.objects.filter(run=run, status="running").first(), 30, "the step runs")
    seen: dict[str, float] = {}
    after = 0
    with on.browser.stream("GET", f"/live/?topic=run:{run.pk}", timeout=60) as stream:
        over = threading.Thread(target=lambda: ended(run, 120), daemon=True)
        over.start()
        for event in stream.iter_lines():
            if event.startswith("data:"):
                page = on.browser.get(f"/runs/{run.pk}/steps/{talking.pk}/output/?after={after}").text
                now = time.time()
                chunks = talking.last_attempt.output.order_by("seq")
                for chunk in chunks.filter(seq__gt=after):
                    after = chunk.seq
                    for line in chunk.text.split():
                        assert line in page or chunk.seq, line
                        seen.setdefault(line, now)
            if len(seen) >= LINES - 1:
                break
    waits = [at - float(line) for line, at in seen.items()]
    tell("output line to an open page, p95", part_of(waits, 0.95) * 1000, 300, " ms")


def until_the_group_is_empty(on: Scene) -> None:
    """A command that ignores TERM, with a child that does."""
    run = on.begin([step("stubborn", "trap '' TERM\nsleep 612 &\nsleep 613\ntrue")])
    pid = running_pid(run)
    began = time.monotonic()
    on.press(f"/runs/{run.pk}/stop/", kill="yes", seen="")
    wait_for(lambda: not process.group_members(pid), 60, "the group is empty")
    tell("kill to an empty group", time.monotonic() - began, settings.KILL_GRACE_SECONDS + 2, " s")


def until_a_death_is_noticed(on: Scene) -> None:
    """The worker is killed; the page says *Outcome unknown*."""
    run = on.begin([step("slow", "sleep 600", timeout=900.0)])
    running_pid(run)
    worker = next(part for part in on.installation.parts if part.name == "rollback@test")
    worker.kill()
    began = time.monotonic()
    wait_for(lambda: type(run).objects.filter(pk=run.pk, status="needs_operator").exists(), 90, "it is noticed")
    tell("death of a worker noticed", time.monotonic() - began, 40, " s")
    on.installation.start("rollback", "second")


def all_at_once(on: Scene) -> None:
    """Twenty runs of fifty steps on two slots."""
    began = time.time()
    steps = [step(f"s{number}", f"sh -c 'echo $FIREBREAK_RUN-{number} >> all'", kind="exec") for number in range(STEPS)]
    runs = [on.begin(steps) for _ in range(RUNS)]
    done = [ended(run, 900) for run in runs]
    written = Counter((on.folder / "all").read_text().split())
    assert len(written) == RUNS * STEPS, f"{len(written)} of {RUNS * STEPS} steps ran"
    tell("most starts of one step of 20 × 50", max(written.values()), 1, "")
    took = max(run.finished_at for run in done).timestamp() - began
    print(f"20 runs of 50 steps: {took:.1f} s, {took / (RUNS * STEPS) * 1000:.0f} ms a step on 2 slots")
    begun = [run.started_at for run in done]
    overtaken = max(sum(later < mine for later in begun[number + 1 :]) for number, mine in enumerate(begun))
    tell("most later runs that began before one that waited", overtaken, 2, "")


MEASURES = (
    against_a_chain, from_the_click, to_the_open_page, until_the_group_is_empty, all_at_once, until_a_death_is_noticed,
)  # fmt: skip


def main() -> int:
    """All measures, or those that are named: `bench_engine.py against_a_chain`."""
    chosen = [
        measure for measure in MEASURES if measure.__name__ in (sys.argv[1:] or [one.__name__ for one in MEASURES])
    ]
    if not chosen:
        print(f"No such measure. There are {', '.join(one.__name__ for one in MEASURES)}.", file=sys.stderr)
        return 2
    with scene() as on:
        engine = on.installation.database_url.split(":", 1)[0]
        print(f"engine on {engine} ({machine()})")
        for measure in chosen:
            measure(on)
    if engine == "sqlite":
        return on_postgres() or int(bool(WRONG))
    return int(bool(WRONG))


def on_postgres() -> int:
    """The same on PostgreSQL, where a server can be had."""
    here = [sys.executable, __file__, *sys.argv[1:]]
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL",)}
    return subprocess.run([sys.executable, "-m", "tests.postgres", *here], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
