"""What reading leaves behind beside the parts: which lines found a place, and what was inferred."""

from __future__ import annotations

from dataclasses import dataclass, field

from plans.document.plan import Inference


@dataclass
class Notes:
    """Collects during one reading; everything the reader hands out afterwards is frozen."""

    claimed: set[int] = field(default_factory=set)
    inferences: list[Inference] = field(default_factory=list)

    def claim(self, line: int, end_line: int | None = None) -> None:
        """Records that these lines found a part."""
        self.claimed.update(range(line, (end_line or line) + 1))

    def infer(self, line: int, message: str) -> None:
        self.inferences.append(Inference(line, message))
