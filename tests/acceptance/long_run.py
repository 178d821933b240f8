"""The long acceptance is resumable: a scenario that passed is kept in a file and not run again."""

import json
from pathlib import Path

import pytest

from tests.acceptance.faults import ALWAYS_RUN


def passed(state: Path) -> set[str]:
    """The scenarios that have passed; none without a file."""
    if not state.is_file():
        return set()
    return {name for name, how in json.loads(state.read_text(encoding="utf-8")).items() if how == "passed"}


def keep(state: Path, name: str, how: str) -> None:
    """Notes how a scenario ended; written whole, so that a run that is killed leaves a file that can be read."""
    known = json.loads(state.read_text(encoding="utf-8")) if state.is_file() else {}
    text = json.dumps({**known, name: how}, indent=2, sort_keys=True)
    state.parent.mkdir(parents=True, exist_ok=True)
    written = state.with_suffix(".new")
    written.write_text(text + "\n", encoding="utf-8")
    written.replace(state)


def name_of(item: pytest.Item) -> str:
    """ "http-500-registry" of a scenario that belongs to the long acceptance; empty for the others."""
    marker = item.get_closest_marker("long")
    if marker is None:
        return ""
    callspec = getattr(item, "callspec", None)
    return str(callspec.id) if callspec is not None else str(marker.args[0])


def to_run(items: list[pytest.Item], *, long: bool, state: Path | None) -> list[pytest.Item]:
    """In the long acceptance its scenarios that have not passed; else the short ones and three of the long."""
    if not long:
        return [item for item in items if not name_of(item) or name_of(item) in ALWAYS_RUN]
    done = passed(state) if state else set()
    return [item for item in items if name_of(item) and name_of(item) not in done]
