"""Claims the next step, does it, records it, and decides: go on, hold, stop."""

from rollbacks.runner.loop import advance, slowly
from rollbacks.runner.lost import look_after, needs_look, reap

__all__ = ["advance", "look_after", "needs_look", "reap", "slowly"]
