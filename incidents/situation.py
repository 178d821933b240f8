"""Turns what an incident's page has read into the plain facts that decide the next action."""

from datetime import timedelta
from typing import Any

from incidents import clock
from incidents.next_action import RunFacts, Situation, WatchFacts
from incidents.overview import Overview, level_of

# A message is the next action this long before it is due, so that there is time to read it.
BEFORE_DUE = timedelta(minutes=5)


def situation_of(page: Overview) -> Situation:
    """The facts, without a query of its own beyond what the page reads anyway."""
    incident, run, state = page.incident, page.run, page.proof
    recommendation = incident.recommendation or {}
    following = next_level(page)
    deadline = page.deadline
    return Situation(
        pk=incident.pk,
        reference=incident.reference,
        status=incident.status,
        severity=incident.severity,
        now=page.now,
        has_plan=incident.revision is not None,
        acknowledged=incident.acknowledged_at is not None,
        has_manager=page.manager is not None,
        someone_was_asked=any(rung.page and rung.page.address for rung in page.rungs),
        has_choice=incident.has_chosen,
        chosen_level=incident.chosen_level,
        recommended=str(recommendation.get("sentence") or ""),
        recommended_level=recommendation.get("level"),
        recommended_name=str(recommendation.get("level_name") or ""),
        run=_run_facts(page) if run else None,
        next_level=following.get("number"),
        next_level_name=f"Level {following['number']}: {following['title']}" if following else "",
        watch=_watch_facts(state) if state.watch else None,
        message_due=_message_due(page),
        message_draft=page.draft.pk if page.draft else None,
        told_nobody=_told_nobody(page),
        retrospective=_retrospective(page),
        open_tasks=tuple((task.key.pk, task.text) for task in _due_tasks(page)),
        next_task=deadline.text if deadline else "",
        next_task_at=deadline.due_at if deadline else None,
        runs_rolled_back=_runs_rolled_back(page),
    )


def _run_facts(page: Overview) -> RunFacts:
    run, step = page.run, page.step
    assert run is not None  # noqa: S101  (the caller asked)
    return RunFacts(
        pk=run.pk,
        kind=run.kind,
        status=run.status,
        level=run.level,
        name=f"{run.what}: {run.level_name.split(': ', 1)[-1]}" if run.level_name else run.what,
        problems=tuple(str(problem) for problem in run.problems),
        prepared=run.is_prepared,
        step_pk=step.pk if step else None,
        step_title=step.title if step else "",
        step_number=step.number if step else "",
        step_kind=step.kind if step else "",
        waits_until=step.wake_at if step and step.waits_for_time else None,
        detail=run.detail,
    )


def _watch_facts(proof: Any) -> WatchFacts:
    state = proof.state
    return WatchFacts(
        verdict=proof.word_of_verdict,
        word=state.word,
        sentence=state.sentence,
        ended=proof.watch.status == "ended",
        may_resolve=state.may_resolve,
        resolve_opens=state.resolve_opens,
        verdict_pk=proof.verdict.pk if proof.verdict else None,
        offer=proof.offer.why if proof.offer else "",
    )


def _levels_tried(page: Overview) -> list[int]:
    return [run.level for run in page.runs if run.kind in ("rollback", "drill") and run.level and run.started_at]


def next_level(page: Overview) -> dict[str, Any]:
    """What is offered after the last level did not help: the plan's own edge, else the next higher number."""
    tried = _levels_tried(page)
    if not tried:
        return {}
    last = level_of(page.incident, max(tried))
    wanted = last.get("escalates_to") or min(
        (level["number"] for level in page.incident.compiled.get("levels", []) if level["number"] > max(tried)),
        default=None,
    )
    return level_of(page.incident, wanted)


def _message_due(page: Overview) -> str:
    """Why a message is due now, as a sentence; empty when none is."""
    incident, soon = page.incident, page.now + BEFORE_DUE
    if incident.status == "resolved":
        told = any(message.kind == "final" and message.sent_at for message in page.messages)
        return "" if told else "The incident is resolved; the stakeholders do not know it yet."
    if incident.next_update_at and incident.next_update_at <= soon:
        return f"You promised an update {_when(page, incident.next_update_at)}."
    for phase in page.phases:
        for task in phase.tasks:
            if task.is_open and "message.sent" in task.key.ticked_by and task.due_at <= soon:
                return f"“{task.text}” ({phase.name}) is due {_when(page, task.due_at)}."
    return ""


def _when(page: Overview, at: Any) -> str:
    seconds = (at - page.now).total_seconds()
    return f"in {clock.length(seconds)}" if seconds > 0 else f"now: {clock.length(seconds)} late"


def _told_nobody(page: Overview) -> int | None:
    """The last message, when nobody got it: refused for everybody, or kept in the outbox although people must be told."""
    reached_nobody = {"failed", "unknown", "kept"} if page.incident.must_reach_people else {"failed", "unknown"}
    for message in page.sent[:1]:
        states = set(message.tally)
        if states and states <= reached_nobody and message.by_hand_at is None:
            return message.pk
    return None


def _retrospective(page: Overview) -> str:
    return page.retrospective.status if page.retrospective else ""


def _due_tasks(page: Overview) -> list[clock.TaskState]:
    begun = [task for phase in page.phases if phase.due_at <= page.now for task in phase.tasks]
    return [task for task in begun if task.is_open]


def _runs_rolled_back(page: Overview) -> bool:
    return any(run.kind == "rollback" and run.status == "succeeded" for run in page.runs) and not any(
        run.kind == "restore" and run.status == "succeeded" for run in page.runs
    )
