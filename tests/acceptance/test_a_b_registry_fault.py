"""40 % of the answers fail while the schema registry is on: the flag cures it; then the version; then a day goes by."""

import re

from tests.acceptance.mail_sink import words_of
from tests.acceptance.scene import ON_CALL, STAKEHOLDERS, SYMPTOM, Scene, number_of
from tests.acceptance.visitor import Page

HOUR = 3600.0
TASKS = 16
FIRST = "/incidents/1/"
IMPACT = {
    "field-what-you-may-notice-impact-on-users": "Four of ten queries fail; a second try often works.",
    "field-what-you-may-notice-affected-queries": "Every query of posts.",
}


def test_a_level_1_is_recommended_carried_out_and_proved(story: Scene) -> None:
    story.service.break_it(when="registry", graphql_error_rate=0.4)
    assert story.alert() == FIRST
    story.measured(FIRST)
    story.acknowledge(FIRST)
    page = story.visitor.get(FIRST)
    page.must_say(f"“{SYMPTOM}” → Level 1: Feature flag off", "Runner-up Level 2: “Query errors (> 10%)”")
    assert page.offers("Prepare Level 1 ")

    run = story.roll_back(FIRST, 1)
    page = story.visitor.wait_until_says(FIRST, "Checks passed, watching until", within=10)
    page.must_say("The watch is shortened on this target")
    message = tell_stakeholders(story, page)
    told = story.verdict(run, "recovered")
    assert "shortened" in told["reason"]
    page = story.visitor.get(FIRST)
    page.must_say("Is it getting better? Recovered")
    assert story.end_of_watch(run) == "recovered"

    facts = story.service.facts()
    assert facts["flag_line"] == "False"
    assert facts["nested"]["got"] == {"__typename": "Post"}
    assert facts["log_since_start"]["rust_marker"] is False
    assert story.steps(run)["nested-type-is-parent"] == "succeeded"

    assert_mails(story)
    final_word(story, message)
    assert_retrospective(story)


def tell_stakeholders(story: Scene, page: Page) -> str:
    draft = story.visitor.press(page, "Review and send")
    return story.tell(FIRST, draft, **IMPACT)


def assert_mails(story: Scene) -> None:
    """The on-call contact was asked, and every stakeholder told, by a real server."""
    asked = story.mail.to(ON_CALL)
    assert len(asked) == 1
    assert f"{story.product.base_url}/pages/" in words_of(asked[0])
    for address in STAKEHOLDERS:
        told = story.mail.to(address)
        assert len(told) == 1
        assert "Four of ten queries fail" in words_of(told[0])
        assert "Level 1" in words_of(told[0])


def final_word(story: Scene, first: str) -> None:
    """Resolved with the proof; the final message goes out once."""
    page = story.resolve(FIRST)
    page.must_say("Resolved")
    draft = (
        page if page.offers("Send to 2 people") else story.visitor.press(story.visitor.get(FIRST), "Review and send")
    )
    last = story.tell(FIRST, draft, **IMPACT)
    assert last != first
    for address in STAKEHOLDERS:
        assert len(story.mail.to(address)) == 2
        assert "RESOLVED" in words_of(story.mail.to(address)[1])


def assert_retrospective(story: Scene) -> None:
    page = story.visitor.get(f"{FIRST}retrospective/")
    page.must_say("shortened", "Level 1: Feature flag off")
    text = story.visitor.client.get(f"{FIRST}retrospective.md").text
    assert text.startswith("# Retrospective INC-1")
    for words in (
        "Recovered (shortened watch)",
        "was shortened; it says less than the plan's own",
        "% errors (",
        "0 of ",
    ):
        assert words in text, f"The export does not say {words!r}:\n{text}"


def test_b_level_2_follows_on_the_same_target_without_the_crash(story: Scene) -> None:
    incident = story.alert()
    assert incident != FIRST
    story.measured(incident)
    story.acknowledge(incident)
    run = story.roll_back(incident, 2, reason="The registry's code has to go altogether.")
    assert story.verdict(run, "recovered")["run"] == number_of(run)

    facts = story.service.facts()
    assert facts["flag_line"] == "absent"
    assert facts["version"]["metadata"] == "1.2.2"
    assert facts["log_since_start"]["traceback"] is False
    assert facts["nested"]["got"] == {"__typename": "Post"}
    steps = story.steps(run)
    assert (steps["l2-flag-absent"], steps["l2-build"], steps["l2-tests"]) == ("succeeded", "skipped", "skipped")
    assert "fraiseql==1.2.2" in (story.service.root / "app" / "requirements.txt").read_text()
    story.visitor.get("/").must_say("rolled back")


def test_a_day_later_the_last_tasks_are_due_once_and_all_sixteen_say_how(story: Scene) -> None:
    story.product.stop()
    story.product.start(time_offset=25 * HOUR)
    story.sign_in()
    due = lambda: [event for event in story.product.events("phase.due") if event["data"]["phase"] == "Retrospective"]  # noqa: E731
    story.visitor.wait_for(FIRST, lambda page: bool(due()), within=60, what="the retrospective's tasks being due")
    story.product.stop()
    story.product.start(time_offset=25 * HOUR)
    story.sign_in()
    story.visitor.wait_for(FIRST, lambda page: page.says("T+24h"), within=30)
    of_first = [event for event in due() if event["stream"] == "incident:1"]
    assert len(of_first) == 1

    look_back(story)
    page = story.visitor.get(FIRST)
    page.must_say("Is it getting better? Recovered")  # what another incident did later takes nothing back
    page.must_say(f"{TASKS} of {TASKS} done")
    retrospective = story.visitor.client.get(f"{FIRST}retrospective.md").text
    rows = re.findall(
        r"^\| (?:Immediate|Investigation|Execution|Validation|Retrospective) \| (.+) \|$", retrospective, re.M
    )
    assert len(rows) == TASKS
    for row in rows:
        _, when, how = (cell.strip() for cell in row.split(" | "))
        assert how, f"Nothing says who or what ticked: {row}"
        assert re.search(r"on time|early|late", when), row


def look_back(story: Scene) -> None:
    """The four tasks of T+24 h: by publishing, by hand, by hand, by keeping the plan."""
    page = story.visitor.get(FIRST)
    for task in ("Create a bug report", "Plan the lasting fix"):
        page = story.visitor.press(story.visitor.get(FIRST), f"Done: {task}")
    page = story.visitor.get(f"{FIRST}retrospective/")
    page = story.visitor.press(page, "Save", exact=True, root_cause="The registry resolves nested types wrongly.")
    page = story.visitor.press(page, "Keep it", exact=True, reason="It led to the right level.")
    story.visitor.press(story.visitor.get(f"{FIRST}retrospective/"), "Publish the retrospective")
