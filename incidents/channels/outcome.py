"""What became of handing something over, in one of four words."""

from dataclasses import dataclass

WORDS = {"retry": "not taken, and may be taken later", "unknown": "possibly taken: outcome unknown"}


@dataclass(frozen=True)
class Sent:
    """`accepted` by the other side; `failed` (certainly not taken, and it will not be); `retry` (certainly not taken,
    a later try is safe); `unknown` (it may have been taken: only a person sends again)."""

    status: str
    reason: str = ""

    @property
    def word(self) -> str:
        """The status for people."""
        return WORDS.get(self.status, self.status)


class Fenced(Exception):
    """Another worker took the row meanwhile: nothing may leave any more."""
