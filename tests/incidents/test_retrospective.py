"""The report that the timeline writes, what people add, and the text that leaves the house."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from incidents import reports
from incidents.drafts import Line
from incidents.markdown_report import table, text, to_markdown
from incidents.models import ActionItem, Incident, Refused, Retrospective, Status
from incidents.models.retrospective import FIELDS, report_of
from tests.incidents.factories import add_revision, compiled, make_incident
from timeline import domain_time

START = datetime(2026, 11, 22, 14, 7, 12, tzinfo=UTC)
ONE = {"run": 7, "run_kind": "rollback", "level": 1, "level_name": "Level 1: Flag off"}
TWO = {"run": 8, "run_kind": "rollback", "level": 2, "level_name": "Level 2: Version back"}
EVIDENCE = {"run": 6, "run_kind": "evidence"}
STORY: list[tuple[float, str, dict[str, Any]]] = [
    (20, "incident.declared", {"title": "Query errors", "severity": "high", "service": "orders-api",
                               "environment": "production", "detected_at": START.isoformat(), "alert": "HighErrors"}),
    (21, "recommendation.made", {"level": 1, "level_name": "Level 1: Flag off", "sentence": "“GraphQL errors” → Level 1.",
                                 "runner_up": {"symptom": "Query errors (> 10%)", "level": 2}}),
    (25, "step.succeeded", {**EVIDENCE, "title": "Errors"}),
    (26, "evidence.item", {"title": "Errors", "status": "gathered", "hash": "ab" * 32}),
    (27, "evidence.gathered", {"items": 1, "failed": 0}),
    (48, "incident.acknowledged", {"contact": 1}),
    (120, "level.chosen", {"level": 1, "recommended": 1, "reason": ""}),
    (150, "run.started", ONE),
    (150, "before.frozen", {**ONE, "signal": "errors", "errors": 394, "requests": 3180, "p95_ms": 6.9}),
    (180, "run.succeeded", ONE),
    (181, "watch.opened", {**ONE, "shortened": True}),
    (240, "message.sent", {"message": 3, "subject": "News", "recipients": 2, "by_hand": False, "outbox": False}),
    (241, "message.accepted", {"message": 3, "recipient": "a@example.test"}),
    (242, "message.failed", {"message": 3, "recipient": "b@example.test", "reason": "550"}),
    (250, "promise.crossed", {**ONE, "promise_seconds": 60}),
    (300, "verdict.given", {**ONE, "verdict": "not_recovered", "reason": "11.9 % of 610 requests", "errors": 73, "requests": 610}),
    (320, "level.chosen", {"level": 2, "recommended": 2, "reason": ""}),
    (330, "run.started", TWO),
    (430, "run.succeeded", TWO),
    (900, "verdict.given", {**TWO, "verdict": "recovered", "reason": "0 of 4120 requests", "errors": 0, "requests": 4120,
                            "recovered_at": (START + timedelta(seconds=440)).isoformat()}),
    (960, "incident.resolved", {"verified": True, "verdict": "recovered", "reason": ""}),
]  # fmt: skip


def story(*more: tuple[float, str, dict[str, Any]]) -> reports.Report:
    events = [
        Line(
            kind,
            START + timedelta(seconds=at),
            data,
            "ana" if kind in ("level.chosen", "incident.acknowledged") else "",
            seq,
        )
        for seq, (at, kind, data) in enumerate([*STORY, *more], start=1)
    ]
    return reports.report(reference="INC-42", lines=events, levels=compiled()["levels"])


def figures(report: reports.Report) -> dict[str, float | None]:
    return {figure.key: figure.seconds for figure in report.figures}


def test_the_figures_count_from_the_detection() -> None:
    assert figures(story()) == {
        "detect": None, "declare": 20, "acknowledge": 48, "decide": 120, "begin": 150, "inform": 240, "mitigate": 440,
        "resolve": 960,
    }  # fmt: skip


def test_what_the_timeline_cannot_say_is_blank_with_its_reason() -> None:
    alone = [Line("incident.declared", START, {"severity": "low", "detected_at": START.isoformat()}, "ana", 1)]
    report = reports.report(reference="INC-1", lines=alone)
    blanks = {figure.key: figure.blank for figure in report.figures if figure.seconds is None}
    assert blanks["mitigate"] == "no verdict says recovered"
    assert blanks["detect"] == "the timeline does not say when the fault began"
    assert report.worked == "Nothing is proved to have worked."


def test_a_later_not_recovered_takes_the_mitigation_back() -> None:
    assert figures(story((1000, "verdict.given", {**TWO, "verdict": "not_recovered"})))["mitigate"] is None


def test_a_withdrawn_acknowledgement_and_a_reopened_incident_do_not_count() -> None:
    found = figures(
        story((970, "incident.reopened", {"reason": "back"}), (971, "incident.acknowledgement_withdrawn", {}))
    )
    assert found["resolve"] is None
    assert found["acknowledge"] is None


def test_promise_and_measure_stand_side_by_side() -> None:
    first, second = story().runs
    assert (first.promised_seconds, first.recovered_seconds, first.commands_seconds, first.kept) == (
        60,
        None,
        30,
        False,
    )
    assert (second.promised_seconds, second.recovered_seconds, second.commands_seconds, second.kept) == (
        600,
        110,
        100,
        True,
    )
    assert first.shortened


def test_before_and_after_are_counts() -> None:
    [signal] = story().signals
    assert signal.before == "12.4 % errors (394 of 3180 requests), p95 7 ms"
    assert signal.after == "12.0 % errors (73 of 610 requests)"


def test_recommended_chosen_and_what_worked() -> None:
    report = story()
    assert report.recommended[0]["runner_up"] == "Query errors (> 10%) (Level 2)"
    assert [item["level"] for item in report.chosen] == [1, 2]
    assert report.worked == "Level 2: Version back worked: 0 of 4120 requests"


def test_messages_say_what_became_of_each() -> None:
    [message] = story().messages
    assert (message.recipients, message.accepted, message.failed, message.unknown, message.how) == (
        2,
        1,
        1,
        0,
        "by mail",
    )


def test_a_reader_is_warned_before_trusting_a_green_word() -> None:
    report = story(
        (965, "incident.reopened", {"reason": "errors are back"}),
        (970, "incident.resolved", {"verified": False, "reason": "the provider fixed it"}),
        (971, "step.settled", {**TWO, "title": "Restart", "as": "succeeded"}),
    )
    assert any("shortened" in line for line in report.caveats)
    assert any("unverified): the provider fixed it" in line for line in report.caveats)
    assert any("“Restart” was unknown" in line for line in report.caveats)
    assert any("Reopened" in line for line in report.caveats)


def test_the_chronology_leaves_the_machines_small_talk_out() -> None:
    entries = story().chronology
    assert not [entry for entry in entries if "Evidence: Errors" in entry.text]
    assert [entry.since for entry in entries] == sorted(entry.since for entry in entries)
    assert entries[0].starred


def test_a_note_from_paper_stands_at_its_own_time() -> None:
    happened = (START + timedelta(seconds=100)).isoformat()
    report = story((970, "note.added", {"text": "Called the database team", "happened_at": happened}))
    [entry] = [entry for entry in report.chronology if entry.quote == "Called the database team"]
    assert entry.since == 100


def test_the_markdown_says_it_all_and_breaks_no_table() -> None:
    written = to_markdown(story(), {"root_cause": "A *wrong* type | cached."})
    assert written.startswith("# Retrospective INC-42: Query errors\n")
    for heading in ("Root cause", "Figures", "Rollbacks", "Before and after", "Messages", "Chronology", "Action items"):
        assert f"## {heading}" in written
    assert "A *wrong* type | cached." in written
    assert "_Not written yet._" in written
    rows = [line for line in written.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


def test_a_cell_holds_no_pipe_no_break_and_no_markup() -> None:
    assert text("a|b\n<script> [x](y)") == "a\\|b \\<script> \\[x](y)"
    assert table(("A",), [["1\n2"]]) == "| A |\n| --- |\n| 1 2 |\n"


# Rows


def resolved(by: User) -> tuple[Incident, Retrospective]:
    incident = make_incident()
    incident.resolve(by=by, reason="Over")
    return incident, Retrospective.draft_for(incident, by=by)


@pytest.mark.django_db
def test_the_draft_is_made_once(responder: User) -> None:
    incident, first = resolved(responder)
    assert Retrospective.draft_for(incident, by=responder) == first
    assert incident.events.filter(kind="retrospective.drafted").count() == 1


@pytest.mark.django_db
def test_two_authors_do_not_overwrite_each_other(responder: User, administrator: User) -> None:
    _, mine = resolved(responder)
    theirs = Retrospective.objects.get(pk=mine.pk)
    mine.change(by=responder, version=1, root_cause="The cache")
    with pytest.raises(Refused, match="Somebody else saved"):
        theirs.change(by=administrator, version=1, root_cause="The network")
    theirs.refresh_from_db()
    assert theirs.root_cause == "The cache"


@pytest.mark.django_db
def test_publishing_freezes_the_report_and_ticks_the_task(responder: User) -> None:
    incident, retrospective = resolved(responder)
    with pytest.raises(Refused, match="contributing factors or the root cause"):
        retrospective.publish(by=responder)
    retrospective.change(by=responder, root_cause="A cached type")
    retrospective.publish(by=responder)
    assert incident.tasks.get(text="Document root cause").how == "retrospective published"
    assert retrospective.report["reference"] == incident.reference
    with pytest.raises(Refused, match="is published"):
        retrospective.change(by=responder, root_cause="Other")
    incident.refresh_from_db()
    incident.close(by=responder)
    assert incident.status == Status.CLOSED


@pytest.mark.django_db
def test_a_live_incident_has_no_published_retrospective(responder: User) -> None:
    retrospective = Retrospective.draft_for(make_incident(), by=responder)
    retrospective.change(by=responder, root_cause="x")
    with pytest.raises(Refused, match="still open"):
        retrospective.publish(by=responder)


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["text", "owner", "due_on"])
def test_an_action_item_without_text_owner_or_day_is_refused(responder: User, missing: str) -> None:
    incident = make_incident()
    given: dict[str, Any] = {"text": "Fix the cache", "owner": responder, "due_on": date(2026, 12, 1)}
    given[missing] = "" if missing == "text" else None
    with pytest.raises(Refused):
        ActionItem.add(incident, by=responder, **given)


@pytest.mark.django_db
def test_an_action_item_ticks_the_permanent_fix_and_ends_once(responder: User) -> None:
    incident = make_incident()
    item = ActionItem.add(incident, text="Fix the cache", owner=responder, due_on=date(2026, 1, 1), by=responder)
    assert incident.tasks.get(text="Plan permanent fix").how == "action item: Fix the cache"
    assert list(ActionItem.objects.overdue(domain_time.now().date())) == [item]
    item.finish(by=responder)
    with pytest.raises(Refused, match="done already"):
        item.finish(by=responder)


@pytest.mark.django_db
def test_a_changed_plan_cites_the_incident(responder: User) -> None:
    incident, retrospective = resolved(responder)
    revision = add_revision(incident.target.plan)  # type: ignore[arg-type]
    retrospective.propose_plan_change(revision=revision, by=responder)
    assert incident.tasks.get(text="Update the plan").how == "revision 2 proposed"
    assert incident.events.get(kind="plan.change_proposed").data["incident"] == incident.reference


@pytest.mark.django_db
def test_a_plan_that_stays_needs_a_reason(responder: User) -> None:
    incident, retrospective = resolved(responder)
    with pytest.raises(Refused, match="Say why"):
        retrospective.keep_plan(by=responder, reason=" ")
    retrospective.keep_plan(by=responder, reason="It worked as written")
    assert incident.tasks.get(text="Update the plan").how == "plan kept as it is"


@pytest.mark.django_db
def test_all_sixteen_tasks_show_who_or_what_and_how_late(responder: User) -> None:
    incident, _ = resolved(responder)
    duties = report_of(incident).duties
    assert len(duties) == 16
    assert [duty.how for duty in duties if duty.state == "done"] == ["declared by a person", "resolved, unverified"]


@pytest.mark.django_db
def test_the_fields_are_the_ones_that_the_page_offers() -> None:
    names = {field.name for field in Retrospective._meta.get_fields()}
    assert set(FIELDS) <= names
