"""What a snapshot holds, and why one is refused. Pure: no database, no process."""

from collections.abc import Mapping
from typing import Any

import pytest

from rollbacks.parameters import Reading
from rollbacks.snapshot import Place, Rendered, hash_of, render, sequence_of
from rollbacks.undoing import Undone
from tests.rollbacks.engine.factories import compiled, level, step

PARAMS = {"version": {"pattern": r"1\.[0-2]\.\d+", "default": "1.2.2", "from": None, "bind": None}}


def reads(answers: Mapping[str, Reading]) -> Any:
    def read(one: dict[str, Any], params: Mapping[str, str]) -> Reading:
        return answers[one["name"]]

    return read


def rendered(plan: dict[str, Any], answers: Mapping[str, Reading] | None = None, **changes: Any) -> Rendered:
    place = Place(
        id=1,
        service="orders",
        environment="test",
        params=changes.pop("params", {}),
        deployment=changes.pop("deployment", ""),
        facts=changes.pop("facts", {}),
    )
    kind = changes.pop("kind", "rollback")
    return render(plan, kind=kind, level=changes.pop("level", 1), place=place, read=reads(answers or {}), **changes)


def bodies(made: Rendered) -> list[str]:
    return [one["body"] for one in made.snapshot["steps"] if not one.get("skip")]


def test_a_parameter_is_filled_in_from_its_default_the_target_or_a_person() -> None:
    plan = compiled([step("install", "pip install app==<version>")], params=PARAMS)
    assert bodies(rendered(plan)) == ["pip install app==1.2.2"]
    assert bodies(rendered(plan, params={"version": "1.1.0"})) == ["pip install app==1.1.0"]
    assert bodies(rendered(plan, given={"version": "1.0.7"})) == ["pip install app==1.0.7"]


def test_a_parameter_may_be_read_from_the_service() -> None:
    params = {"running": {"from": "read-version"}}
    plan = compiled(
        [step("say", "echo <running>")], params=params, reads=[step("read-version", "cat version", effect="read")]
    )
    assert bodies(rendered(plan, {"read-version": Reading(0, "1.7.0")})) == ["echo 1.7.0"]
    failed = rendered(plan, {"read-version": Reading(1, "", "No such file.")})
    assert "gave no value: No such file." in failed.problems[0]


@pytest.mark.parametrize(
    "value",
    [
        "$(touch /tmp/x)",
        "; rm -rf /",
        "-rf",
        "1.2.2\n",
        "a\0b",
        "x" * 10_000,
        "../etc",
        "a/../b",
        "a b",
        "`id`",
        "1.2.2'",
    ],
)
def test_a_value_that_a_shell_could_misread_is_refused_by_name(value: str) -> None:
    plan = compiled([step("say", "echo <word>")], params={"word": {"default": None}})
    made = rendered(plan, given={"word": value})
    assert made.problems[0].startswith("word: ")
    assert "refused" in made.problems[0]


def test_the_plan_may_narrow_what_a_value_looks_like() -> None:
    plan = compiled([step("install", "pip install app==<version>")], params=PARAMS)
    assert "does not match the plan's pattern" in rendered(plan, given={"version": "1.3.0"}).problems[0]


def test_an_unbound_placeholder_is_refused_by_its_line() -> None:
    plan = compiled([step("copy", "echo start\necho app:<previous-version> precious.conf tail", line=40)])
    assert rendered(plan).problems == [
        "Line 41: <previous-version> has no value. Declare it under `params:`, bind it on the target, or give it here."
    ]


def test_a_parameter_that_the_target_must_give_is_named() -> None:
    plan = compiled([step("ask", "curl <base-url>")], params={"base-url": {"bind": "target"}})
    assert "this target has no value for it" in rendered(plan).problems[0]


def test_an_unknown_parameter_is_refused() -> None:
    assert "no such parameter" in rendered(compiled([step("a", "true")]), given={"versoin": "1"}).problems[0]


def test_words_in_a_regular_expression_or_a_heredoc_are_no_placeholders() -> None:
    plan = compiled([step("grep", "grep -P '(?P<name>x)' f; cat <<EOF>\nEOF")])
    assert rendered(plan).problems == []


def test_one_alternative_is_chosen_by_the_target() -> None:
    steps = [
        step("s1", "systemctl restart app", number="2.1", **{"for": "systemd"}),
        step("s2", "docker restart app", number="2.2", **{"for": "docker"}),
        step("s3", "echo always", number="3"),
    ]
    assert bodies(rendered(compiled(steps), deployment="docker")) == ["docker restart app", "echo always"]
    assert "written for systemd, docker" in rendered(compiled(steps)).problems[0]


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ("version<1.3.0", True),
        ("version >= 1.10", False),
        ("version==1.2.2", True),
        ("has_tests", False),
        ("not has_tests", True),
        ("stated", True),
    ],
)
def test_a_condition_is_decided_when_the_snapshot_is_made(condition: str, runs: bool) -> None:
    plan = compiled(
        [step("maybe", "true", only_if=condition), step("other", "true")],
        params=PARAMS,
        facts={"has_tests": {"from": "look"}},
        reads=[step("look", "test -d tests", effect="read")],
    )
    made = rendered(plan, {"look": Reading(1)}, facts={"stated": True})
    assert made.problems == []
    assert bool(made.snapshot["steps"][0].get("skip")) != runs


def test_a_condition_that_cannot_be_decided_is_a_problem() -> None:
    made = rendered(compiled([step("maybe", "true", only_if="unheard_of")]))
    assert "the plan declares no such fact" in made.problems[0]


def test_the_same_words_have_the_same_hash_and_other_words_another() -> None:
    plan = compiled([step("install", "pip install app==<version>", number="1")], params=PARAMS)
    assert rendered(plan).hash == rendered(plan).hash == hash_of(rendered(plan).snapshot)
    assert rendered(plan).hash != rendered(plan, given={"version": "1.2.1"}).hash


def check(name: str, **changes: Any) -> dict[str, Any]:
    return step(name, "GET http://127.0.0.1:8000/health", kind="http", number="", **changes)


def test_state_checks_are_recorded_before_and_own_checks_asked_at_the_end() -> None:
    checks = [
        check("health"),
        check("off", purpose="state", levels=[1, 2]),
        check("on", purpose="state", levels=[3, "restore"]),
    ]
    checks += [check("rate", signal="errors"), step("look", "Look at it", kind="manual")]
    made = rendered(compiled([step("go", "true")], checks=checks))
    rows = [(row["section"], row["name"]) for row in sequence_of(made.snapshot)]
    assert rows == [("before", "state-before"), ("steps", "go"), ("checks", "health"), ("checks", "off")]
    assert [one["name"] for one in made.snapshot["before"]] == ["off", "on"]


def test_an_undo_list_wins_and_takes_the_parameters_of_the_run_that_it_undoes() -> None:
    plan = compiled(
        [],
        params={"running": {"from": "read-version"}},
        levels=[level(1, [step("go", "x", undo="other")], undo=[step("back", "pip install app==<running>")])],
        checks=[check("off", purpose="state", levels=[1])],
    )
    before = {"off": {"result": "fail", "sentence": "The registry is on."}}
    undone = Undone(level=1, params={"running": "1.7.0"}, done=(), state_before=before)
    made = rendered(plan, kind="undo", undone=(undone,))
    assert bodies(made) == ["pip install app==1.7.0"]
    assert made.problems == []
    assert made.snapshot["checks"][0]["before"] == before["off"]


def test_without_a_list_each_step_is_undone_by_its_own_word_last_first() -> None:
    steps = [step("edit", "set x on", kind="flag", undo="auto"), step("install", "pip install new", undo="back")]
    plan = compiled(steps, reads=[step("back", "pip install old")])
    inverse = {"path": "app.conf", "diff": "--- a/app.conf\n+++ b/app.conf\n@@ -1 +1 @@\n-x = on\n+x = <off>\n"}
    undone = Undone(level=1, params={}, done=({**steps[0], "inverse": inverse}, steps[1]))
    made = rendered(plan, kind="undo", undone=(undone,))
    assert [one["name"] for one in made.snapshot["steps"]] == ["back", "undo-edit"]
    assert made.snapshot["steps"][1]["body"] == inverse["diff"]
    assert made.problems == []


def test_a_wait_is_a_length_or_a_check_with_a_deadline() -> None:
    plan = compiled(
        [step("rest", "30s", kind="wait"), step("ready", "until up within 1m", kind="wait")], checks=[check("up")]
    )
    first, second = rendered(plan).snapshot["steps"]
    assert first["wait_seconds"] == 30
    assert (second["wait_check"]["name"], second["timeout"]) == ("up", 60)
    assert "is no wait" in rendered(compiled([step("rest", "a while", kind="wait")])).problems[0]


def test_a_variable_that_the_target_lacks_is_said_before_the_first_step() -> None:
    steps = [step("first", "echo"), step("second", "deploy", env=["REGION"]), step("proved", "x", verify="went")]
    plan = compiled(steps, reads=[step("went", "ask", effect="read", env=["ZONE"])])
    assert [problem.split("names ")[1].split(",")[0] for problem in rendered(plan).problems] == [
        "the variable REGION",
        "the variable ZONE",
    ]
