"""The practice plan carried out on the practice service by the engine itself: both levels, the way back, the restore."""

import json

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from plans.models import Plan
from rollbacks.driving import drive
from rollbacks.models import Environment, Run, Service, Target
from tests.practice.place import Place

pytestmark = [pytest.mark.faults, pytest.mark.django_db]
TEXT = (settings.BASE_DIR / "plans" / "examples" / "practice.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    made = Place(tmp_path_factory.mktemp("shop"))
    yield made
    made.keeper.terminate()
    assert made.keeper.wait(15) == 0


@pytest.fixture
def run(place):
    """`run("rollback", level=1)` carries it out and gives back the run."""
    by = get_user_model().objects.create_user("ana")
    plan = Plan.create(text=TEXT, by=by)
    plan.current.approve(by=by)
    target = Target.objects.create(
        service=Service.objects.create(slug="practice-orders", name="Practice orders"),
        environment=Environment.objects.create(slug="practice", name="practice"),
        plan=plan,
        root=str(place.root),
        hosts=[f"127.0.0.1:{place.port}"],
        params={"base-url": f"http://127.0.0.1:{place.port}"},
    )

    def carry_out(kind, **more):
        run = Run.draft(target=target, revision=plan.runnable, kind=kind, stream="incident:1", by=by, **more)
        run.prepare()
        run.refresh_from_db()
        assert run.problems == []
        run.start(by=by, snapshot_hash=run.snapshot_hash)
        said = []
        assert drive(run, said.append), said
        run.refresh_from_db()
        assert run.status == Run.Status.SUCCEEDED, said
        return run

    return carry_out


def outcomes(run):
    return {step.name: step.status for step in run.steps.all()}


def price_type(place):
    answer = place.ask("{ order(id: 2) { price { __typename } } }")
    return answer["data"]["order"]["price"]["__typename"]


def test_both_levels_the_undo_and_the_restore(place, run):
    first = run("rollback", level=1)
    assert set(outcomes(first).values()) == {"succeeded"}
    assert (place.about()["version"], place.about()["new_pricing"], price_type(place)) == ("1.2.0", "off", "Price")

    second = run("rollback", level=2)
    assert outcomes(second)["l2-flag-absent"] == "succeeded"
    assert place.about()["version"] == "1.1.0"
    assert "ORDERS_NEW_PRICING" not in (place.root / "config.env").read_text()

    run("undo", undoes=second)
    # The flag as it was before Level 2, so as Level 1 left it.
    assert (place.about()["version"], place.about()["new_pricing"]) == ("1.2.0", "off")

    run("restore")
    assert (place.about()["version"], place.about()["new_pricing"], price_type(place)) == ("1.2.0", "on", "QuotedPrice")


def test_a_fault_of_the_version_is_left_by_level_1_and_cured_by_level_2(place, run):
    (place.root / "faults.json").write_text(json.dumps({"when": "version", "error_rate": 1.0}))

    def fails():
        return "errors" in place.ask("{ orders { id } }")

    by_hand = place.root / "config.env"
    by_hand.write_text(by_hand.read_text().replace("=on", "=off"))
    place.ctl("restart")
    assert fails()
    run("rollback", level=2)
    assert not fails()
    (place.root / "faults.json").unlink()
