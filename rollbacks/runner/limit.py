"""`output_limit = halt`: a command that says more than is kept for downloading is ended, and its step says why."""

from dataclasses import replace

from rollbacks.context import Outcome, Sink, Stop
from rollbacks.runner.output import FILE_BYTES


class Limit:
    """Counts what goes to a sink, and asks to stop when it is too much."""

    def __init__(self, sink: Sink, stop: Stop, *, most: int = FILE_BYTES) -> None:
        self._sink, self._stop, self._left, self.most = sink, stop, most, most

    @property
    def is_over(self) -> bool:
        return self._left < 0

    def sink(self, stream: str, text: str) -> None:
        # Characters, not bytes: a limit of this size needs no exact measure, and encoding twice costs.
        self._left -= len(text)
        self._sink(stream, text)

    def stop(self) -> bool:
        return self.is_over or self._stop()

    def said(self, outcome: Outcome) -> Outcome:
        """A stop that the limit asked for is a failure with its reason; everything else stays as it is."""
        if outcome.status != "canceled" or not self.is_over or outcome.data.get("unconfirmed"):
            return outcome
        words = f"It said more than {self.most // 2**20} MiB and was ended, as its target asks for."
        return replace(outcome, status="failed", detail=words, data={**outcome.data, "output_limit": "halt"})
