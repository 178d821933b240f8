"""What a command that says too much costs the worker: its memory over its base, and how fast it reads.

Claim (docs/performance.md): under 64 MiB over the base with 2 GiB of lines and with one line of 100 MiB.
A whole step is carried out: lease, both pipes, redaction with a secret, head and tail in the database, the full text on disk.
FIREBREAK_BENCH_MIB makes it smaller (default 2048).
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
LIMIT_MIB = 64.0
LINES_MIB = int(os.environ.get("FIREBREAK_BENCH_MIB", "2048"))
LINE_MIB = max(1, LINES_MIB * 100 // 2048)
SECRET = "correct-horse/battery+staple"


def installation(folder: Path) -> None:
    """A database of its own in the folder, with every table."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "FIREBREAK_SECRET_KEY": "a key for this benchmark",
        "FIREBREAK_DATA": str(folder),
        "FIREBREAK_LOG_LEVEL": "WARNING",
        "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody listens: the doorbell is not what is measured
        "FIREBREAK_SECRET_TOKEN": SECRET,
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def run_of(folder: Path, body: str) -> Any:
    """A queued run with one step."""
    from django.contrib.auth.models import User

    from plans.models import Plan, Revision, RevisionApproval
    from rollbacks.models import Environment, Run, Service, Target

    number = Target.objects.count() + 1
    step = {
        "name": "say", "number": "1", "item": "say", "title": "say", "line": 1, "kind": "shell", "effect": "once",
        "timeout": 1800.0, "ok": [0], "body": body,
    }  # fmt: skip
    level = {"number": 1, "name": "Level 1", "title": "One", "line": 1, "steps": [step], "undo": []}
    plan = Plan.objects.create(slug=f"plan-{number}", title="A plan")
    compiled = {"format": 1, "title": "A plan", "levels": [level], "sha256": "0" * 64}
    revision = Revision(plan=plan, number=1, text="# A plan", sha256="0" * 64, compiled=compiled)
    revision.save(force_insert=True)
    RevisionApproval.objects.create(revision=revision, by=User.objects.get_or_create(username="bench")[0])
    target = Target.objects.create(
        service=Service.objects.create(slug=f"s{number}", name=f"s{number}"),
        environment=Environment.objects.get_or_create(slug="bench", defaults={"name": "bench"})[0],
        root=str(folder),
        secrets=["TOKEN"],
    )
    run = Run.draft(target=target, revision=revision, kind="rollback", level=1, stream=f"bench:{number}")
    return run.prepare().start()


def status_mib(field: str) -> float:
    """VmRSS or VmHWM of this process, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status has no {field}.")


def carry_out(folder: Path, body: str) -> tuple[float, float]:
    """Seconds, and the MiB over its base that this process reached."""
    from rollbacks import runner

    run = run_of(folder, body)
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
    base, began = status_mib("VmRSS"), time.perf_counter()
    runner.advance(run.pk, owner="bench")
    seconds, peak = time.perf_counter() - began, status_mib("VmHWM") - base
    run.refresh_from_db()
    step = run.steps.get(section="steps")
    if step.status != "succeeded":
        raise RuntimeError(f"The step {step.status}: {step.detail}")
    kept = sum(len(text) for text in step.last_attempt.output.values_list("text", flat=True))
    if kept > 1.2 * 2**20:
        raise RuntimeError(f"{kept} characters are kept of it; 1 MiB is the cap.")
    return seconds, peak


def main() -> int:
    line = "2026-11-22 12:00:00 INFO a line of a log, as services write them, again and again"
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        installation(folder)
        carry_out(folder, "echo warm")  # imports, caches, the first connection of the lease's thread
        for what, mib, body in (
            ("lines", LINES_MIB, f"set +o pipefail; yes '{line}' | head -c {LINES_MIB * 2**20}"),
            ("one line", LINE_MIB, f"head -c {LINE_MIB * 2**20} /dev/zero | tr '\\0' y"),
        ):
            seconds, peak = carry_out(folder, body)
            worst = max(worst, peak)
            print(
                f"{mib:5d} MiB of {what:8s}: {seconds:6.1f} s ({mib / seconds:5.0f} MiB/s), {peak:5.1f} MiB over the base"
            )
    print(f"most memory over the base: {worst:.1f} MiB (claimed: under {LIMIT_MIB:.0f})")
    return 0 if worst < LIMIT_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
