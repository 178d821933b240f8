"""The plan pages: list, document, change, history, check-up."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from plans.models import Plan
from rollbacks.models import Environment, Service, Target
from tests.plans.pages.plans_for_tests import BROKEN, GOOD, make_plan

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.fixture
def author(signed_in: SignedIn, plan_author: User) -> Client:
    return signed_in(plan_author)


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_list_says_what_can_run(author: Client, plan_author: User) -> None:
    make_plan(by=plan_author, approved=True)
    make_plan(BROKEN, by=plan_author, slug="broken")
    page = text(author.get("/plans/"))
    assert "Approved" in page
    assert "1 problem" in page


def test_the_list_needs_a_fixed_number_of_queries(
    author: Client, plan_author: User, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    author.get("/plans/")
    for number in range(8):
        make_plan(by=plan_author, approved=True, slug=f"shop-{number}")
    with django_assert_max_num_queries(14):
        author.get("/plans/")


def test_an_empty_list_offers_the_examples(author: Client) -> None:
    page = text(author.get("/plans/"))
    assert "?example=schema-registry" in page
    assert "# " in text(author.get("/plans/new/?example=practice"))
    assert author.get("/plans/new/?example=../../etc/passwd").status_code == 404


def test_the_document_stands_beside_what_was_understood(author: Client, plan_author: User) -> None:
    make_plan(by=plan_author)
    page = text(author.get("/plans/shop/"))
    assert 'id="L16"' in page
    assert "Level 1" in page
    assert "proved by answers" in page
    assert "Approve revision 1 for running" in page


def test_a_plan_is_text_and_never_markup(author: Client, plan_author: User) -> None:
    make_plan(GOOD + "\n<script>alert(1)</script>\n", by=plan_author)
    page = text(author.get("/plans/shop/"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_upload_becomes_revision_1(author: Client) -> None:
    response = author.post("/plans/new/", {"file": SimpleUploadedFile("plan.md", GOOD.encode())})
    assert response["Location"] == "/plans/shop/"
    plan = Plan.objects.get()
    assert plan.current
    assert plan.current.text == GOOD


def test_a_textarea_and_a_file_give_the_same_hash(author: Client) -> None:
    author.post("/plans/new/", {"text": GOOD.replace("\n", "\r\n")})
    plan = Plan.objects.get()
    assert plan.current
    assert plan.current.text == GOOD


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"# Plan\n\xff\xfe", "line 2 holds the byte 0xff"),
        (b"x" * (1024 * 1024 + 1), "larger than 1 MiB"),
        (b"# Plan\n\x00", "NUL character"),
        (b"", "empty"),
    ],
)
def test_a_broken_file_gives_a_sentence_and_loses_nothing(author: Client, file: bytes, sentence: str) -> None:
    upload = SimpleUploadedFile("plan.md", file)
    response = author.post("/plans/new/", {"title": "My title", "text": "kept words", "file": upload})
    assert response.status_code == 422
    assert sentence in text(response)
    assert "My title" in text(response)
    assert not Plan.objects.exists()


def test_no_text_is_no_plan(author: Client) -> None:
    response = author.post("/plans/new/", {"text": "  \n "})
    assert response.status_code == 422
    assert "There is no text yet" in text(response)


def test_problems_are_shown_before_saving_and_the_text_stays(author: Client) -> None:
    response = author.post("/plans/new/", {"text": BROKEN, "act": "save"})
    assert response.status_code == 422
    page = text(response)
    assert "What stops it" in page
    assert "echo &lt;wanted&gt;" in page
    assert not Plan.objects.exists()
    author.post("/plans/new/", {"text": BROKEN, "act": "save", "accept_problems": "on"})
    assert Plan.objects.get().runnable is None


def test_check_saves_nothing(author: Client) -> None:
    response = author.post("/plans/new/", {"text": GOOD, "act": "check"})
    assert response.status_code == 200
    assert "Can run once approved" in text(response)
    assert not Plan.objects.exists()


def change(browser: Client, **fields: Any) -> Any:
    return browser.post(
        "/plans/shop/change/", {"reason": "Because", "after": 1, "incident": "", "act": "save", **fields}
    )


def test_a_change_becomes_the_next_revision(author: Client, plan_author: User) -> None:
    plan = make_plan(by=plan_author)
    response = change(author, text=GOOD + "\nMore.\n", reason="After INC-7", incident="INC-7")
    assert response["Location"] == "/plans/shop/"
    assert plan.current
    assert (plan.current.number, plan.current.incident_ref) == (2, "INC-7")
    page = text(author.get("/plans/shop/"))
    assert "after" in page
    assert "INC-7" in page


def test_the_incident_that_led_here_is_cited(author: Client, plan_author: User) -> None:
    make_plan(by=plan_author)
    page = text(author.get("/plans/shop/change/?incident=INC-7"))
    assert 'value="After INC-7: "' in page
    assert 'name="incident" value="INC-7"' in page


def test_a_change_without_a_reason_keeps_the_text(author: Client, plan_author: User) -> None:
    make_plan(by=plan_author)
    response = change(author, text=GOOD + "\nUnsaved words.\n", reason="")
    assert response.status_code == 422
    assert "Unsaved words." in text(response)


def test_two_authors(author: Client, plan_author: User, administrator: User) -> None:
    plan = make_plan(by=plan_author)
    plan.add_revision(text=GOOD + "\nFaster.\n", by=administrator)
    response = change(author, text=GOOD + "\nSlower.\n")
    assert response.status_code == 409
    page = text(response)
    assert "ada added revision 2 while you were editing revision 1" in page
    assert "Slower." in page
    assert 'name="after" value="2"' in page
    assert plan.revisions.count() == 2


def test_approving_and_taking_it_back(author: Client, plan_author: User) -> None:
    plan = make_plan(by=plan_author)
    assert plan.current
    author.post("/plans/shop/revisions/1/approval/", {"sha256": plan.current.sha256})
    assert plan.runnable
    again = author.post("/plans/shop/revisions/1/approval/", {"sha256": plan.current.sha256})
    assert again.status_code == 409
    assert "You approved revision 1 already" in text(again)
    assert author.post("/plans/shop/revisions/1/withdrawal/", {"reason": ""}).status_code == 422
    author.post("/plans/shop/revisions/1/withdrawal/", {"reason": "Wrong folder"})
    assert plan.runnable is None
    assert "took the approval of revision 1 back: Wrong folder" in text(author.get("/plans/shop/history/"))


def test_a_stale_approval_does_nothing(author: Client, plan_author: User) -> None:
    plan = make_plan(by=plan_author)
    response = author.post("/plans/shop/revisions/1/approval/", {"sha256": "f" * 64})
    assert response.status_code == 409
    assert plan.runnable is None


def test_the_difference_of_two_revisions(author: Client, plan_author: User) -> None:
    plan = make_plan(by=plan_author)
    plan.add_revision(text=GOOD.replace("echo off", "echo gone"), by=plan_author, reason="Word")
    page = text(author.get("/plans/shop/revisions/2/difference/"))
    assert "1 line added, 1 removed" in page
    assert "echo off" in page
    assert "echo gone" in page
    assert "No difference" in text(author.get("/plans/shop/revisions/2/difference/?against=2"))
    assert author.get("/plans/shop/revisions/2/difference/?against=9").status_code == 404


def test_the_text_is_exported_as_it_was_written(author: Client, plan_author: User) -> None:
    make_plan(by=plan_author)
    response = author.get("/plans/shop/revisions/1.md")
    assert text(response) == GOOD
    assert "shop-revision-1.md" in response["Content-Disposition"]


def test_the_check_up_needs_no_permission_and_keeps_nothing(signed_in: SignedIn, viewer: User) -> None:
    browser = signed_in(viewer)
    assert browser.get("/plans/check-up/").status_code == 200
    page = text(browser.post("/plans/check-up/", {"text": BROKEN}))
    assert "What stops it" in page
    assert "The plan has no decision matrix" in page
    assert browser.post("/plans/check-up/", {"text": ""}).status_code == 422
    assert not Plan.objects.exists()


def test_the_second_person_rule_is_set_on_the_history_page(author: Client, plan_author: User) -> None:
    plan = make_plan(by=plan_author)
    author.post("/plans/shop/second-person/", {"second_person": "yes"})
    plan.refresh_from_db()
    assert plan.second_person
    assert "asks for a second person" in text(author.get("/plans/shop/history/"))


def test_a_reader_sees_no_buttons(signed_in: SignedIn, viewer: User, plan_author: User) -> None:
    make_plan(by=plan_author)
    page = text(signed_in(viewer).get("/plans/shop/"))
    assert "Change the plan" not in page
    assert "Approve revision" not in page


def test_the_check_up_shows_itself_on_an_example(signed_in: SignedIn, viewer: User) -> None:
    page = text(signed_in(viewer).get("/plans/check-up/?example=1"))
    headings = ["What would run", "What stops it", "Checks that cannot fail", "What nothing proves", "What is missing"]
    assert [page.index(heading) for heading in headings] == sorted(page.index(heading) for heading in headings)
    assert "Failed orders from 1 % to 10 % have no row." in page
    assert "Keep it and answer" not in page
    assert not Plan.objects.exists()


def test_a_text_is_checked_while_it_is_written(author: Client, plan_author: User) -> None:
    make_plan(by=plan_author)
    assert 'hx-post="/plans/check-up/live/"' in text(author.get("/plans/shop/change/"))
    said = text(author.post("/plans/check-up/live/", {"text": BROKEN}))
    assert "Cannot run yet: 1 problem." in said
    assert "Line 17: <code>&lt;wanted&gt;</code> is not declared." in said
    assert "Can run once it is approved" in text(author.post("/plans/check-up/live/", {"text": GOOD}))
    assert "There is no text yet" in text(author.post("/plans/check-up/live/", {"text": " "}))
    assert Plan.objects.count() == 1


def test_an_approved_plan_says_where_it_runs(author: Client, plan_author: User) -> None:
    plan = make_plan(by=plan_author, slug="placed")
    assert "Where it runs" not in text(author.get("/plans/placed/"))
    assert plan.current
    plan.current.approve(by=plan_author)
    assert "No service uses this plan yet" in text(author.get("/plans/placed/"))
    service, environment = Service.objects.create(name="Shop"), Environment.objects.create(name="staging")
    target = Target.objects.create(service=service, environment=environment, plan=plan)
    page = text(author.get("/plans/placed/"))
    assert f'<a href="{target.get_absolute_url()}"><b>Shop staging</b></a>' in page
    assert "Ready" in page


def test_a_place_that_lacks_something_says_what(author: Client, plan_author: User) -> None:
    wanted = BROKEN.replace("service: shop\n", "service: shop\nparams:\n  wanted: {bind: target}\n")
    plan = make_plan(wanted, by=plan_author, approved=True, slug="placed")
    service, environment = Service.objects.create(name="Shop"), Environment.objects.create(name="staging")
    Target.objects.create(service=service, environment=environment, plan=plan)
    page = text(author.get("/plans/placed/"))
    assert "Not ready" in page
    assert "&lt;wanted&gt; has no value here" in page
