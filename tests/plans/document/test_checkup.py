"""The check-up of a whole plan: what would run, and what it lacks, worst first."""

from plans.document import read_plan
from plans.document.checkup import WEIGHTS, examine
from tests.plans.document.sound import SOUND


def kinds(text: str, measured: dict[int, float] | None = None) -> list[str]:
    return [found.kind for found in examine(read_plan(text), measured).findings]


def test_it_counts_what_would_run() -> None:
    first, second, evidence, validation = examine(read_plan(SOUND)).procedures
    assert (first.line, first.by_itself, first.by_a_person, first.promise_seconds) == (23, 2, 0, 120)
    assert second.sentence() == "Level 2: Version before: 1 step: 1 run by Firebreak; promises 10 min; undo: none"
    assert (evidence.name, validation.name) == ("Evidence before a rollback", "Validation after it")


def test_the_worst_comes_first() -> None:
    text = SOUND.replace(" verify=is-young}", "}").replace("timeout=40s", "timeout=soon")
    text = text.replace("## Readings", "```http {name=alive}\nGET <base-url>/health\n```\n\n## Readings").replace(
        "{ orders { id } }\n```", "{ orders { id } }\n```\n\n**2. Alive.**\n\n```http {name=up}\nGET <base-url>/up\n```"
    )
    found = kinds(text)
    assert found == sorted(found, key=WEIGHTS.index)
    assert found[:3] == ["stops", "cannot_fail", "unproved"]


def test_missing_parts_are_named_with_their_cost() -> None:
    found = [finding for finding in examine(read_plan(SOUND)).findings if finding.kind == "missing"]
    assert [finding.message for finding in found] == [
        "The plan does not lead back to the normal state.",
        "The plan has no message template.",
        "The plan is never rehearsed.",
        "The plan names nobody to call.",
        "Level 2 cannot be taken back.",
    ]
    assert all(finding.mend for finding in found)


def test_promises_that_nobody_measured_are_named() -> None:
    assert kinds(SOUND, {}).count("unmeasured") == 2
    assert kinds(SOUND, {1: 60.0, 2: 300.0}).count("unmeasured") == 0
    late = examine(read_plan(SOUND), {1: 300.0, 2: 300.0}).findings
    assert [finding.message for finding in late if finding.kind == "unmeasured"] == [
        "Level 1 promises 2 min and took 5 min."
    ]


def test_a_level_that_no_rehearsal_tries_is_named() -> None:
    text = SOUND + "\n## Testing schedule\n\n**Quarterly:**\n1. Level 1: off and on\n"
    found = [finding.message for finding in examine(read_plan(text)).findings if finding.kind == "unmeasured"]
    assert found == ["No rehearsal measures whether level 2 takes 10 min."]
