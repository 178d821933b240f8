"""The retrospective in a browser's eyes: two editors, review, comments, versions, exports, the plan's change."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents.models import ActionItem, BugTracker, Incident, Message, PlanProposal, Retrospective
from incidents.models.retrospective import report_of
from tests.conftest import make_person
from tests.incidents.factories import add_revision, make_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(responder: User) -> Incident:
    incident = make_incident(impact="Prices are missing")
    incident.acknowledge(by=responder)
    incident.choose_level(level=2, by=responder, reason="The flag was off already")
    incident.resolve(by=responder, reason="The provider mended it")
    return incident


@pytest.fixture
def address(ended: Incident) -> str:
    return f"/incidents/{ended.pk}/retrospective/"


def form_of(client: Client, address: str) -> dict[str, str]:
    """What the browser would post: hidden fields and text areas as the page drew them."""
    page = client.get(address).content.decode()
    form = page.split('id="words"', 1)[1].split("</form>", 1)[0]
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_-]+)" value="([^"]*)"', form))
    texts = re.findall(r'<textarea id="[a-z_]+" name="([a-z_]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    unescaped = {name: text.replace("&#x27;", "'").replace("&quot;", '"') for name, text in texts}
    return {**{name: value for name, value in hidden.items() if name not in ("stars", "star-shown")}, **unescaped}


def test_most_of_it_is_there_before_anybody_writes(
    signed_in: Callable[[User], Client], responder: User, address: str
) -> None:
    form = form_of(signed_in(responder), address)
    assert "Query errors on orders-api production, high severity" in form["summary"]
    assert "ana chose Level 2: The flag was off already." in form["summary"]
    assert form["impact"].startswith("Prices are missing\nIt lasted")
    assert "Where: orders-api production" in form["bug_report"]
    assert form["root_cause"] == ""


def test_what_nobody_changes_stays_the_timelines(
    signed_in: Callable[[User], Client], responder: User, address: str, ended: Incident
) -> None:
    client = signed_in(responder)
    client.post(address, {**form_of(client, address), "root_cause": "A stale cache"})
    found = Retrospective.objects.get(incident=ended)
    assert (found.root_cause, found.summary) == ("A stale cache", "")
    assert "Query errors on" in form_of(client, address)["summary"]


def test_two_editors_at_once_lose_nothing(
    signed_in: Callable[[User], Client], responder: User, administrator: User, address: str, ended: Incident
) -> None:
    mine, theirs = signed_in(responder), signed_in(administrator)
    Retrospective.draft_for(ended)
    first, second = form_of(mine, address), form_of(theirs, address)
    mine.post(address, {**first, "root_cause": "The cache kept an old type"})
    refused = theirs.post(address, {**second, "root_cause": "The network was slow"})
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "The network was slow</textarea>" in page
    assert "Saved meanwhile by somebody else:" in page
    assert "The cache kept an old type" in page
    assert Retrospective.objects.get(incident=ended).root_cause == "The cache kept an old type"
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    both = "The cache kept an old type, and the network was slow"
    assert theirs.post(address, {**second, "version": version[1], "root_cause": both}).status_code == 302
    history = mine.get(f"{address}history/").content.decode()
    assert "The cache kept an old type" in history
    assert both in history
    assert Retrospective.objects.get(incident=ended).versions.count() == 2


def test_draft_review_published(
    signed_in: Callable[[User], Client], responder: User, address: str, ended: Incident
) -> None:
    client = signed_in(responder)
    client.post(f"{address}review/")
    assert "In review" in client.get(address).content.decode()
    client.post(f"{address}comments/", {"part": "root_cause", "text": "Which cache?"})
    assert "Which cache?" in client.get(address).content.decode()
    client.post(address, {"version": "1", "root_cause": "The gateway's cache"})
    client.post(f"{address}publication/")
    found = Retrospective.objects.get(incident=ended)
    assert found.status == "published"
    kinds = list(ended.events.filter(kind__startswith="retrospective.").values_list("kind", flat=True))
    assert kinds == [
        "retrospective.drafted", "retrospective.review_asked", "retrospective.commented", "retrospective.changed",
        "retrospective.published",
    ]  # fmt: skip


def test_a_published_report_does_not_move(
    signed_in: Callable[[User], Client], responder: User, address: str, ended: Incident
) -> None:
    client = signed_in(responder)
    client.post(address, {"root_cause": "x"})
    client.post(f"{address}publication/")
    before = client.get(f"{address[:-1]}.md").content.decode()
    ended.add_note(text="A later thought", by=responder)
    assert client.get(f"{address[:-1]}.md").content.decode() == before
    assert "A later thought" not in client.get(address).content.decode()


def test_a_person_says_when_it_began(
    signed_in: Callable[[User], Client], responder: User, address: str, ended: Incident
) -> None:
    client, began = signed_in(responder), ended.detected_at - timedelta(minutes=4)
    client.post(f"/incidents/{ended.pk}/beginning/", {"began_at": (ended.detected_at + timedelta(hours=1)).isoformat()})
    assert "pending: the timeline does not say when the fault began" in client.get(address).content.decode()
    client.post(f"/incidents/{ended.pk}/beginning/", {"began_at": began.isoformat()})
    [detect] = [figure for figure in report_of(ended).figures if figure.key == "detect"]
    assert detect.seconds == 240
    ended.correct(field="detected_at", value=began - timedelta(minutes=1), by=responder)
    [detect] = [figure for figure in report_of(ended).figures if figure.key == "detect"]
    assert (detect.seconds, detect.state) == (None, "invalid")


def test_what_was_sent_stands_in_the_report(
    signed_in: Callable[[User], Client], responder: User, address: str, ended: Incident
) -> None:
    message = Message.draft_for(ended, by=responder)
    Message.objects.filter(pk=message.pk).update(sent_at=ended.resolved_at, sent_text="Prices are back.", kind="final")
    ended.record("message.sent", by=responder, data={"message": message.pk, "subject": "S", "recipients": 2})
    markdown = signed_in(responder).get(f"{address[:-1]}.md").content.decode()
    assert "UTC, final:\n\n```text\nPrices are back.\n```" in markdown


def test_overrides_stand_first(signed_in: Callable[[User], Client], responder: User, address: str) -> None:
    page = signed_in(responder).get(address).content.decode()
    assert page.index("Override: ana chose Level 2") < page.index("Resolved without proof") < page.index("Figures</h2>")


def test_stars_are_lines_of_the_timeline(
    signed_in: Callable[[User], Client], responder: User, address: str, ended: Incident
) -> None:
    ended.add_note(text="The pods restarted twice", by=responder)
    client = signed_in(responder)
    note = ended.events.get(kind="note.added").seq
    declared = ended.events.get(kind="incident.declared").seq
    client.post(address, {"stars": "1", "star-shown": [note, declared], "starred": [note]})
    chronology = {entry.seq: entry.starred for entry in Retrospective.objects.get(incident=ended).facts().chronology}
    assert (chronology[note], chronology[declared]) == (True, False)
    client.post(address, {"stars": "1", "star-shown": [note, declared], "starred": [note]})
    assert ended.events.filter(kind__in=("line.starred", "line.unstarred")).count() == 2


def test_the_exports_say_the_same(signed_in: Callable[[User], Client], responder: User, address: str) -> None:
    client = signed_in(responder)
    client.post(address, {"root_cause": "A stale cache"})
    markdown = client.get(f"{address[:-1]}.md").content.decode()
    data = client.get(f"{address[:-1]}.json").json()
    assert "## Impact" in markdown
    assert data["words"]["root_cause"] == "A stale cache"
    assert "root_cause" not in data["drafted"]
    assert "summary" in data["drafted"]
    assert data["words"]["summary"] in markdown
    assert data["report"]["caveats"][0].startswith("Override")


def test_the_bug_report_opens_the_trackers_own_form(
    signed_in: Callable[[User], Client], responder: User, address: str, ended: Incident
) -> None:
    assert "Open as a new" not in signed_in(responder).get(address).content.decode()
    BugTracker.objects.create(service=ended.target.service, kind="gitlab", url="https://git.example/shop/orders/")
    page = signed_in(responder).get(address).content.decode()
    assert "https://git.example/shop/orders/-/issues/new?issue%5Btitle%5D=Query+errors" in page


@pytest.mark.parametrize(
    ("kind", "url", "begins"),
    [
        ("github", "https://github.example/a/b", "https://github.example/a/b/issues/new?title=T&body="),
        ("jira", "https://j.example/x!init.jspa?pid=1", "https://j.example/x!init.jspa?pid=1&summary=T&description="),
    ],
)
def test_a_long_report_still_fits_an_address(kind: str, url: str, begins: str) -> None:
    address = BugTracker(kind=kind, url=url).new_issue("T", "Ä line of it\n" * 2000)
    assert address.startswith(begins)
    assert len(address) <= 7000
    assert "cut" in address


# The plan


def proposed(ended: Incident, by: User, **changes: Any) -> PlanProposal:
    plan = ended.target.plan
    assert plan
    if plan.revisions.count() == 1:
        add_revision(plan)
        plan.add_revision(text="# Plan\n\none\ntwo\nthree\n", by=by)
    given = {"first_line": 4, "last_line": 4, "new_text": "TWO", "why": "Two was wrong", **changes}
    return PlanProposal.propose(ended, base=plan.current, by=by, **given)


def test_a_finding_becomes_the_next_revision_that_cites_the_incident(
    signed_in: Callable[[User], Client], responder: User, plan_author: User, ended: Incident, address: str
) -> None:
    change = proposed(ended, responder)
    page = signed_in(responder).get(change.get_absolute_url()).content.decode()
    assert "Two was wrong" in page
    assert "Accept as the next revision" not in page
    assert signed_in(responder).post(f"{change.get_absolute_url()}decision/").status_code == 403
    signed_in(plan_author).post(f"{change.get_absolute_url()}decision/")
    revision = ended.target.plan.current  # type: ignore[union-attr]
    assert revision
    assert (revision.text, revision.incident_ref) == ("# Plan\n\none\nTWO\nthree\n", ended.reference)
    assert not revision.is_approved
    again = signed_in(plan_author).post(f"{change.get_absolute_url()}decision/")
    assert again.status_code == 409
    assert "Accepted" in signed_in(responder).get(address).content.decode()


def test_an_edit_moves_with_its_lines_and_refuses_when_they_changed(ended: Incident, responder: User) -> None:
    moved, torn = proposed(ended, responder), proposed(ended, responder, new_text="zwei")
    plan = ended.target.plan
    assert plan
    plan.add_revision(text="# Plan\n\nzero\none\ntwo\nthree\n", by=responder)
    assert moved.accept(by=responder).text == "# Plan\n\nzero\none\nTWO\nthree\n"
    with pytest.raises(Exception, match="were changed in revision"):
        torn.accept(by=responder)
    torn.refresh_from_db()
    assert torn.status == "proposed"


def test_the_form_takes_the_lines_of_the_plan(
    signed_in: Callable[[User], Client], responder: User, ended: Incident, address: str
) -> None:
    proposed(ended, responder)
    client = signed_in(responder)
    page = client.get(f"{address}proposals/new/?line=5").content.decode()
    assert ">three</textarea>" in page
    refused = client.post(f"{address}proposals/new/", {"first_line": "5", "last_line": "5", "new_text": "x", "why": ""})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()


# Action items


def test_the_list_has_the_overdue_first_and_moves_them(
    signed_in: Callable[[User], Client], responder: User, ended: Incident
) -> None:
    late = ActionItem.add(
        ended, text="Pin the cache", owner=responder, due_on=date(2020, 1, 1), by=responder, kind="prevent"
    )
    ActionItem.add(ended, text="Alert on it", owner=responder, due_on=date(2090, 1, 1), by=responder, kind="detect")
    client, other = signed_in(responder), make_person("ole", "responder")
    page = client.get("/actions/").content.decode()
    assert page.index("Pin the cache") < page.index("Alert on it")
    assert "Overdue" in page
    move = f"/incidents/{ended.pk}/retrospective/actions/{late.pk}/move/"
    client.post(move, {"owner": other.pk, "due_on": "2090-02-01", "next": "/actions/"})
    late.refresh_from_db()
    assert (late.owner, late.due_on) == (other, date(2090, 2, 1))
    assert ended.events.get(kind="action_item.moved").data["old_owner"] == "ana"
    assert "Pin the cache" not in client.get("/actions/?mine=1").content.decode()
