"""What an update says: what changed since the last message, each sentence from its event, or that nothing did."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents import changes, drafts
from incidents.models import (
    Delivery,
    Message,
    MessageTemplate,
    Notice,
    Promise,
    RecipientGroup,
    Refused,
    RoleName,
    Stakeholder,
)
from incidents.story import Line
from incidents.tasks import remind
from tests.conftest import make_person
from tests.incidents.factories import make_incident, make_target
from tests.incidents.test_deliveries import make_message, sent

START = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
RUN = {"run": 7, "run_kind": "rollback", "level": 1, "level_name": "Level 1: Flag off"}


def line(seq: int, kind: str, **data: Any) -> Line:
    return Line(kind, START + timedelta(minutes=seq), data, "ana", seq)


TIMELINE = [
    line(1, "incident.declared", severity="medium", title="Errors"),
    line(2, "message.sent", message=1),
    line(3, "note.added", text="a secret thought"),
    line(4, "incident.corrected", field="severity", old="medium", new="high"),
    line(5, "level.chosen", level=1),
    line(6, "run.started", **RUN),
    line(7, "run.succeeded", run=9, run_kind="evidence"),
    line(8, "run.succeeded", **RUN),
    line(9, "verdict.given", **RUN, verdict="not_recovered", reason="[12 of 100]"),
]


def said(audience: str, after: int = 2) -> list[tuple[int, str]]:
    return [(each.seq, each.text) for each in changes.since(TIMELINE, after=after, audience=audience, zone=PARIS)]


def test_each_sentence_comes_from_one_event_after_the_last_message() -> None:
    assert said("stakeholders") == [
        (4, "The severity is now High (was Medium)."),
        (5, "We decided on rollback level 1."),
        (8, "Level 1: Flag off was carried out (2026-11-22 14:08 +01:00 (13:08 UTC))."),
        (9, "Our measurement says: not recovered yet. (2026-11-22 14:09 +01:00 (13:09 UTC))"),
    ]


def test_notes_and_evidence_never_leave_the_house_by_themselves() -> None:
    assert not any("secret" in text for audience in ("stakeholders", "management") for _, text in said(audience))
    assert [seq for seq, _ in said("management")] == [4, 5, 8, 9]


def update(lines: list[Line], since: int) -> drafts.Draft:
    facts = drafts.DraftFacts(
        reference="INC-1", lines=lines, now=START + timedelta(minutes=20), zone=PARIS, sent_before=1,
        since_seq=since, since_at=START + timedelta(minutes=since), frozen_subject="[INC-1] Errors", where="orders production",
    )  # fmt: skip
    return drafts.draft(facts)


def test_a_quiet_phase_says_so_and_when_the_next_update_comes() -> None:
    made = update(TIMELINE, 9)
    first = made.body.split("\n")[0]
    assert first == (
        "No change since our message of 2026-11-22 14:09 +01:00 (13:09 UTC); "
        "next update at 2026-11-22 14:50 +01:00 (13:50 UTC)."
    )
    assert made.changes == []


def test_the_subject_stays_and_the_first_line_says_state_and_severity() -> None:
    made = update(TIMELINE, 2)
    assert made.subject == "[INC-1] Errors"
    assert not any(blank["in_subject"] for blank in made.fields)
    assert made.lead == "Not recovered · High · orders production"
    assert [change["seq"] for change in made.changes] == [4, 5, 8, 9]
    assert all(change["text"] in made.body for change in made.changes)


@pytest.mark.django_db
def test_the_whole_mail_of_an_update(responder: User) -> None:
    incident = make_incident(make_target(env={"TZ": "Europe/Paris"}))
    incident.assign_role(role=RoleName.MANAGER, user=responder, by=responder)
    first = sent(incident, responder, "carol@example.test")
    incident.correct(field="severity", value="critical", by=responder)
    second = make_message(incident, responder, "carol@example.test")
    second.change(by=responder, subject="Something else")
    second.send(by=responder)
    assert second.sent_subject == first.sent_subject
    assert second.in_reply_to == first.header_id
    assert second.reply_to == "ana@example.test"
    lines = second.sent_text.split("\n")
    assert lines[0] == "Investigating · Critical · orders-api production"
    assert "- The severity is now Critical (was High)." in lines
    assert any(row.startswith("Next update: ") and "UTC)" in row for row in lines)
    assert second.sent_html.count("Investigating · Critical") == 2  # the preview line, and the first line
    [change] = second.linked_changes
    assert incident.events.get(seq=change["seq"]).kind == "incident.corrected"


@pytest.mark.django_db
def test_another_time_of_the_next_update_is_said_wherever_the_text_says_it(responder: User) -> None:
    incident = make_incident()
    sent(incident, responder, "carol@example.test")
    draft = make_message(incident, responder, "carol@example.test")
    assert draft.next_update_at is not None
    later = draft.next_update_at + timedelta(hours=1)
    old, new = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (draft.next_update_at, later))
    assert old in draft.rendered_text
    draft.change(by=responder, next_update_at=later)
    assert old not in draft.rendered_text
    assert new in draft.rendered_text


@pytest.mark.django_db
def test_groups_by_audience_and_severity(responder: User) -> None:
    target = make_target()
    Stakeholder.objects.create(target=target, address="board@example.test")
    group = {"target": target, "name": "Executives"}
    RecipientGroup.objects.create(**group, addresses=["boss@example.test"], severities=["critical"])
    RecipientGroup.objects.create(**group, addresses=["dev@example.test"], audience="team")
    RecipientGroup.objects.create(name="All", addresses=["all@example.test"])
    incident = make_incident(target)
    assert Message.draft_for(incident).recipients == ["board@example.test", "all@example.test"]
    assert Message.draft_for(incident, audience="team").recipients == ["dev@example.test"]
    sent(incident, responder, "carol@example.test")
    incident.correct(field="severity", value="critical", by=responder)
    again = Message.draft_for(incident).recipients
    assert set(again) == {"carol@example.test", "boss@example.test", "all@example.test"}


@pytest.mark.django_db
def test_the_most_particular_template_wins(responder: User) -> None:
    target = make_target()
    for stage, body in (("", "Any stage."), ("update", "An update.")):
        MessageTemplate.objects.create(target=target, stage=stage, subject="News", body=body)
    incident = make_incident(target)
    assert Message.draft_for(incident).body == "Any stage."
    sent(incident, responder, "carol@example.test")
    assert Message.draft_for(incident).body.endswith("An update.")
    assert "Actions Taken" in Message.draft_for(incident, audience="team").body


@pytest.mark.django_db
def test_each_audience_has_its_own_draft_thread_and_promise(responder: User) -> None:
    incident = make_incident()
    outside = sent(incident, responder, "carol@example.test")
    team = Message.draft_for(incident, by=responder, audience="team")
    assert team.kind == "first"
    team.change(by=responder, body="All hands.\n", subject="Team", recipients="dev@example.test")
    team.send(by=responder)
    assert team.in_reply_to == ""
    assert Promise.objects.filter(kept_at=None).count() == 2
    sent(incident, responder, "carol@example.test")
    assert Promise.objects.get(message=outside).kept_at is not None
    assert Promise.objects.get(message=team).kept_at is None


@pytest.mark.django_db
def test_a_second_person_reads_exactly_these_words_where_the_setting_asks(settings: Any, responder: User) -> None:
    settings.REVIEW_MESSAGES = True
    message = make_message(make_incident(), responder, "carol@example.test")
    with pytest.raises(Refused, match="Another person must read"):
        message.send(by=responder)
    with pytest.raises(Refused, match="You wrote it"):
        message.review(by=responder)
    ben = make_person("ben", "responder")
    message.review(by=ben)
    message.change(by=responder, recipients="carol@example.test, dan@example.test")
    with pytest.raises(Refused, match="Another person must read"):
        message.send(by=responder)
    message.review(by=ben)
    message.send(by=responder)
    assert Delivery.objects.count() == 2


@pytest.mark.django_db
def test_reminders_come_once_before_and_once_after_and_stop_when_it_is_kept(
    responder: User, move_time: Callable[[timedelta], None]
) -> None:
    incident = make_incident()
    incident.assign_role(role=RoleName.MANAGER, user=responder, by=responder)
    promised = sent(incident, responder, "carol@example.test").next_update_at
    assert promised is not None
    told = []
    left = promised - Promise.objects.get().incident.declared_at
    for step in (
        left - timedelta(minutes=10),
        timedelta(minutes=6),
        timedelta(seconds=5),
        timedelta(minutes=7),
        timedelta(hours=1),
    ):
        move_time(step)
        told.append(remind())
    assert told == [0, 1, 0, 1, 0]
    assert [notice.kind for notice in Notice.objects.all()] == ["promise_before", "promise_after"]
    assert set(Delivery.objects.filter(notice__isnull=False).values_list("recipient", flat=True)) == {
        "ana@example.test"
    }
    sent(incident, responder, "carol@example.test")
    assert remind() == 0


@pytest.mark.django_db
def test_a_reminder_that_was_missed_comes_late_and_once(
    responder: User, move_time: Callable[[timedelta], None]
) -> None:
    incident = make_incident()
    sent(incident, responder, "carol@example.test")
    move_time(timedelta(hours=3))
    assert [remind(), remind()] == [1, 0]
    assert incident.events.get(kind="notice.sent").data["state"] == "no_address"


@pytest.mark.django_db
def test_a_begun_draft_is_opened_again_and_only_a_second_press_draws_it_anew(
    responder: User, signed_in: Callable[[User], Client]
) -> None:
    incident = make_incident()
    client, address = signed_in(responder), f"/incidents/{incident.pk}/messages/new/"
    begun = make_message(incident, responder, "carol@example.test")
    assert client.post(address).headers["Location"].endswith(f"/{begun.pk}/")
    assert client.post(address, {"audience": "team"}).headers["Location"] != f"/{begun.pk}/"
    assert begun in Message.objects.drafts()
    client.post(address, {"anew": "1"})
    assert begun not in Message.objects.drafts()
