"""What a procedure becomes: numbers, names, alternatives, sub-steps, approvals, defaults."""

from typing import Any

from plans.document import read_plan
from tests.plans.document.sound import SOUND, problems

F = "```"


def steps_of(procedure: str, front_matter: str = "plan: 1") -> list[dict[str, Any]]:
    document = read_plan(
        f"---\n{front_matter}\n---\n\n# Plan\n\n### Level 1: Off (1 minute)\n\n**Procedure:**\n\n{procedure}\n"
    )
    assert problems(document) == []
    steps: list[dict[str, Any]] = document.compile().compiled["levels"][0]["steps"]
    return steps


def brief(steps: list[dict[str, Any]], *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(step[key] for key in keys) for step in steps]


def test_an_item_without_a_fence_is_confirmed_by_a_person() -> None:
    assert brief(steps_of("1. **Look.** And tell."), "number", "name", "kind", "title", "body") == [
        ("1", "l1-s1", "manual", "Look", "Look. And tell.")
    ]


def test_documentation_alone_is_confirmed_by_a_person() -> None:
    (step,) = steps_of(f"1. Edit this:\n\n   {F}python\n   x = 1\n   {F}\n")
    assert (step["kind"], step["body"]) == ("manual", "Edit this:\n\nx = 1")


def test_several_fences_are_sub_steps() -> None:
    steps = steps_of(f"1. Do:\n\n   {F}bash\n   one\n   {F}\n\n   {F}bash\n   two\n   {F}\n\n2. Then.\n")
    assert brief(steps, "number", "name", "body") == [
        ("1.1", "l1-s1-1", "one"),
        ("1.2", "l1-s1-2", "two"),
        ("2", "l1-s2", "Then."),
    ]


def test_comments_in_one_block_give_alternatives() -> None:
    steps = steps_of(f"1. **Restart.**\n\n   {F}bash\n   # For systemd\n   a\n\n   # For Docker\n   b\n   {F}\n")
    assert brief(steps, "number", "for", "title") == [
        ("1.1", "systemd", "Restart – For systemd"),
        ("1.2", "docker", "Restart – For Docker"),
    ]
    assert [step["line"] for step in steps] == [14, 17]


def test_numbered_comments_are_steps() -> None:
    steps = steps_of(f"{F}bash\n# 1. Stop\nstop-it\n\n# 2. Start\nstart-it\n{F}\n")
    assert brief(steps, "number", "title", "body") == [
        ("1", "Stop", "# 1. Stop\nstop-it"),
        ("2", "Start", "# 2. Start\nstart-it"),
    ]


def test_lines_that_need_each_other_are_no_steps() -> None:
    document = read_plan(f"# P\n\n### Level 1: x (1 min)\n\n{F}bash\n# 1. Go\ncd /srv\n# 2. Do\nls\n{F}\n")
    assert ["its lines need each other" in one for one in problems(document)] == [True]


def test_a_reading_block_is_split_into_its_commands() -> None:
    steps = steps_of(
        f"1. Look.\n\n   {F}bash {{effect=read}}\n   # starts\n   grep a x\n   grep b x | tail -1\n   {F}\n"
    )
    assert brief(steps, "number", "body", "effect", "line") == [
        ("1.1", "grep a x", "read", 15),
        ("1.2", "grep b x | tail -1", "read", 16),
    ]


def test_a_reading_block_with_a_variable_stays_whole() -> None:
    steps = steps_of(f"1. Look.\n\n   {F}bash {{effect=read}}\n   x=1\n   echo $x\n   {F}\n")
    assert brief(steps, "number", "body") == [("1", "x=1\necho $x")]


def test_a_step_that_others_name_stays_whole() -> None:
    text = SOUND.replace("orders --version | grep", "date\norders --version | grep")
    compiled = read_plan(text).compile().compiled
    assert [step["body"].count("\n") for step in compiled["reads"] if step["name"] == "is-previous"] == [1]


def test_only_prompts_of_a_console_are_commands() -> None:
    (step,) = steps_of(f"1. Look.\n\n   {F}console\n   $ uptime\n   up 3 days\n   {F}\n")
    assert (step["kind"], step["body"]) == ("shell", "uptime")


def test_an_approval_inside_an_item_belongs_to_it() -> None:
    steps = steps_of(f"1. Drop.\n\n   > **Approval:** 2 of lead\n\n   {F}bash\n   drop-it\n   {F}\n")
    assert brief(steps, "kind", "approve") == [("shell", "2 of lead")]


def test_an_approval_between_items_is_a_gate() -> None:
    steps = steps_of("1. One.\n\n> **Approval:** 1 of oncall-lead\n\n2. Two.\n")
    assert brief(steps, "number", "name", "kind", "approve") == [
        ("1", "l1-s1", "manual", None),
        ("1a", "l1-sgate-1a", "approval", "1 of oncall-lead"),
        ("2", "l1-s2", "manual", None),
    ]


def test_an_approval_is_asked_once_for_several_sub_steps() -> None:
    steps = steps_of(
        f"1. Do.\n\n   > **Approval:** 1 of lead\n\n   {F}bash\n   a\n   {F}\n\n   {F}bash\n   b\n   {F}\n"
    )
    assert brief(steps, "approve") == [("1 of lead",), (None,)]


def test_a_fence_with_attributes_before_the_list_is_a_step() -> None:
    steps = steps_of(f"See who is there:\n\n{F}bash {{effect=read}}\nwho\n{F}\n\n1. Go.\n")
    assert brief(steps, "number", "title", "kind") == [("0a", "See who is there", "shell"), ("1", "Go", "manual")]


def test_lists_that_count_again_get_numbers_of_their_own() -> None:
    steps = steps_of("1. A\n2. B\n\nThen:\n\n1. C\n")
    assert [step["number"] for step in steps] == ["1", "2", "3"]


def test_effects_follow_the_kind() -> None:
    text = "\n\n".join(
        f"{place}. S{place}.\n\n   {F}{info}\n   {body}\n   {F}"
        for place, (info, body) in enumerate(
            [
                ("bash", "a"),
                ("http", "GET http://127.0.0.1/x"),
                ("http", "POST http://127.0.0.1/x"),
                ("graphql {url=http://127.0.0.1/g}", "{ a }"),
                ("graphql {url=http://127.0.0.1/g}", "mutation { a }"),
                ("flag {via=env:x.env}", "set A off"),
                ("file {path=x.ini}", "set a = 1"),
                ("wait", "30s"),
            ],
            1,
        )
    )
    assert brief(steps_of(text), "effect", "timeout") == [
        ("once", 60.0),
        ("read", 10.0),
        ("once", 60.0),
        ("read", 10.0),
        ("once", 60.0),
        ("idempotent", 60.0),
        ("idempotent", 60.0),
        ("read", 30.0),
    ]


def test_a_checklist_only_reads_and_goes_on() -> None:
    compiled = read_plan(SOUND).compile().compiled
    assert brief(compiled["evidence"], "effect", "on_failure", "ok", "timeout") == [("read", "continue", [0, 1], 10.0)]
    assert compiled["evidence"][0]["inferred"] == ["Exit status 1 counts as done: a search without a hit is an answer."]


def test_a_proof_takes_a_miss_as_its_answer() -> None:
    compiled = read_plan(SOUND).compile().compiled
    assert {step["name"]: step["ok"] for step in compiled["reads"]}["is-off"] == [0]


def test_the_front_matter_stays_text() -> None:
    text = SOUND.replace("default: 1.1.0", "default: 1.10").replace(r"'1\.\d+\.\d+'", r"'1\.\d+'")
    compiled = read_plan(text).compile().compiled
    assert compiled["params"]["previous-version"]["default"] == "1.10"
    assert compiled["signals"]["errors"]["rate"] == 10.0
    assert compiled["watch"] == {
        "warmup": 10.0,
        "looks": [30.0, 60.0],
        "good_from": 30.0,
        "errors": {"op": "<", "value": 1.0, "unit": "%"},
        "count": 299,
    }
    assert compiled["contacts_next_after"] == 300.0


def test_tasks_take_their_condition_from_words_or_front_matter() -> None:
    text = "# P\n\n## Communication plan\n\n**1. Now (T+5 minutes):**\n- Notify stakeholders if high/critical severity\n- Sing\n"
    (phase,) = read_plan(text).compile().compiled["phases"]
    assert [(task["key"], task["if"], task["ticked_by"]) for task in phase["tasks"]] == [
        ("notify-stakeholders-if-high-critical-severity", {"field": "severity", "in": ["high", "critical"]}, ["message.sent"]),
        ("sing", None, []),
    ]  # fmt: skip


def test_what_would_run_twice_is_asked_about() -> None:
    document = read_plan(
        f"# P\n\n### Level 1: x (1 min)\n\n**Procedure:**\n\n{F}bash\nhelm rollback a 2\n{F}\n\n**Alternative: by "
        f"hand**\n\n{F}bash\nkubectl apply -f old\n{F}\n"
    )
    assert ["beside a fence that always runs" in one for one in problems(document)] == [True]


def test_lists_under_options_are_ways_of_one_step() -> None:
    procedure = (
        "1. First.\n\n#### Option A — Docker\n\n"
        f"1. Pull.\n\n   {F}bash\n   docker pull a:1\n   {F}\n\n2. Look.\n\n"
        f"#### Option B — systemd\n\n1. Go.\n\n   {F}bash\n   sudo -n systemctl restart a\n   {F}\n"
    )
    assert brief(steps_of(procedure), "number", "for", "kind") == [
        ("1", None, "manual"),
        ("2.1", "docker", "shell"),
        ("2.2", "docker", "manual"),
        ("2.3", "systemd", "shell"),
    ]


def test_a_label_ends_where_the_next_list_is_introduced() -> None:
    steps = steps_of("**Docker:**\n\n1. Pull.\n\nThen on every target:\n\n1. Look.\n")
    assert brief(steps, "number", "for", "title") == [("1.1", "docker", "Pull"), ("2", None, "Look")]


def test_fences_under_labels_are_ways_of_one_step() -> None:
    procedure = f"**Docker:**\n\n{F}bash\na\n{F}\n\n**systemd:**\n\n{F}bash\nb\n{F}\n\nThen:\n\n{F}bash\nc\n{F}\n"
    assert brief(steps_of(procedure), "number", "for", "body") == [
        ("1.1", "docker", "a"),
        ("1.2", "systemd", "b"),
        ("2", None, "c"),
    ]


def test_boxes_of_a_validation_are_checks_with_their_fences() -> None:
    text = f"# Rollback\n\n## Validation\n\n- [ ] It answers\n\n  {F}http\n  GET http://127.0.0.1/x\n  {F}\n\n- [ ] It looks right\n"
    compiled = read_plan(text).compile().compiled
    assert brief(compiled["checks"], "number", "name", "kind", "title", "body") == [
        ("1", "check-1", "http", "It answers", "GET http://127.0.0.1/x"),
        ("2", "check-2", "manual", "It looks right", "It looks right"),
    ]


def test_boxes_of_a_procedure_are_steps_with_their_fences() -> None:
    steps = steps_of(f"- [ ] Stop\n\n  {F}bash\n  stop-it\n  {F}\n\n- [ ] Look\n")
    assert brief(steps, "number", "kind", "title") == [("1", "shell", "Stop"), ("2", "manual", "Look")]


def test_a_graphql_fence_may_carry_headers() -> None:
    attributes = "{url=http://api.test/graphql header='Authorization: Bearer <secret:API_TOKEN>; X-For: orders'}"
    (step,) = steps_of(f"1. Ask.\n\n   {F}graphql {attributes}\n   {{ you }}\n   {F}\n")
    assert step["header"] == "Authorization: Bearer <secret:API_TOKEN>; X-For: orders"
    (plain,) = steps_of(f"1. Ask.\n\n   {F}graphql {{url=http://api.test/graphql}}\n   {{ you }}\n   {F}\n")
    assert "header" not in plain
