"""Times, marks and sentences as they are read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from incidents import sentences
from incidents.templatetags import marks, times

AT = datetime(2026, 11, 22, 13, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0:00"),
        (9, "0:09"),
        (204, "3:24"),
        (3599, "59:59"),
        (3600, "1 h 00 min"),
        (7800, "2 h 10 min"),
        (277200, "3 d 5 h"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert times.duration(seconds) == words


@pytest.mark.parametrize(("seconds", "words"), [(0, "T+0"), (300, "T+5"), (5400, "T+90"), (86400, "T+24h")])
def test_places_on_the_plan(seconds: float, words: str) -> None:
    assert times.offset(seconds) == words


def test_elapsed_time_ignores_the_change_of_clocks(settings: Any) -> None:
    """T+24 h is 24 elapsed hours, also across a clock change."""
    settings.TIME_ZONE = "Europe/Berlin"
    before = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
    assert times.plus(before + timedelta(hours=24), before) == "T+1 d 0 h"


def test_a_moment_shows_its_offset_and_utc(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    from django.utils import timezone

    timezone.get_default_timezone.cache_clear()
    monkeypatch.setattr(times, "now", lambda: AT)
    html = times.clock(AT)
    timezone.get_default_timezone.cache_clear()
    assert "14:07 +01:00" in html
    assert 'title="2026-11-22 13:07:12 UTC"' in html


def test_a_moment_of_another_day_names_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: AT + timedelta(days=1))
    assert "Sun 22 Nov, 13:07" in times.clock(AT)


def test_a_deadline_that_passed_says_how_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: AT)
    assert "3:24<" in times.until(AT + timedelta(seconds=204))
    assert "0:12 late<" in times.until(AT - timedelta(seconds=12))


def test_every_mark_has_an_icon_that_exists() -> None:
    icons = Path(__file__).parents[3] / "static" / "icons"
    styles = (icons.parent / "css" / "icon.css").read_text()
    for kind in marks.KINDS.values():
        for mark in kind.values():
            assert (icons / f"{mark.icon}.svg").is_file()
            assert f".icon-{mark.icon} " in styles


def test_the_marks_use_the_words_of_the_glossary() -> None:
    glossary = (Path(__file__).parents[3] / "docs" / "glossary.md").read_text()
    for name in ("run", "step", "verdict", "incident", "delivery"):
        for mark in marks.KINDS[name].values():
            assert mark.word in glossary or mark.word == "No address set", mark.word


class Said:
    """As much of an Event as a sentence needs."""

    def __init__(self, kind: str, actor: str = "", seq: int = 1, **data: Any) -> None:
        self.kind, self.actor_name, self.seq, self.data, self.at = kind, actor, seq, data, AT


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Said("incident.declared", alert="HighErrors"), "Declared from alert HighErrors"),
        (Said("incident.declared", "ana"), "declared the incident"),
        (Said("role.assigned", "ana", user="ana", role="manager"), "is incident manager now"),
        (Said("role.assigned", "ana", user="ben", role="on_call"), "made ben on call"),
        (Said("level.chosen", "ana", level=None, recommended=2), "chose no rollback: watch (recommended: Level 2)"),
        (Said("step.succeeded", number="3", title="Install", seconds=2.04), "Step 3: Install: done in 2.0 s"),
        (
            Said("contact.paged", contact=3, role="CTO", state="no_address"),
            "Contact 3, cto has no address: nobody was asked",
        ),
        (Said("something.new"), "Something: new"),
    ],
)
def test_sentences(event: Said, words: str) -> None:
    assert sentences.line_of(event).text == words


def test_details_are_shown_only_when_everything_is_asked_for() -> None:
    events = [
        Said("step.started", step=1, attempt=1, title="Install"),
        Said("step.succeeded", step=1, attempt=1, title="Install"),
        Said("message.accepted", recipient="a@example.test"),
    ]
    assert len(sentences.lines(events)) == 1
    assert len(sentences.lines(events, show="everything")) == 3


def test_filters_split_people_messages_and_machine() -> None:
    events = [Said("incident.acknowledged", "ana"), Said("message.sent", "ana"), Said("run.started")]
    shown = {
        word: [line.kind for line in sentences.lines(events, show=word)]
        for word in ("decisions", "messages", "machine")
    }
    assert shown == {"decisions": ["incident.acknowledged"], "messages": ["message.sent"], "machine": ["run.started"]}
