"""A level that does not help is called so and the next one offered; a rate between the rows is covered by none."""

from tests.acceptance.scene import Scene


def test_d_a_fault_that_level_1_cannot_cure_is_not_called_recovered(scene: Scene) -> None:
    scene.service.break_it(when="always", graphql_error_rate=0.4)
    incident = scene.alert()
    scene.measured(incident)
    scene.acknowledge(incident)
    run = scene.roll_back(incident, 1)
    scene.verdict(run, "not_recovered")
    page = scene.visitor.get(incident)
    page.must_say("Not recovered", "It did not help: choose the next level")
    assert page.offers("Prepare Level 2 ")
    verdicts = [event["data"]["verdict"] for event in scene.product.events("verdict.given")]
    assert "recovered" not in verdicts


def test_e_five_per_cent_are_covered_by_no_row(scene: Scene) -> None:
    scene.rule(alert="GraphQLErrorsSlightlyUp")
    scene.service.break_it(when="always", graphql_error_rate=0.05)
    incident = scene.alert(name="GraphQLErrorsSlightlyUp", value=5.0)
    scene.measured(incident, requests=320)
    scene.acknowledge(incident)
    page = scene.visitor.get(incident)
    page.must_say("neither < 1 % nor > 10 %", "No row of the matrix covers it")
    assert not page.offers("Prepare Level")
    page = scene.visitor.press(page, "Choose", exact=True, level="none", reason="Too few to act on; we watch.")
    page.must_say("No rollback was chosen")
