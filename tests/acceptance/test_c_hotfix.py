"""Errors of version 1.7.0 only: a fixed wheel cures them with the registry on; taking it back brings the errors back."""

from tests.acceptance.scene import Scene

FIXED, BROKEN = "1.7.0+hotfix.1", "1.7.0"


def test_c_the_hotfix_cures_and_its_undo_brings_the_errors_back(scene: Scene) -> None:
    scene.service.break_it(when=f"version:{BROKEN}", graphql_error_rate=0.4)
    incident = scene.alert()
    scene.measured(incident)
    scene.acknowledge(incident)

    run = scene.roll_back(incident, 3, reason="One fault, understood; the registry has to stay.")
    scene.verdict(run, "recovered")
    facts = scene.service.facts()
    assert facts["version"]["metadata"] == FIXED
    assert facts["nested"]["got"]["__typename"] == "Author"
    assert facts["log_since_start"]["rust_marker"] is True
    steps = scene.steps(run)
    assert (steps["l3-trial"], steps["l3-unit"]) == ("succeeded", "skipped")
    scene.visitor.get(run).must_say("Only if has_tests")

    undo = scene.undo(incident, 3)
    facts = scene.service.facts()
    assert facts["version"]["metadata"] == BROKEN
    assert scene.service.nested_type() == "Author"
    steps = scene.steps(undo)
    assert (steps["nested-type-is-child"], steps["hotfix-installed"]) == ("succeeded", "succeeded")
    scene.verdict(undo, "not_recovered")
    scene.visitor.get(incident).must_say("Not recovered")
