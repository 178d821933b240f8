"""Real faults found by the detection: the right row within a minute of 300 counted requests, the right verdict after each level."""

import time
from typing import Any

import pytest

from tests.acceptance.faults import FAULTS, GAP, Fault
from tests.acceptance.scene import Scene

COUNTED = 300
WITHIN = 60.0
HEALTHY_SECONDS = 100.0  # so much is measured before the fault where it is what the fault is compared with
BRIEFLY = 15.0
LOAD = (
    "from datetime import timedelta; from rollbacks import detection, sampling; from rollbacks.models import Target; "
    "from timeline import domain_time; target = Target.objects.select_related('plan').get(); "
    "sampling.start(target, target.stream, detection.compiled_of(target), until=domain_time.now() + timedelta(hours=1))"
)


def watched(scene: Scene, *, healthy: float) -> None:
    """Labelled load of 10 requests a second, the detection on, and nothing found while all is well."""
    scene.visitor.press(scene.visitor.get(f"{scene.target}detection/"), "Save", exact=True, detects="on")
    scene.product.manage("shell", "-c", LOAD)
    wait_until(lambda: scene.requests_counted() > 0, 30, "the first counted request")
    time.sleep(healthy)
    assert scene.product.events("detection.raised") == []


def wait_until(is_true: Any, within: float, what: str) -> float:
    """Waits for it and returns how long it took, in seconds."""
    began = time.monotonic()
    while not is_true():
        assert time.monotonic() - began < within, f"{what} did not come within {within:g} s."
        time.sleep(0.5)
    return time.monotonic() - began


def found(scene: Scene) -> list[str]:
    return [event["data"]["symptom"] for event in scene.product.events("detection.raised")]


def detect(scene: Scene, row: str) -> str:
    """Waits for the row; returns the address of its incident."""
    before = scene.requests_counted()
    wait_until(lambda: scene.requests_counted() - before >= COUNTED or found(scene), 240, f"{COUNTED} requests")
    wait_until(lambda: bool(found(scene)), WITHIN, f"The row “{row}”")
    assert found(scene)[0] == row, found(scene)
    wait_until(lambda: bool(scene.product.events("incident.declared")), 30, "the incident")
    declared = scene.product.events("incident.declared")
    assert len(declared) == 1
    assert declared[0]["data"]["source"] == "detection"
    return f"/incidents/{declared[0]['stream'].removeprefix('incident:')}/"


def verdicts(scene: Scene) -> list[str]:
    return [event["data"]["verdict"] for event in scene.product.events("verdict.given")]


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_g_a_fault_is_found_and_each_level_is_called_what_it_was(
    scene: Scene, fault: Fault, request: pytest.FixtureRequest
) -> None:
    watched(scene, healthy=HEALTHY_SECONDS if "latency_ms" in fault.injected else BRIEFLY)
    scene.service.break_it(when=fault.when, **fault.injected)
    incident = detect(scene, fault.row)
    page = scene.visitor.get(incident)
    if fault.row == GAP:
        page.must_say("No row of the matrix covers it")
    scene.acknowledge(incident)
    # The short acceptance has minutes, not hours: there Level 1 is enough.
    for level in (1, 2) if request.config.getoption("--long") else (1,):
        run = scene.roll_back(incident, level, reason="The acceptance tries each level.")
        word = fault.verdict_of(level)
        scene.verdict(run, word)
        if word == "recovered":
            break
        assert "recovered" not in verdicts(scene)
        scene.visitor.get(incident).must_say("Not recovered")


@pytest.mark.long("database-stopped")
def test_g_a_stopped_database_is_found_while_health_says_200_and_never_called_recovered(scene: Scene) -> None:
    watched(scene, healthy=BRIEFLY)
    scene.service.ctl("pg-stop")
    assert scene.service.health() == 200
    incident = detect(scene, "Query errors (> 10%)")
    scene.visitor.get(incident).must_say("Query errors (> 10%)")
    assert "recovered" not in verdicts(scene)


@pytest.mark.long("dead-workers")
def test_g_two_workers_that_die_at_import_are_not_recovered_while_the_supervisor_says_active(scene: Scene) -> None:
    watched(scene, healthy=BRIEFLY)
    scene.service.break_it(when="always", http_500_rate=0.3)
    incident = detect(scene, "Query errors (> 10%)")
    scene.acknowledge(incident)
    scene.service.die_at_import(workers=2)
    run = scene.choose(incident, 1, "It is tried first.")
    scene.confirm(run, "fraiseql-api")
    wait_until(lambda: scene.status(run) in ("succeeded", "failed", "paused", "timed_out"), 240, "the end of the run")
    assert scene.service.is_active()
    if scene.status(run) == "succeeded":
        assert scene.end_of_watch(run) != "recovered"
    assert "recovered" not in verdicts(scene)


@pytest.mark.long("rotated-log")
def test_g_a_log_that_is_rotated_during_the_watch_leads_to_no_wrong_word(scene: Scene) -> None:
    watched(scene, healthy=BRIEFLY)
    scene.service.break_it(when="always", http_500_rate=0.3)
    incident = detect(scene, "Query errors (> 10%)")
    scene.acknowledge(incident)
    run = scene.roll_back(incident, 1, reason="It is tried first.")
    looked = len(verdicts(scene))
    scene.service.rotate_log()
    # A red look arms the watch anew, so it does not end while the fault is there: three more looks are enough.
    wait_until(lambda: len(verdicts(scene)) >= looked + 3, 300, f"three more looks of {run}")
    assert set(verdicts(scene)) <= {"not_recovered", "inconclusive"}
    assert verdicts(scene)[looked:].count("not_recovered") >= 1, verdicts(scene)


@pytest.mark.long("health")
def test_g_half_an_hour_of_health_raises_nothing(scene: Scene) -> None:
    watched(scene, healthy=1800.0)
    assert scene.product.events("incident.declared") == []
