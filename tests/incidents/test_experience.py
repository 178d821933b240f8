"""Beside a recommendation stands what the level achieved here, what is known, and how often people chose otherwise."""

from datetime import timedelta

import pytest

from incidents import experience, recommendation
from rollbacks import watch
from rollbacks.achievements import achieved
from rollbacks.models import Target, Verdict, Watch
from tests.incidents.factories import make_incident
from tests.rollbacks.proof.factories import T0, make_run, make_target

pytestmark = pytest.mark.django_db


def ran(target: Target, number: int, word: str, *, after: float | None = None, kind: str = "rollback") -> None:
    """A run that ended with this verdict; recovered so many seconds after its first command."""
    at = T0 + timedelta(hours=number)
    run = make_run(target, started_at=at, stream=f"incident:{number}", kind=kind)
    opened = watch.open_watch(run)
    assert opened is not None
    Verdict.objects.create(watch=opened, at=at, look=1, verdict=word, reason="Counted.")
    good = at + timedelta(seconds=after) if after is not None else None
    Watch.objects.filter(pk=opened.pk).update(status="ended", recovered_at=good)


def test_the_last_runs_and_drills_are_counted_by_verdict_and_promise() -> None:
    target = make_target()
    assert achieved(target, 1) == {}
    ran(target, 1, "recovered", after=40)
    ran(target, 2, "recovered", after=90, kind="drill")
    ran(target, 3, "not_recovered")
    assert achieved(target, 2) == {}
    found = achieved(target, 1)
    assert found["words"] == (
        "In its last 3 runs here (1 of them a drill): recovered 2, not recovered 1. It kept its promise in 1."
    )


def test_overrides_are_counted_and_said() -> None:
    first = make_incident()
    first.remember_recommendation({"level": 1, "answer": "rollback"})
    first.choose_level(level=2, by=None, reason="The flag is not enough.")
    first.dismiss(by=None, reason="Over.")
    second = make_incident(target=first.target)
    assert "1 of 1 times somebody chose otherwise when Level 1 was recommended here: Level 2" in experience.overridden(
        second, 1
    )
    assert experience.overridden(second, 2) == ""
    assert experience.overridden(second, None) == ""


def test_it_stands_in_the_recommendation() -> None:
    incident = make_incident()
    recommendation.recommend_for(incident)
    incident.refresh_from_db()
    assert {"achieved", "known_issues", "overridden"} <= incident.recommendation.keys()
