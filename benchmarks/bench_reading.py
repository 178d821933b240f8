"""Reading time by the size of the document, for a sparse and four dense plans: time per KiB, slope, and memory, taken in one run.

Claim (docs/performance.md): reading is linear; from 64 KiB to 1 MiB the time per KiB grows by less than the half.
Absolute numbers are printed and never judged: they belong to the machine. Every reading is the first one of a process of
its own: a second one would find its answers in caches.
"""

import multiprocessing
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from plans.document import read_plan

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = (ROOT / "plans" / "examples" / "schema-registry.md").read_text()
ORDERS = (ROOT / "tests" / "plans" / "document" / "orders_plan.md").read_text()
LEVEL = "### Scenario {n}: Case {n} (5 min)\n\n1. **Do {n}.**\n\n   ```bash\n   # one {n}\n   ls -{n}\n   ```\n\n- [ ] Seen {n}\n\n"
STORE = "## Rollback of store {n}\n\n1. Do it\n\n\n   ```bash\n   ls -{n}\n   ```\n\n## Recovery times\n\n- store {n}: {n} minutes\n\n"
SIZES_KIB = (10, 64, 256, 1000)
LIMIT = 1.5


def body(text: str) -> str:
    return text.split("\n---\n", 1)[1]


PLANS = {
    "sparse": body(EXAMPLE),
    "dense": body(ORDERS),
    "steps only": LEVEL,
    "levels only": LEVEL,
    "times apart": STORE,
}
COLLECTED = "# Rollback plan\n\n## Rollback procedures\n\n"
"""Below these headings each scenario of `LEVEL` is a level; without them it is a list that nobody asked for."""


def document(kind: str, size_kib: int) -> str:
    """The plan's body again and again, up to the size; each copy says something of its own, so that no cache answers."""
    wanted, unit = size_kib * 1024, PLANS[kind]
    copies = [COLLECTED] if kind == "levels only" else []
    held = 0
    while held < wanted:
        copy = unit.replace("{n}", str(len(copies))) if "{n}" in unit else unit.replace(" the ", f" the {len(copies)} ")
        copies.append(copy)
        held += len(copy.encode())
    return "".join(copies).encode()[:wanted].decode(errors="ignore")


def seconds(text: str) -> tuple[float, float]:
    """Returns the processor's time of a first reading, and the highest memory of its process in MiB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_first, (text,))


def _first(text: str) -> tuple[float, float]:
    read_plan("# Rollback plan\n\n## Level 1: Version\n\n1. Revert it\n")  # imports
    start = time.process_time()
    read_plan(text)
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    worst = memory = 0.0
    for kind in PLANS:
        per_kib: dict[int, float] = {}
        for size in SIZES_KIB:
            text = document(kind, size)
            readings = [seconds(text) for _ in range(3)]
            best, memory = min(readings)[0], max(memory, *(used for _, used in readings))
            per_kib[size] = best / size
            print(f"reading {kind:11} {size:5d} KiB: {best * 1000:8.1f} ms, {per_kib[size] * 1000:6.3f} ms per KiB")
        ratio = per_kib[1000] / per_kib[64]
        worst = max(worst, ratio)
        print(f"time per KiB at 1 MiB against 64 KiB, {kind}: {ratio:.2f} (claimed: under {LIMIT})")
    print(f"memory of a whole process at its highest: {memory:.0f} MiB")
    return 0 if worst < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
