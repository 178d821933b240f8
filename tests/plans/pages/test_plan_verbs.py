"""Plans, revisions, approvals: the verbs and what they refuse."""

import pytest
from django.contrib.auth.models import User

from plans.models import Plan, Refused, Revision, Stale
from plans.seed import EXAMPLES, load_example
from tests.plans.pages.plans_for_tests import BROKEN, GOOD, make_plan
from timeline.models import Event

pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return list(Event.objects.filter(stream__key="plan:shop").values_list("kind", flat=True))


def test_a_plan_takes_title_and_service_from_its_document(plan_author: User) -> None:
    plan = make_plan(by=plan_author)
    assert (plan.title, plan.service_name, plan.slug) == ("Shop rollback", "shop", "shop")
    assert kinds() == ["revision.added"]


def test_slugs_are_free_and_never_a_page(plan_author: User) -> None:
    assert Plan.create(text=GOOD, slug="new").slug == "new-2"
    assert Plan.create(text=GOOD, slug="new").slug == "new-3"
    assert Plan.create(text="# ¡!", slug="").slug == "plan"


def test_a_revision_never_changes(plan_author: User) -> None:
    revision = make_plan(by=plan_author).current
    assert revision
    with pytest.raises(Refused, match="never changes"):
        revision.save()
    with pytest.raises(Refused, match="never changes"):
        Revision.objects.update(text="other")


def test_a_new_revision_counts_on_and_is_not_approved(plan_author: User) -> None:
    plan = make_plan(by=plan_author, approved=True)
    second = plan.add_revision(text=GOOD + "\nMore.\n", by=plan_author, reason="More", after=1)
    assert second.number == 2
    assert "not approved yet" in second.why_not
    assert plan.runnable
    assert plan.runnable.number == 1
    second.approve(by=plan_author)
    assert plan.runnable.number == 2
    assert kinds() == ["revision.added", "revision.approved", "revision.added", "revision.approved"]


def test_the_same_text_is_no_revision(plan_author: User) -> None:
    with pytest.raises(Refused, match="the same as revision 1"):
        make_plan(by=plan_author).add_revision(text=GOOD, by=plan_author)


def test_somebody_was_faster(plan_author: User) -> None:
    plan = make_plan(by=plan_author)
    plan.add_revision(text=GOOD + "\nOne.\n", by=plan_author, after=1)
    with pytest.raises(Stale, match="paul added revision 2"):
        plan.add_revision(text=GOOD + "\nTwo.\n", by=plan_author, after=1)
    assert plan.revisions.count() == 2


@pytest.mark.parametrize(("text", "why"), [("x" * (1024 * 1024 + 1), "1 MiB"), ("one\ntwo\x00", "Line 2")])
def test_what_cannot_be_kept_is_refused(text: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        Plan.create(text=text)
    assert not Plan.objects.exists()


def test_a_text_with_problems_is_a_draft_that_nobody_can_approve(plan_author: User) -> None:
    revision = make_plan(BROKEN, by=plan_author).current
    assert revision
    assert revision.problems
    assert "line 17" in revision.why_not
    with pytest.raises(Refused, match="cannot run"):
        revision.approve(by=plan_author)


def test_approving_another_text_than_the_one_seen_is_stale(plan_author: User) -> None:
    revision = make_plan(by=plan_author).current
    assert revision
    with pytest.raises(Stale):
        revision.approve(by=plan_author, sha256="0" * 64)
    revision.approve(by=plan_author, sha256=revision.sha256)
    with pytest.raises(Refused, match="already"):
        revision.approve(by=plan_author)


def test_a_second_person(plan_author: User, administrator: User) -> None:
    plan = make_plan(by=plan_author)
    plan.ask_second_person(True, by=plan_author)
    revision = plan.current
    assert revision
    with pytest.raises(Refused, match="second person"):
        revision.approve(by=plan_author)
    revision.approve(by=administrator)
    assert revision.may_run


def test_an_approval_by_the_author_alone_does_not_stand_when_a_second_person_is_asked(plan_author: User) -> None:
    plan = make_plan(by=plan_author, approved=True)
    plan.ask_second_person(True, by=plan_author)
    assert plan.current
    assert "only by its author" in plan.current.why_not
    assert plan.runnable is None


def test_an_approval_is_taken_back_with_a_reason(plan_author: User) -> None:
    plan = make_plan(by=plan_author, approved=True)
    revision = plan.current
    assert revision
    with pytest.raises(Refused, match="Say why"):
        revision.withdraw_approval(by=plan_author, reason=" ")
    revision.withdraw_approval(by=plan_author, reason="Wrong folder.")
    assert plan.runnable is None
    with pytest.raises(Refused, match="no approval"):
        revision.withdraw_approval(by=plan_author, reason="Again.")
    revision.approve(by=plan_author)
    assert plan.runnable == revision


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_a_shipped_plan_loads_approved_and_only_once(administrator: User, name: str) -> None:
    plan = load_example(name, by=administrator, approve=True)
    assert load_example(name, by=administrator, approve=True) == plan
    assert plan.revisions.count() == 1
    assert plan.runnable, plan.current and plan.current.problems


def test_a_shipped_plan_that_a_person_changed_stays_theirs(administrator: User) -> None:
    plan = load_example("practice", by=administrator)
    plan.add_revision(text=GOOD, by=administrator, reason="Ours now")
    load_example("practice", by=administrator, approve=True)
    assert plan.current
    assert plan.current.reason == "Ours now"
    assert not plan.current.is_approved
