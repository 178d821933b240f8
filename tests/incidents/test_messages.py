"""What a draft says, where each value comes from, and what keeps a message from being sent."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User

from incidents import drafts, template_fields
from incidents.channels import email
from incidents.models import Delivery, Message, Refused, RoleName, Stakeholder
from tests.incidents.factories import compiled, make_incident, make_target
from tests.incidents.test_deliveries import make_message
from timeline.models import Event

START = datetime(2026, 11, 22, 13, 7, 12, tzinfo=UTC)
DECLARED = ("incident.declared", 0, {"severity": "high", "title": "Query errors", "detected_at": START.isoformat()})
RUN = {"run": 7, "run_kind": "rollback", "level": 1, "level_name": "Level 1: Flag off"}


def draft(*events: tuple[str, int, dict[str, Any]], **changes: Any) -> drafts.Draft:
    """A draft from (kind, seconds since the start, data); ten minutes later, in Paris."""
    lines = [
        drafts.Line(kind, START + timedelta(seconds=at), data, "ana", seq)
        for seq, (kind, at, data) in enumerate(events)
    ]
    facts: dict[str, Any] = {
        "reference": "INC-42", "lines": lines, "now": START + timedelta(minutes=10), "zone": ZoneInfo("Europe/Paris"),
        "template": compiled()["template"], "levels": compiled()["levels"],
    }  # fmt: skip
    return drafts.draft(drafts.DraftFacts(**{**facts, **changes}))


def values(made: drafts.Draft) -> dict[str, str]:
    return {blank["name"]: blank["value"] for blank in made.fields}


def test_every_blank_of_the_template_is_a_field_of_its_own() -> None:
    assert list(values(draft(DECLARED))) == [
        "incident", "severity", "status", "rollback-level", "time-detected", "time-resolved",
        "impact-describe-user-facing-impact", "impact-affected-queries-endpoints",
        "actions-taken-rollback-procedure-executed", "actions-taken-validation-completed",
        "next-steps-monitoring-plan", "next-steps-permanent-fix-timeline", "incident-manager",
    ]  # fmt: skip


def test_a_young_incident_says_only_what_is_known() -> None:
    said = values(draft(DECLARED))
    assert said["severity"] == "High"
    assert said["status"] == "IN PROGRESS"
    assert said["time-detected"] == "2026-11-22 14:07 +01:00 (13:07 UTC)"
    assert said["time-resolved"] == "not known; next update at 2026-11-22 14:45 +01:00 (13:45 UTC)"
    assert said["actions-taken-rollback-procedure-executed"] == "None yet; we are investigating"
    assert said["rollback-level"] == said["impact-affected-queries-endpoints"] == said["incident-manager"] == ""


def test_a_run_a_verdict_and_a_manager_fill_their_places() -> None:
    said = values(
        draft(
            DECLARED,
            ("role.assigned", 30, {"role": "manager", "user": "ana"}),
            ("level.chosen", 60, {"level": 1}),
            ("run.started", 90, RUN),
            ("run.succeeded", 120, RUN),
            ("watch.opened", 121, {**RUN, "until": (START + timedelta(hours=1)).isoformat()}),
            ("verdict.given", 300, {**RUN, "verdict": "inconclusive", "reason": "48 of 299 requests"}),
            impact="One query in eight fails.",
        )
    )
    assert said["rollback-level"] == "1"
    assert said["incident-manager"] == "ana"
    assert said["actions-taken-rollback-procedure-executed"].startswith(
        "Level 1: Flag off carried out 2026-11-22 14:09"
    )
    assert said["actions-taken-validation-completed"].startswith("Cannot tell yet")
    assert said["next-steps-monitoring-plan"].startswith("We measure errors until 2026-11-22 15:07")
    assert said["impact-describe-user-facing-impact"] == "One query in eight fails. Nested types are wrong."


def test_an_evidence_run_is_no_rollback() -> None:
    said = values(draft(DECLARED, ("run.succeeded", 10, {"run": 1, "run_kind": "evidence", "level": None})))
    assert said["actions-taken-rollback-procedure-executed"] == "None yet; we are investigating"


def test_a_resolved_incident_without_proof_says_so() -> None:
    made = draft(DECLARED, ("incident.resolved", 500, {"verified": False, "reason": "it stopped"}))
    assert made.kind == "final"
    assert made.next_update_at is None
    said = values(made)
    assert said["status"] == "RESOLVED"
    assert said["actions-taken-validation-completed"] == "Not verified by measurement"
    assert said["time-resolved"] == "2026-11-22 14:15 +01:00 (13:15 UTC)"


def test_a_reopened_incident_is_in_progress_again() -> None:
    made = draft(
        DECLARED, ("incident.resolved", 500, {"verified": True}), ("incident.reopened", 560, {"reason": "back"})
    )
    assert values(made)["status"] == "IN PROGRESS"


def test_no_rollback_is_a_choice_that_the_template_forgot() -> None:
    made = draft(DECLARED, ("level.chosen", 60, {"level": None}))
    [blank] = [blank for blank in made.fields if blank["name"] == "rollback-level"]
    assert blank["value"] == "none (no rollback)"
    assert blank["value"] in blank["choices"]


def test_a_correction_leads_with_what_was_wrong() -> None:
    made = draft(DECLARED, corrects_sent_at=START + timedelta(minutes=5))
    assert made.subject.startswith("Correction: ")
    assert made.body.startswith("This corrects our message of 2026-11-22 14:12 +01:00 (13:12 UTC): [what was wrong]")
    assert values(made)["what-was-wrong" if "what-was-wrong" in values(made) else made.fields[2]["name"]] == ""


def test_a_plan_without_a_template_still_gets_a_message() -> None:
    made = draft(DECLARED, template=None)
    assert "Status" in made.body
    assert values(made)["title"] == "Query errors"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Paris", "2026-11-22 14:07 +01:00 (13:07 UTC)"),
        ("UTC", "2026-11-22 13:07 UTC"),
        ("Asia/Kolkata", "2026-11-22 18:37 +05:30 (13:07 UTC)"),
        ("Pacific/Auckland", "2026-11-23 02:07 +13:00 (2026-11-22 13:07 UTC)"),
    ],
)
def test_times_are_said_in_the_services_zone_and_utc(zone: str, words: str) -> None:
    assert drafts.clock_time(START, ZoneInfo(zone)) == words


# Blanks


@pytest.mark.parametrize(
    ("blank", "sentence"),
    [
        ({"raw": "[Name]", "label": "Name", "value": ""}, "Fill in “Name” ([Name])."),
        ({"raw": "A / B", "label": "Status", "value": "", "choices": ["A", "B"]}, "Choose “Status”: A, B."),
        ({"raw": "A / B", "label": "Status", "value": "C", "choices": ["A", "B"]}, "Choose “Status”: A, B."),
        ({"raw": "[Name]", "label": "Name", "value": "[Name]"}, "“Name” still says [Name]."),
    ],
)
def test_what_is_missing_is_a_sentence(blank: dict[str, Any], sentence: str) -> None:
    assert template_fields.missing([blank]) == [sentence]


def test_two_blanks_of_the_same_words_are_filled_in_order() -> None:
    blanks = [blank.to_json() for blank in template_fields.find("", "From: [time]\nTo: [time]", [])]
    for blank, value in zip(blanks, ["one", "two"], strict=True):
        blank["value"] = value
    assert template_fields.fill("From: [time]\nTo: [time]", blanks) == "From: one\nTo: two"


def test_a_value_with_brackets_is_not_filled_again() -> None:
    blanks = [{"raw": "[a]", "value": "[b]"}, {"raw": "[b]", "value": "x"}]
    assert template_fields.fill("[a] and [b]", blanks) == "[b] and x"


def test_html_is_escaped_and_addresses_are_links() -> None:
    page = email.html_of("Subject <b>", "Impact:\n- <script>alert(1)</script>\nSee https://status.example/x?a=1&b=2\n")
    assert "<script>" not in page
    assert '<a href="https://status.example/x?a=1&amp;b=2"' in page
    assert "<li" in page


# Rows


@pytest.mark.django_db
def test_nothing_goes_out_with_an_empty_field_or_an_unchosen_choice(responder: User) -> None:
    message = Message.draft_for(make_incident(), by=responder)
    message.change(by=responder, recipients="carol@example.test")
    with pytest.raises(Refused) as refused:
        message.send(by=responder)
    assert "Choose “Rollback Level”" in str(refused.value)
    assert "Fill in “Impact: Describe user-facing impact”" in str(refused.value)
    assert message.is_draft
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_a_message_without_recipients_is_refused(responder: User) -> None:
    message = make_message(make_incident(), responder)
    message.change(by=responder, recipients="")
    with pytest.raises(Refused, match="add at least one recipient"):
        message.send(by=responder)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["carol", "carol@example.test, not an address", "a@b@c.test"])
def test_an_address_that_is_none_is_named(responder: User, text: str) -> None:
    message = make_message(make_incident(), responder)
    with pytest.raises(Refused, match="is not a mail address"):
        message.change(by=responder, recipients=text)


@pytest.mark.django_db
def test_recipients_come_from_the_target_and_then_from_the_last_message(responder: User) -> None:
    target = make_target()
    Stakeholder.objects.create(target=target, address="board@example.test")
    incident = make_incident(target)
    assert Message.draft_for(incident).recipients == ["board@example.test"]
    message = make_message(incident, responder, "Carol <carol@example.test>; CAROL@example.test\ndan@example.test")
    assert message.recipients == ["carol@example.test", "dan@example.test"]
    message.send(by=responder)
    assert Message.draft_for(incident).recipients == message.recipients


@pytest.mark.django_db
def test_a_sent_message_never_changes_and_is_sent_once(responder: User) -> None:
    incident = make_incident()
    message = make_message(incident, responder)
    twice = Message.objects.get(pk=message.pk)
    message.send(by=responder)
    with pytest.raises(Refused, match="sent already"):
        twice.send(by=responder)
    with pytest.raises(Refused, match="correct it in a new one"):
        message.change(by=responder, subject="Other words")
    assert Delivery.objects.count() == 2
    assert incident.events.filter(kind="message.sent").count() == 1


@pytest.mark.django_db
def test_what_was_sent_stays_though_the_template_or_the_incident_changes(responder: User) -> None:
    incident = make_incident()
    message = make_message(incident, responder)
    message.send(by=responder)
    said = message.rendered_text
    incident.correct(field="severity", value="low", by=responder)
    message.refresh_from_db()
    assert message.rendered_text == said
    assert "[" not in message.sent_text


@pytest.mark.django_db
def test_editing_the_words_keeps_what_was_filled_in(responder: User) -> None:
    incident = make_incident()
    incident.assign_role(role=RoleName.MANAGER, user=responder, by=responder)
    message = Message.draft_for(incident, by=responder)
    body = "Dear all,\n\nIncident Manager: [Name]\nPhone: [number]\n"
    message.change(by=responder, subject="News", body=body, values={"phone": "112"})
    assert message.written_text == "Dear all,\n\nIncident Manager: ana\nPhone: 112\n"


@pytest.mark.django_db
def test_sending_promises_the_next_update_and_the_final_one_ends_it(responder: User) -> None:
    incident = make_incident()
    message = make_message(incident, responder)
    message.send(by=responder)
    incident.refresh_from_db()
    assert incident.next_update_at == message.next_update_at
    incident.resolve(by=responder, reason="Over")
    final = make_message(incident, responder)
    assert final.kind == "final"
    final.send(by=responder)
    incident.refresh_from_db()
    assert incident.next_update_at is None


@pytest.mark.django_db
def test_a_correction_stays_in_the_thread(responder: User) -> None:
    incident = make_incident()
    first = make_message(incident, responder)
    first.send(by=responder)
    correction = Message.draft_for(incident, by=responder, corrects=first)
    assert correction.kind == "correction"
    filled = {blank["name"]: blank["value"] or (blank["choices"] or ["x"])[0] for blank in correction.fields}
    correction.change(by=responder, values=filled)
    correction.send(by=responder)
    assert correction.in_reply_to == first.header_id


@pytest.mark.django_db
def test_a_new_draft_replaces_the_old_one(responder: User) -> None:
    incident = make_incident()
    old, new = Message.draft_for(incident), Message.draft_for(incident)
    assert list(Message.objects.drafts()) == [new]
    old.refresh_from_db()
    assert old.status == "discarded"


@pytest.mark.django_db
def test_the_draft_says_nothing_that_no_event_says(responder: User) -> None:
    incident = make_incident()
    message = Message.draft_for(incident)
    sources = {blank["source"] for blank in message.fields if blank["value"]}
    assert all(sources)
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert {source for source in sources if source.startswith("incident.")} <= kinds


@pytest.mark.django_db
def test_a_list_of_messages_costs_one_query(responder: User, django_assert_num_queries: Any) -> None:
    incident = make_incident()
    for _ in range(3):
        make_message(incident, responder).send(by=responder)
    with django_assert_num_queries(1):
        for message in Message.objects.for_list().filter(incident=incident):
            assert message.sent_by == responder
            assert message.tally == {"pending": 2}


@pytest.mark.django_db
def test_what_people_wrote_is_offered_again_in_the_next_message(responder: User) -> None:
    incident = make_incident()
    make_message(incident, responder).send(by=responder)
    again = {blank["name"]: blank for blank in Message.draft_for(incident).fields}
    affected = again["impact-affected-queries-endpoints"]
    assert (affected["value"], affected["source"]) == ("All customers see errors", "the message before")
