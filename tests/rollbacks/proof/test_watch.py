"""The watch after a run: its looks, its verdicts, what a red look does, and when Resolve opens. Time is passed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollbacks import look, proof_tasks, watch
from rollbacks.models import Run, Sampling, Verdict, Watch
from rollbacks.models.verdict import VerdictIsAppendOnly
from rollbacks.watch_terms import Terms
from tests.rollbacks.proof.factories import COMPILED, NESTED, T0, kinds, make_run, make_samples, make_target
from tests.rollbacks.proof.servers import Service, graphql, serving
from timeline.models import Event

pytestmark = pytest.mark.django_db
SHORT = {"warmup": 10.0, "looks": [30.0, 60.0, 120.0], "good_from": 60.0}
# The run begins at T0, changes the service until T0+20 s and ends at T0+30 s; its looks count from there.
CHANGED, OPENED = T0 + timedelta(seconds=20), T0 + timedelta(seconds=30)


def at(seconds: float) -> datetime:
    """So many seconds after the watch opened."""
    return OPENED + timedelta(seconds=seconds)


class Shop:
    """The service that is asked: its nested answer says whether the rollback took hold."""

    kind = "Price"
    status = 200

    def answer(self, _path: str, _body: bytes) -> tuple[int, bytes]:
        return self.status, graphql({"orders": [{"kind": self.kind}]})


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof_tasks, "hint_probe", lambda _pk: True)
    monkeypatch.setattr(look, "SECOND_TRY_SECONDS", 0.0)
    monkeypatch.setattr(look, "APART_SECONDS", 0.001)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def service(shop: Shop) -> Iterator[Service]:
    with serving(shop.answer) as running:
        yield running


@pytest.fixture
def run(service: Service) -> Run:
    """A Level 1 that has just succeeded on a target with a two-minute watch."""
    check = {**NESTED, "url": f"{service.url}/graphql"}
    return make_run(make_target(host=service.host, watch=SHORT), checks=[check])


def take(opened: Watch, now: datetime) -> Verdict:
    """The look that is due now."""
    assert opened.pk in watch.take_looks(now)
    verdict = watch.look_at(opened.pk, now)
    assert verdict is not None
    return verdict


def opened(run: Run) -> Watch:
    found = watch.open_watch(run)
    assert found is not None
    return found


def again(one: Watch) -> Watch:
    return Watch.objects.select_related("run__revision").get(pk=one.pk)


def test_the_watch_opens_once_with_the_times_of_the_target(run: Run) -> None:
    first, second = opened(run), opened(run)
    assert first.pk == second.pk
    assert (first.warmup_until, first.good_from_at, first.ends_at) == (CHANGED + timedelta(seconds=10), at(60), at(120))
    assert first.shortened
    assert kinds() == ["watch.opened", "sampling.started"]
    assert Event.objects.get(kind="watch.opened").data["shortened"] is True
    # The load lasts at least as long as the watch.
    assert Sampling.objects.get().until >= at(120)


def test_evidence_and_runs_that_did_not_succeed_have_no_watch() -> None:
    target = make_target()
    assert watch.open_watch(make_run(target, kind="evidence")) is None
    assert watch.open_watch(make_run(target, status="failed")) is None


def test_a_production_target_keeps_the_plans_watch(service: Service) -> None:
    target = make_target(host=service.host, watch=SHORT, production=True)
    found = opened(make_run(target, checks=[]))
    assert (found.looks, found.shortened) == ([300.0, 600.0, 1200.0, 1800.0], False)


def test_from_checks_passed_to_recovered_to_the_end(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=200)
    assert watch.take_looks(at(29)) == []

    early = take(one, at(30))
    assert (early.verdict, early.passing) == ("inconclusive", True)
    state = watch.state_of(again(one), at(31))
    assert state.word == "Checks passed, watching until 14:02"
    assert (state.may_resolve, state.resolve_opens) == (False, at(120))

    good = take(one, at(60))
    assert good.verdict == "recovered"
    assert "0 of 600 requests failed: under 1 % with 95 % confidence" in good.reason
    assert good.reason.endswith("The watch is shortened on this target.")
    state = watch.state_of(again(one), at(61))
    assert (state.word, state.may_resolve) == ("Recovered", False)

    assert take(one, at(120)).verdict == "recovered"
    ended = again(one)
    assert (ended.status, ended.next_look_at) == ("ended", None)
    state = watch.state_of(ended, at(121))
    assert (state.word, state.may_resolve, state.resolve_opens) == ("Recovered", True, None)
    assert kinds() == ["watch.opened", "sampling.started", *["verdict.given"] * 3, "watch.ended"]
    assert Event.objects.get(kind="watch.ended").data["verdict"] == "recovered"
    assert watch.look_at(one.pk, at(500)) is None
    assert Sampling.objects.get().until <= at(120) + watch.LOAD_AFTER_END


def test_checks_that_pass_while_queries_fail_are_no_good_news(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=45)
    assert take(one, at(30)).passing
    make_samples(run.target, at(31), seconds=25, errors=25)
    state = watch.state_of(again(one), at(57))
    assert state.word == "Cannot tell yet"
    assert state.sentence.startswith("So far ")
    assert "The next look decides." in state.sentence


def test_too_few_requests_cannot_tell_and_ask_for_another_look(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, CHANGED + timedelta(seconds=10), seconds=300, requests=10)
    assert "requests counted: too few to tell" in take(one, at(30)).reason
    assert watch.state_of(again(one), at(31)).word == "Checks passed, watching until 14:02"
    take(one, at(60))
    state = watch.state_of(again(one), at(61))
    assert (state.word, state.requests, state.needed) == ("Cannot tell yet", 130, 381)
    assert state.sentence == "130 of 381 requests counted, none failed. The watch is shortened on this target."
    assert take(one, at(120)).verdict == "inconclusive"
    # 240 of 381: the last look could not have said *recovered*, so there is one more.
    assert again(one).next_look_at == at(180)
    assert again(one).ends_at == at(180)
    assert take(one, at(180)).verdict == "inconclusive"
    assert take(one, at(240)).verdict == "recovered"
    assert not again(one).is_open


def test_nothing_counted_is_never_recovered(run: Run) -> None:
    one = opened(run)
    for moment in (30, 60, 120):
        verdict = take(one, at(moment))
        assert verdict.verdict == "inconclusive"
        assert verdict.reason == "0 of 381 requests counted: too few to tell."


def test_why_nothing_is_counted_is_said(run: Run) -> None:
    run.target.hosts = ["127.0.0.1:1"]
    run.target.save(update_fields=["hosts"])
    one = opened(run)
    Sampling.objects.update(problem="127.0.0.1:8000 is not a host of this target. Add it under the target's hosts.")
    verdict = take(one, at(30))
    assert verdict.reason.startswith("The health check “Labelled load” cannot tell: 127.0.0.1:8000 is not a host")
    assert watch.state_of(again(one), at(31)).sentence.startswith("Nothing is counted: 127.0.0.1:8000 is not a host")


def test_what_was_counted_in_the_warm_up_does_not_count(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=10, errors=50)
    make_samples(run.target, CHANGED + timedelta(seconds=10), seconds=200)
    take(one, at(30))
    assert take(one, at(60)).verdict == "recovered"


def test_errors_make_a_red_look_that_arms_the_watch_anew(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=40, errors=20)
    red = take(one, at(30))
    assert red.verdict == "not_recovered"
    assert "over 1 % with 95 % confidence" in red.reason
    armed = again(one)
    assert (armed.rearmed, armed.look, armed.armed_at) == (1, 0, at(30))
    assert (armed.good_from_at, armed.ends_at, armed.next_look_at) == (at(90), at(150), at(60))
    assert watch.state_of(armed, at(31)).word == "Not recovered"
    # It gets better by itself: what it was red about is forgotten, and the full time is asked for again.
    make_samples(run.target, at(35), seconds=130)
    assert take(one, at(60)).passing
    assert take(one, at(90)).verdict == "recovered"
    assert again(one).recovered_at == at(35)
    assert take(one, at(150)).verdict == "recovered"
    assert kinds().count("watch.rearmed") == 1
    assert not again(one).is_open


def test_after_a_second_red_look_only_looks_that_may_be_good_are_taken(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=300, errors=20)
    assert take(one, at(30)).verdict == "not_recovered"
    assert again(one).next_look_at == at(60)
    assert take(one, at(60)).verdict == "not_recovered"
    assert again(one).next_look_at == at(120)
    assert take(one, at(120)).look == 2


def test_a_watch_that_stays_red_ends_some_day(run: Run) -> None:
    one = opened(run)
    moment = 30.0
    while again(one).is_open:
        make_samples(run.target, at(moment - 30), seconds=30, errors=20)
        assert take(one, at(moment)).verdict == "not_recovered"
        moment = ((again(one).next_look_at or at(0)) - OPENED).total_seconds()
        assert moment < 3700
    assert Event.objects.filter(kind="watch.ended").get().data["verdict"] == "not_recovered"
    state = watch.state_of(again(one), at(9999))
    assert (state.word, state.may_resolve, state.ended) == ("Not recovered", False, True)


def test_a_failing_state_check_is_never_recovered(run: Run, shop: Shop) -> None:
    shop.kind = "QuotedPrice"
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=200)
    verdict = take(one, at(30))
    assert verdict.verdict == "not_recovered"
    assert verdict.reason.startswith("The state check “A price is a plain price” fails: data.orders.0.kind")
    assert verdict.data["checks"][0]["result"] == "fail"


def test_http_500_is_never_recovered(run: Run, shop: Shop) -> None:
    shop.status = 500
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=200)
    assert [take(one, at(moment)).verdict for moment in (30,)] == ["not_recovered"]


def test_a_flapping_service_is_never_recovered(service: Service, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = iter([200, 500] * 500)
    monkeypatch.setattr(type(shop), "status", property(lambda _shop: next(turn)))
    health = {**NESTED, "url": f"{service.url}/graphql", "purpose": "health", "assert": ["exists data.orders"]}
    one = opened(make_run(make_target(host=service.host, watch=SHORT), checks=[health]))
    make_samples(one.target, CHANGED, seconds=200)  # even if the counted query does not flap
    for moment in (30, 60, 120):
        assert take(one, at(moment)).verdict == "not_recovered"


def test_one_failure_gets_a_second_chance(service: Service, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = iter([500, *[200] * 500])
    monkeypatch.setattr(type(shop), "status", property(lambda _shop: next(turn)))
    check = {**NESTED, "url": f"{service.url}/graphql"}
    one = opened(make_run(make_target(host=service.host, watch=SHORT), checks=[check]))
    make_samples(one.target, CHANGED, seconds=200)
    assert take(one, at(30)).passing


def test_a_check_that_cannot_be_asked_cannot_tell(run: Run) -> None:
    missing = {
        "kind": "check",
        "name": "log",
        "title": "The log",
        "log": "no/such.log",
        "pattern": "x",
        "purpose": "state",
    }
    run.snapshot["checks"] = [missing]
    run.save(update_fields=["snapshot"])
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=200)
    for moment in (30, 60, 120):
        verdict = take(one, at(moment))
        assert (verdict.verdict, "“The log” cannot tell" in verdict.reason) == ("inconclusive", True)
    ended = again(one)
    assert not ended.is_open
    state = watch.state_of(ended, at(121))
    assert (state.word, state.may_resolve) == ("Cannot tell yet", False)


def test_a_plan_without_signals_is_no_proof(service: Service) -> None:
    compiled = {**COMPILED, "signals": {}}
    found = make_run(make_target(host=service.host, watch=SHORT), checks=[], compiled=compiled)
    verdict = take(opened(found), at(30))
    assert verdict.reason == "The plan names no signal whose errors are counted; checks alone are no proof."


def test_missed_looks_are_taken_as_one_and_old_samples_do_not_speak_of_now(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=100)
    late = take(one, at(600))
    assert (late.look, late.verdict) == (3, "inconclusive")
    assert "nothing was counted since 14:01:55 UTC" in late.reason
    assert again(one).next_look_at == at(660)
    make_samples(run.target, at(600), seconds=60)
    assert take(one, at(660)).verdict == "recovered"


def test_recovery_begins_with_the_good_stretch_and_keeps_the_promise(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, T0, seconds=25, errors=20)
    make_samples(run.target, T0 + timedelta(seconds=25), seconds=150)
    assert watch.cross_promises(T0 + timedelta(seconds=61)) == []  # a good stretch began in time
    soon = watch.promise_of(again(one).run, at(40))
    assert (soon.elapsed, soon.good_since, soon.runs, soon.is_over) == (25.0, T0 + timedelta(seconds=25), False, False)
    take(one, at(30))
    take(one, at(60))
    found = again(one)
    assert found.recovered_at == T0 + timedelta(seconds=25)
    promise = watch.promise_of(found.run, at(400))
    assert (promise.promised, promise.elapsed, promise.crossed, promise.is_over) == (60.0, 25.0, False, True)
    assert watch.cross_promises(at(400)) == []


def test_the_promise_is_crossed_once_when_nothing_got_better(run: Run) -> None:
    opened(run)
    make_samples(run.target, T0, seconds=100, errors=20)
    assert watch.cross_promises(T0 + timedelta(seconds=59)) == []
    ticking = watch.promise_of(run, T0 + timedelta(seconds=50))
    assert (ticking.elapsed, ticking.runs, ticking.is_broken) == (50.0, True, False)
    assert watch.cross_promises(T0 + timedelta(seconds=61)) == [run.pk]
    assert watch.cross_promises(T0 + timedelta(seconds=90)) == []
    assert kinds().count("promise.crossed") == 1


def test_recovery_is_never_earlier_than_the_change(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, T0 - timedelta(seconds=60), seconds=260)  # a drill: it was healthy all the time
    take(one, at(30))
    take(one, at(60))
    assert again(one).recovered_at == CHANGED


def test_the_next_rollback_ends_the_watch(run: Run) -> None:
    one = opened(run)
    second = make_run(run.target, started_at=at(40), status="running")
    assert watch.take_looks(at(41)) == []
    assert again(one).status == "ended"
    assert Event.objects.filter(kind="watch.ended").get().data["reason"] == "The service is being changed again."
    Run.objects.filter(pk=second.pk).update(status="succeeded", finished_at=at(70))
    newer = opened(Run.objects.get(pk=second.pk))
    assert newer.is_open


def test_a_rollback_that_failed_later_takes_the_proof_away(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=200)
    take(one, at(30))
    assert take(one, at(60)).verdict == "recovered"
    make_run(run.target, started_at=at(70), status="failed")
    watch.take_looks(at(71))
    state = watch.state_of(again(one), at(72))
    assert (state.word, state.may_resolve, state.verdict) == ("Cannot tell yet", False, None)
    assert state.sentence.startswith("Level 1 has begun to change the service after this was measured")
    assert watch.state_of(again(one), at(69)).word == "Recovered"  # as of the end of an incident that was over by then


def test_a_late_follower_does_not_watch_what_was_changed_again(run: Run) -> None:
    second = opened(make_run(run.target, started_at=at(40), checks=[]))
    assert watch.open_watch(run) is None
    assert again(second).is_open


def test_the_end_of_the_incident_ends_the_watch(run: Run) -> None:
    one = opened(run)
    assert watch.close("incident:2", reason="") == 0
    assert watch.close("incident:1", reason="The incident is over.") == 1
    assert not again(one).is_open
    data = Event.objects.filter(kind="watch.ended").get().data
    assert (data["verdict"], data["reason"]) == ("inconclusive", "The incident is over.")


def test_a_look_is_claimed_by_one_worker(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, CHANGED, seconds=100)
    mine, other = again(one), again(one)
    assert mine.claim_look(at(30))
    assert not other.claim_look(at(30))
    assert watch.take_looks(at(30)) == []
    assert watch.look_at(one.pk, at(30)) is None
    Watch.objects.update(lease_until=None)
    assert take(one, at(30)).look == 1
    assert Verdict.objects.count() == 1


def test_a_verdict_that_comes_after_the_end_is_not_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    one = opened(run)

    def end_meanwhile(found: Watch) -> list[Any]:
        Watch.objects.filter(pk=found.pk).update(status="ended", next_look_at=None)
        return []

    monkeypatch.setattr(watch, "ask_checks", end_meanwhile)
    assert watch.look_at(one.pk, at(30)) is None
    assert Verdict.objects.count() == 0


def test_a_verdict_is_never_changed(run: Run) -> None:
    one = opened(run)
    verdict = take(one, at(30))
    with pytest.raises(VerdictIsAppendOnly):
        verdict.save()


@pytest.mark.parametrize(
    ("before", "kind", "verdict"),
    [("fail", "QuotedPrice", "recovered"), ("fail", "Price", "not_recovered"), ("pass", "Price", "recovered")],
)
def test_an_undo_must_bring_the_answers_back(
    service: Service, shop: Shop, before: str, kind: str, verdict: str
) -> None:
    shop.kind = kind
    check = {**NESTED, "url": f"{service.url}/graphql", "before": {"result": before, "sentence": "", "value": None}}
    undo = make_run(make_target(host=service.host, watch=SHORT), kind="undo", checks=[check])
    one = opened(undo)
    make_samples(undo.target, CHANGED, seconds=200)
    take(one, at(30))
    if verdict == "not_recovered":
        assert again(one).rearmed == 1
        assert "Before the rollback it did not hold, now it is otherwise" in Verdict.objects.get().reason
    else:
        assert take(one, at(60)).verdict == verdict


def test_before_the_first_look_the_counts_are_shown(run: Run) -> None:
    one = opened(run)
    make_samples(run.target, CHANGED + timedelta(seconds=10), seconds=10, errors=25)
    state = watch.state_of(again(one), at(15))
    assert state.word == "Cannot tell yet"
    assert state.sentence.startswith("So far 50 of 100 requests failed (50 %)")


def test_the_scan_hints_due_looks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    one = opened(run)
    hinted: list[int] = []
    monkeypatch.setattr(proof_tasks, "hint_look", hinted.append)
    monkeypatch.setattr(proof_tasks.domain_time, "now", lambda: at(31))
    proof_tasks.scan_proof()
    assert hinted == [one.pk]


def test_a_follower_opens_the_watch(run: Run) -> None:
    event = Event.record(run.stream, "run.succeeded", data={"run": run.pk})
    watch.open_after(event)
    watch.open_after(event)
    assert Watch.objects.count() == 1


@pytest.mark.parametrize(
    ("override", "production", "looks", "shortened"),
    [
        (None, False, (300.0, 600.0, 1200.0, 1800.0), False),
        (SHORT, False, (30.0, 60.0, 120.0), True),
        (SHORT, True, (300.0, 600.0, 1200.0, 1800.0), False),
        ({"looks": [300.0, 600.0, 3600.0]}, False, (300.0, 600.0, 3600.0), False),
        ({"count": 30}, False, (300.0, 600.0, 1200.0, 1800.0), True),
    ],
)
def test_terms(override: dict[str, Any] | None, production: bool, looks: tuple[float, ...], shortened: bool) -> None:
    terms = Terms.of(COMPILED["watch"], override, production=production)
    assert (terms.looks, terms.shortened) == (looks, shortened)
    assert Terms.from_json(terms.to_json()) == terms


def test_the_first_good_look_is_never_after_the_last_look() -> None:
    assert Terms.of({"looks": [10.0, 20.0], "good_from": 600.0}, None, production=True).good_from == 20.0
    assert Terms().good_looks == 3
