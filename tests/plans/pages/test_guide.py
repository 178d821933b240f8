"""The guided way in the browser: answer, take back, leave, come back, save."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from plans.models import Guide, Plan, Refused
from tests.plans.pages.plans_for_tests import BROKEN, GOOD, make_plan

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
ADDRESS = "/plans/shop/guide/"
ASKED = {"question": "blanks", "version": "0", "choice-0": "target"}


@pytest.fixture
def author(signed_in: SignedIn, plan_author: User) -> Client:
    make_plan(BROKEN, by=plan_author)
    return signed_in(plan_author)


def text(response: Any) -> str:
    return str(response.content.decode())


def test_it_asks_with_the_lines_beside_it(author: Client) -> None:
    page = text(author.get(ADDRESS))
    assert "Questions left: 1" in page
    assert "Where does &lt;wanted&gt; come from?" in page
    assert 'class="code marked"><span class="line">17</span><code>   echo &lt;wanted&gt;</code>' in page


def test_an_answer_is_written_into_the_document_and_shown(author: Client) -> None:
    page = text(author.post(ADDRESS, ASKED, follow=True))
    guide = Guide.objects.get()
    assert "params:\n  wanted: {bind: target}\n" in guide.text
    assert "No question keeps it from running" in page
    assert "wanted: {bind: target}</ins>" in page
    assert "set once for each target" in page
    assert Plan.objects.get().revisions.count() == 1


def test_a_block_below_the_line_in_question_is_shown_whole(signed_in: SignedIn, plan_author: User) -> None:
    step = "1. **Clean up (if needed)**\n\n   ```bash\n   one\n   two\n   three\n   four\n   ```\n\n2. **Tell**\n"
    make_plan(f"# Shop\n\n### Level 1: Back (1 min)\n\n{step}", by=plan_author)
    page = text(signed_in(plan_author).get(ADDRESS))
    assert "Who decides" in page
    assert "<code>   four</code>" in page


def test_leaving_and_coming_back_loses_nothing(author: Client, signed_in: SignedIn, plan_author: User) -> None:
    author.post(ADDRESS, ASKED)
    assert "1 answer so far" in text(signed_in(plan_author).get(ADDRESS))


def test_everybody_has_answers_of_their_own(author: Client, signed_in: SignedIn, administrator: User) -> None:
    author.post(ADDRESS, ASKED)
    assert "0 answers so far" in text(signed_in(administrator).get(ADDRESS))


def test_the_last_answer_can_be_taken_back(author: Client) -> None:
    author.post(ADDRESS, ASKED)
    page = text(author.post(f"{ADDRESS}undo/", {"version": "1"}, follow=True))
    assert "Questions left: 1" in page
    assert Guide.objects.get().text == BROKEN


def test_answers_are_saved_as_one_revision_with_a_reason(author: Client) -> None:
    author.post(ADDRESS, ASKED)
    page = text(author.post(f"{ADDRESS}revision/", {"reason": "The target knows it", "version": "1"}, follow=True))
    current = Plan.objects.get().current
    assert current
    assert (current.number, current.reason, current.problems) == (2, "The target knows it", [])
    assert "It waits for an approval" in page
    assert not Guide.objects.exists()


def test_a_double_click_answers_once(author: Client) -> None:
    author.post(ADDRESS, ASKED)
    again = author.post(ADDRESS, ASKED)
    assert again.status_code == 409
    assert "answered already" in text(again)
    stale = author.post(f"{ADDRESS}undo/", {"version": "0"})
    assert stale.status_code == 409
    assert len(Guide.objects.get().answers) == 1


def test_what_another_tab_changed_is_not_saved_unseen(author: Client) -> None:
    author.post(ADDRESS, ASKED)
    author.post(f"{ADDRESS}undo/", {"version": "1"})
    refused = author.post(f"{ADDRESS}revision/", {"reason": "x", "version": "1"})
    assert refused.status_code == 422
    assert "perhaps in another tab" in text(refused)
    assert Plan.objects.get().revisions.count() == 1


def test_an_answer_that_cannot_be_used_keeps_what_was_typed(author: Client) -> None:
    response = author.post(ADDRESS, {**ASKED, "choice-0": "default", "text-0": "1; rm"})
    assert response.status_code == 422
    assert "cannot be a value" in text(response)
    assert 'value="1; rm"' in text(response)


def test_the_lines_can_be_edited_by_hand(author: Client) -> None:
    said = {"question": "blanks", "version": "0", "act": "edit", "lines": "   echo 1 &gt; flag".replace("&gt;", ">")}
    page = text(author.post(ADDRESS, said, follow=True))
    assert "edited by hand" in page
    assert "   echo 1 > flag\n" in Guide.objects.get().text


def test_a_newer_revision_is_told_and_answers_are_taken_over(author: Client, plan_author: User) -> None:
    author.post(ADDRESS, ASKED)
    plan = Plan.objects.get()
    plan.add_revision(text=BROKEN.replace("The shop answers", "The shop sells"), by=plan_author, reason="Words")
    refused = author.post(f"{ADDRESS}revision/", {"reason": "x", "version": "1"})
    assert refused.status_code == 409
    assert "Take my answers over to revision 2" in text(refused)
    author.post(f"{ADDRESS}new-start/", {"act": "take-over"})
    author.post(f"{ADDRESS}revision/", {"reason": "x", "version": "2"})
    current = plan.current
    assert current
    assert current.number == 3
    assert "The shop sells" in current.text
    assert "wanted: {bind: target}" in current.text


def test_answers_that_meet_a_change_are_not_mixed(author: Client, plan_author: User) -> None:
    author.post(ADDRESS, {**ASKED, "choice-0": "fixed", "text-0": "1"})
    Plan.objects.get().add_revision(text=BROKEN.replace("echo <wanted>", "print <wanted>"), by=plan_author, reason="x")
    response = author.post(f"{ADDRESS}new-start/", {"act": "take-over"})
    assert response.status_code == 409
    assert "changed the same lines" in text(response)


def test_a_text_without_answers_follows_the_latest_revision(author: Client, plan_author: User) -> None:
    author.get(ADDRESS)
    Plan.objects.get().add_revision(text=GOOD, by=plan_author, reason="x")
    assert "No question keeps it from running" in text(author.get(ADDRESS))


def test_open_ends_are_put_aside(author: Client, plan_author: User) -> None:
    Plan.objects.get().add_revision(
        text=GOOD.replace(" effect=idempotent verify=answers", ""), by=plan_author, reason="x"
    )
    assert "May stay open" in text(author.get(ADDRESS))
    author.post(f"{ADDRESS}skip/", {"question": "effects"})
    author.post(f"{ADDRESS}skip/", {"question": "proofs"})
    assert "May stay open" not in text(author.get(ADDRESS))


def test_a_pasted_text_goes_on_with_the_questions(signed_in: SignedIn, plan_author: User) -> None:
    response = signed_in(plan_author).post("/plans/new/", {"text": BROKEN, "act": "guide"})
    assert response["Location"] == "/plans/shop/guide/"
    assert "Make it run" in text(signed_in(plan_author).get("/plans/shop/"))


def test_a_text_that_is_kept_already_makes_no_second_plan(author: Client) -> None:
    response = author.post("/plans/new/", {"text": BROKEN, "act": "guide"}, follow=True)
    assert "kept already" in text(response)
    assert response.redirect_chain == [(ADDRESS, 302)]
    assert Plan.objects.count() == 1


def test_an_answer_changes_something(plan_author: User) -> None:
    guide = Guide.of(make_plan(by=plan_author), by=plan_author)
    with pytest.raises(Refused, match="would not change"):
        guide.answer(question="?", answer="!", text=guide.text, seen=0)
    with pytest.raises(Refused, match="no answer to take back"):
        guide.undo(seen=0)


UNFILLED = GOOD.replace("echo off > flag", "echo off > flag\n   restart $SHOP_NAME")


def test_the_end_says_step_by_step_what_would_run(author: Client) -> None:
    page = text(author.post(ADDRESS, ASKED, follow=True))
    assert "Level 1: Flag off</b>" in page
    assert "1 step run by Firebreak" in page
    assert "runs 1 command" in page
    assert "What is missing: " in page


def test_a_text_that_would_run_with_a_blank_is_asked_about_before_its_approval(
    signed_in: SignedIn, plan_author: User
) -> None:
    make_plan(UNFILLED, by=plan_author)
    client = signed_in(plan_author)
    page = text(client.get("/plans/shop/"))
    assert "Where does $SHOP_NAME come from?" in page
    assert "Make it run" in page
    client.post(ADDRESS, {"question": "blanks", "version": "0", "choice-0": "ask"})
    client.post(f"{ADDRESS}revision/", {"reason": "Asked for", "version": "1"})
    page = text(client.get("/plans/shop/"))
    assert "Not answered yet" not in page
    assert "btn primary wide" in page


def test_many_equal_rows_are_answered_in_one_field(signed_in: SignedIn, plan_author: User) -> None:
    items = "".join(
        f"{number}. **Part {number}**\n   ```\n   Click the next button\n   ```\n" for number in range(1, 6)
    )
    make_plan(f"# Shop\n\n### Level 1: Back (1 min)\n\n{items}", by=plan_author)
    client = signed_in(plan_author)
    page = text(client.get(ADDRESS))
    assert "Answer for all 5" in page
    assert page.count('<option value="">as for all</option>') == 5
    client.post(ADDRESS, {"question": "fences", "version": "0", "choice-all": "manual", "choice-4": "text"})
    guide = Guide.objects.get()
    assert guide.text.count("kind=manual") == 4
    assert guide.text.count("```text\n") == 1
