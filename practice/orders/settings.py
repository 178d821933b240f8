"""Reads `config.env`: NAME=value lines. A name that this version does not know stops the start."""

from collections.abc import Set as AbstractSet
from pathlib import Path


class UnknownSetting(Exception):
    """A line of the file names something that this version has never heard of."""


def read_settings(path: Path, *, known: AbstractSet[str]) -> dict[str, str]:
    """The settings of the file; comments and empty lines are skipped. Raises UnknownSetting or OSError."""
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, _, value = text.partition("=")
        if name.strip() not in known:
            raise UnknownSetting(f"{path.name}:{number}: unknown setting {name.strip()}.")
        found[name.strip()] = value.strip().strip('"').lower()
    return found
