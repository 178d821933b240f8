"""Reading time by the size of the document, for a sparse and two dense plans: time per KiB, slope, and memory, taken in one run.

Claim (docs/performance.md): reading is linear; from 64 KiB to 1 MiB the time per KiB grows by less than the half.
Absolute numbers are printed and never judged: they belong to the machine.
"""

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
SIZES_KIB = (10, 64, 256, 1000)
LIMIT = 1.5


def body(text: str) -> str:
    return text.split("\n---\n", 1)[1]


PLANS = {"sparse": body(EXAMPLE), "dense": body(ORDERS), "steps only": LEVEL}


def document(kind: str, size_kib: int) -> str:
    """The plan's body again and again, up to the size; each copy says something of its own, so that no cache answers."""
    wanted, unit = size_kib * 1024, PLANS[kind]
    copies, held = [], 0
    while held < wanted:
        copy = unit.replace("{n}", str(len(copies))) if "{n}" in unit else unit.replace(" the ", f" the {len(copies)} ")
        copies.append(copy)
        held += len(copy.encode())
    return "".join(copies).encode()[:wanted].decode(errors="ignore")


def seconds(text: str) -> float:
    """Returns the processor's time of one reading."""
    start = time.process_time()
    read_plan(text)
    return time.process_time() - start


def main() -> int:
    read_plan(EXAMPLE)  # imports and caches
    worst = 0.0
    for kind in PLANS:
        per_kib: dict[int, float] = {}
        for size in SIZES_KIB:
            text = document(kind, size)
            best = min(seconds(text) for _ in range(3))
            per_kib[size] = best / size
            print(f"reading {kind:10} {size:5d} KiB: {best * 1000:8.1f} ms, {per_kib[size] * 1000:6.3f} ms per KiB")
        ratio = per_kib[1000] / per_kib[64]
        worst = max(worst, ratio)
        print(f"time per KiB at 1 MiB against 64 KiB, {kind}: {ratio:.2f} (claimed: under {LIMIT})")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory of the whole process at its highest: {memory:.0f} MiB")
    return 0 if worst < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
