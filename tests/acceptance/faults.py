"""The faults of the long acceptance: what is injected, which row must be found, and what each level must be called."""

from dataclasses import dataclass
from typing import Any

GAP = "Errors that no row covers"


@dataclass(frozen=True)
class Fault:
    """One way in which the service breaks, and the row of the matrix that says so."""

    name: str
    injected: dict[str, Any]
    row: str
    when: str = "always"

    @property
    def cured_by(self) -> int | None:
        """The level that ends it: the flag, the version, or none."""
        return {"registry": 1, "version:1.7.0": 2}.get(self.when)

    @property
    def id(self) -> str:
        return f"{self.name}-{self.when.split(':')[0]}"

    def verdict_of(self, level: int) -> str:
        cured = self.cured_by is not None and level >= self.cured_by
        return "recovered" if cured else "not_recovered"


KINDS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("http-500", {"http_500_rate": 0.3}, "Query errors (> 10%)"),
    ("errors-5", {"graphql_error_rate": 0.05}, GAP),
    ("errors-40", {"graphql_error_rate": 0.4}, "Query errors (> 10%)"),
    ("latency", {"latency_ms": 400}, "Slower queries"),
    ("leak", {"leak_kb": 512}, "Memory leak"),
    ("exits", {"exit_rate": 0.01}, "Application crash"),
)
WHENS = ("registry", "version:1.7.0", "always")
FAULTS = [Fault(name, injected, row, when) for name, injected, row in KINDS for when in WHENS]
# In every acceptance: one that a level cures, one that no row covers, one that no request fails for.
ALWAYS_RUN = ("http-500-registry", "errors-5-always", "database-stopped")
