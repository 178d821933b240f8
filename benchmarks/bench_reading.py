"""Reading time by the size of the document: the time per KiB at 1 MiB against that at 64 KiB, taken in one run.

Claim (docs/performance.md): reading is linear; the ratio stays under 2.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from plans.document import read_plan

EXAMPLE = (Path(__file__).resolve().parent.parent / "plans" / "examples" / "schema-registry.md").read_text()
BODY = EXAMPLE.split("\n---\n", 1)[1]
SIZES_KIB = (16, 64, 256, 1000)
LIMIT = 2.0


def document(size_kib: int) -> str:
    """The example's body again and again, up to the size."""
    wanted = size_kib * 1024
    return (BODY * (wanted // len(BODY.encode()) + 1)).encode()[:wanted].decode(errors="ignore")


def seconds(text: str) -> float:
    start = time.perf_counter()
    read_plan(text)
    return time.perf_counter() - start


def main() -> int:
    read_plan(EXAMPLE)  # imports and caches
    per_kib: dict[int, float] = {}
    for size in SIZES_KIB:
        text = document(size)
        best = min(seconds(text) for _ in range(3))
        per_kib[size] = best / size
        print(f"reading {size:5d} KiB: {best * 1000:8.1f} ms, {per_kib[size] * 1000:6.3f} ms per KiB")
    ratio = per_kib[1000] / per_kib[64]
    print(f"time per KiB at 1 MiB against 64 KiB: {ratio:.2f} (claimed: under {LIMIT:.0f})")
    return 0 if ratio < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
