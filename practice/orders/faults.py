"""Real, measurable incidents from one small file, `faults.json`, read again whenever it changes.

`{"when": "flag" | "version", "error_rate": 0.4}`: *flag* acts only while the new pricing is on (Level 1 cures it),
*version* only on 1.2.0 (Level 2 cures it). No file, or one that cannot be read: no fault.
"""

import json
import random
from pathlib import Path

FAULTY_VERSION = "1.2.0"


class Faults:
    """Tosses one coin a request, so that the rate is a rate of requests and not of fields."""

    def __init__(self, path: Path, *, version: str, pricing_is_on: bool) -> None:
        self._path = path
        self._possible = {"flag": pricing_is_on, "version": version == FAULTY_VERSION}
        self._changed_at: int | None = None
        self._when, self._rate = "", 0.0

    def toss(self) -> str:
        """The kind of fault that hits this request, or an empty text."""
        self._read()
        hit = self._possible.get(self._when, False) and random.random() < self._rate
        return self._when if hit else ""

    def _read(self) -> None:
        try:
            changed_at = self._path.stat().st_mtime_ns
            if changed_at == self._changed_at:
                return
            found = json.loads(self._path.read_text(encoding="utf-8"))
            self._when, self._rate, self._changed_at = str(found["when"]), float(found["error_rate"]), changed_at
        except (OSError, ValueError, KeyError, TypeError):
            self._when, self._rate, self._changed_at = "", 0.0, None
