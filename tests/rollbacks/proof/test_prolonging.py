"""A watch that ended without a proof is opened again: counted anew, judged more strictly, at a rate that was chosen."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from rollbacks import prolonging, watch
from rollbacks.models import Refused, Sampling, Watch
from rollbacks.watch_state import state_of
from rollbacks.watch_terms import Terms
from tests.rollbacks.proof.factories import T0, kinds, make_run, make_samples, make_target

pytestmark = pytest.mark.django_db
ENDED = T0 + timedelta(minutes=40)


@pytest.fixture
def undecided() -> Watch:
    """A watch that ended *Cannot tell yet*, with its load still there."""
    target = make_target()
    opened = watch.open_watch(make_run(target, checks=[]))
    assert opened is not None
    Watch.objects.filter(pk=opened.pk).update(status="ended", ended_at=ENDED, next_look_at=None)
    return Watch.objects.get(pk=opened.pk)


def test_it_counts_anew_for_ten_minutes_at_the_rate_that_was_chosen(undecided: Watch, responder: User) -> None:
    again = prolonging.prolong(undecided, by=responder, rate=20, at=ENDED)
    assert again.is_open
    assert again.next_look_at == again.ends_at == ENDED + timedelta(minutes=10)
    assert Sampling.objects.get(target=undecided.target, active=True).rate == 20
    assert "watch.prolonged" in kinds()
    state = state_of(again, ENDED + timedelta(seconds=5))
    assert state.requests == 0
    assert not state.may_resolve


def test_its_look_may_say_recovered(undecided: Watch, responder: User) -> None:
    prolonging.prolong(undecided, by=responder, at=ENDED)
    make_samples(undecided.target, ENDED, seconds=600)
    verdict = watch.look_at(undecided.pk, ENDED + timedelta(minutes=10))
    assert verdict is not None
    assert verdict.verdict == "recovered", verdict.reason
    undecided.refresh_from_db()
    assert undecided.status == "ended"
    assert state_of(undecided, ENDED + timedelta(minutes=11)).may_resolve
    with pytest.raises(Refused, match="has its proof"):
        prolonging.prolong(undecided, by=responder)


def test_each_further_chance_is_judged_more_strictly() -> None:
    once = Terms().prolonged_by(600)
    twice = once.prolonged_by(600)
    assert [Terms(looks=(600.0,)).good_looks, once.good_looks, twice.good_looks] == [1, 2, 4]
    assert Terms.from_json(twice.to_json()) == twice


def test_it_is_refused_while_it_goes_on_after_another_change_and_beside_another_watch(
    undecided: Watch, responder: User
) -> None:
    prolonging.prolong(undecided, by=responder, at=ENDED)
    with pytest.raises(Refused, match="still goes on"):
        prolonging.prolong(undecided, by=responder)
    Watch.objects.filter(pk=undecided.pk).update(status="ended", next_look_at=None)
    make_run(undecided.target, started_at=ENDED, stream="incident:2")
    with pytest.raises(Refused, match="has changed the service since"):
        prolonging.prolong(undecided, by=responder)


def test_a_rate_out_of_bounds_is_refused(undecided: Watch, responder: User) -> None:
    with pytest.raises(Refused, match="at most 50"):
        prolonging.prolong(undecided, by=responder, rate=500)
