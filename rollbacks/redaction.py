"""Takes secrets out of text, also where one is split across two pieces, quoted for a URL or hidden in base64."""

import base64
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

MASK = "•••"
# Shorter ones would mask half of every text and still be guessed.
SHORTEST = 4
SHORTEST_LINE = 8


def spellings(secret: str) -> list[str]:
    """The ways in which a secret may appear, longest first; none for one that is too short to be masked."""
    if len(secret) < SHORTEST:
        return []
    found = {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]}
    found |= {line.strip() for line in secret.splitlines() if len(line.strip()) >= SHORTEST_LINE}
    for shift in range(3):
        found |= set(_base64_core(secret.encode(), shift))
    return sorted((one for one in found if len(one) >= SHORTEST), key=len, reverse=True)


def _base64_core(secret: bytes, shift: int) -> list[str]:
    """What base64 makes of the secret behind `shift` other bytes, without the characters that its neighbours share."""
    encoded = base64.b64encode(b"\0" * shift + secret + b"\0" * (-(shift + len(secret)) % 3)).decode()
    begin = -(-shift * 8 // 6)
    core = encoded[begin : (shift + len(secret)) * 8 // 6]
    return [core, core.replace("+", "-").replace("/", "_")] if len(core) >= SHORTEST_LINE else []


class Redactor:
    """Masks secrets in a stream of pieces; holds back only an end that may be the start of a secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._spellings = [one for secret in secrets for one in spellings(secret)]
        self._held = ""

    def feed(self, text: str) -> str:
        """The text that is certain by now."""
        if not self._spellings:
            return text
        text = self.mask(self._held + text)
        keep = self._open_end(text)
        self._held = text[len(text) - keep :] if keep else ""
        return text[: len(text) - keep] if keep else text

    def finish(self) -> str:
        """What was held back: no more text will come."""
        held, self._held = self._held, ""
        return held

    def mask(self, text: str) -> str:
        """A whole text with every secret masked."""
        for one in self._spellings:
            text = text.replace(one, MASK)
        return text

    def mask_all(self, value: Any) -> Any:
        """JSON data with every text in it masked."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {key: self.mask_all(one) for key, one in value.items()}
        return [self.mask_all(one) for one in value] if isinstance(value, list | tuple) else value

    def _open_end(self, text: str) -> int:
        longest = 0
        for one in self._spellings:
            start = text.find(one[0], max(0, len(text) - len(one) + 1))
            while start >= 0:
                if one.startswith(text[start:]):
                    longest = max(longest, len(text) - start)
                    break
                start = text.find(one[0], start + 1)
        return longest
