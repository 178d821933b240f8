"""A watch that counts too little is offered more of the plan's own queries: labelled, bounded, and said."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from rollbacks import topping_up, watch
from rollbacks.models import Refused, Sampling, Watch
from rollbacks.topping_up import thin
from rollbacks.watch_state import state_of
from tests.rollbacks.proof.factories import COMPILED, T0, kinds, make_run, make_samples, make_target
from timeline.models import Event

pytestmark = pytest.mark.django_db
REAL = {"errors": {"probe": "prometheus", "query": "real"}}


def opened(compiled: dict[str, Any] = COMPILED) -> Watch:
    target = make_target(host="127.0.0.1:8000")
    found = watch.open_watch(make_run(target, compiled=compiled, checks=[]))
    assert found is not None
    return found


def thin_at(one: Watch, seconds: float) -> Any:
    """`seconds` after the warm-up."""
    now = one.warmup_until + timedelta(seconds=seconds)
    return thin(one, state_of(one, now), now)


def test_it_is_offered_where_the_count_will_be_too_small_at_the_next_look() -> None:
    one = opened()
    assert thin_at(one, 20) is None, "too early to say"
    make_samples(one.target, one.warmup_until, seconds=60, requests=1)
    found = thin_at(one, 60)
    assert "too few to tell" in found.sentence
    assert found.until is None


def test_it_is_not_offered_where_the_pace_is_enough() -> None:
    one = opened()
    make_samples(one.target, one.warmup_until, seconds=60, requests=20)
    assert thin_at(one, 60) is None


def test_one_click_sends_more_for_ten_minutes_and_says_who(responder: User) -> None:
    one = opened()
    at = one.warmup_until + timedelta(seconds=60)
    topping_up.top_up(one, by=responder, rate=50, at=at)
    load = Sampling.objects.get()
    assert [load.rate_at(at), load.rate_at(at + timedelta(minutes=11))] == [50, 20]
    said = Event.objects.get(kind="sampling.topped_up")
    assert (said.actor, said.data["label"], said.data["rate"]) == (responder, "synthetic", 50)
    assert thin_at(one, 61).until == at + timedelta(minutes=10)


def test_it_never_asks_less_than_the_plan(responder: User) -> None:
    one = opened()
    (load,) = topping_up.top_up(one, by=responder, rate=10, at=T0)
    assert load.rate_at(T0) == 20


def test_real_counts_are_topped_up_with_a_health_check(responder: User) -> None:
    checks = [{**COMPILED["checks"][0], "purpose": "state", "name": "first"}, COMPILED["checks"][0]]
    one = opened({**COMPILED, "signals": REAL, "checks": checks})
    (load,) = topping_up.top_up(one, by=responder, at=one.opened_at)
    assert (load.signal, load.query["name"], load.problem) == ("labelled load", "orders", "")
    assert load.until == one.opened_at + timedelta(minutes=10)
    (again,) = topping_up.top_up(one, by=responder, at=one.opened_at)
    assert again.pk == load.pk


def test_what_it_refuses(responder: User) -> None:
    one = opened({**COMPILED, "signals": REAL, "checks": []})
    with pytest.raises(Refused, match="at most 50"):
        topping_up.top_up(one, by=responder, rate=51)
    with pytest.raises(Refused, match="no read query"):
        topping_up.top_up(one, by=responder)
    Watch.objects.update(status="ended")
    with pytest.raises(Refused, match="watch is over"):
        topping_up.top_up(one, by=responder)
    assert "sampling.topped_up" not in kinds()
