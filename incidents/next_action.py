"""The one thing to do now, pure: from plain facts to a title, a reason, a place to go and a button's words.

The order is the order in which people are needed: an unknown outcome first, then a step that waits, then nobody has it,
then the rollback's own way, then what was promised to people, then the day after. While a step runs the answer is the
next human duty, never "stop".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from incidents.clock import length
from incidents.facts import RunFacts, Situation, WatchFacts

__all__ = ["NextAction", "RunFacts", "Situation", "WatchFacts", "next_action"]

ACTIVE_RUN = frozenset({"queued", "running", "waiting", "paused", "canceling", "needs_operator"})
ENDED_BADLY = frozenset({"failed", "timed_out", "canceled", "rejected", "expired"})
NEEDS_YOU, NOW, CALM, DONE = "needs-you", "now", "calm", "done"


@dataclass(frozen=True)
class NextAction:
    """What the page's only filled button does, and why."""

    key: str
    title: str
    why: str
    url_name: str
    args: tuple[Any, ...]
    button: str
    tone: str = NOW
    anchor: str = ""


def next_action(facts: Situation) -> NextAction:
    """The first rule that has something to say."""
    rules: tuple[Callable[[Situation], NextAction | None], ...] = ()
    if facts.status == "open":
        rules = (_settle, _waiting_step, _acknowledge, _decide, _run, _watch, _after)
    elif facts.status == "resolved":
        rules = (_settle, _waiting_step, _tell, _retrospective, _tasks, _close)
    for rule in rules:
        if action := rule(facts):
            return action
    return NextAction(
        "nothing", "Nothing to do", f"{facts.reference} is {facts.status}.", "incident", (facts.pk,), "", DONE
    )


def _settle(facts: Situation) -> NextAction | None:
    run = facts.run
    if not run or run.status != "needs_operator":
        return None
    why = "The worker stopped answering while this command ran; nothing was run again. Say what became of it."
    title = f"Settle step {run.step_number}: {run.step_title}".replace("step :", "the step:")
    return NextAction("settle", title, why, "settle", (run.pk, run.step_pk), "Settle the outcome", NEEDS_YOU)


def _waiting_step(facts: Situation) -> NextAction | None:
    run = facts.run
    if not run:
        return None
    if run.status == "waiting" and run.waits_until is None:
        words = {"approval": "Approve or refuse", "manual": "Do it, then confirm"}.get(
            run.step_kind, "Approve or confirm"
        )
        why = f"{run.name} waits for a person at this step."
        return NextAction(
            "confirm-step", f"{words}: {run.step_title}", why, "run", (run.pk,), "Go to the step", NEEDS_YOU
        )
    if run.status == "paused":
        why = run.detail or "The run is held and goes on only when a person says so."
        title = f"Decide about step {run.step_number}: {run.step_title}" if run.step_title else f"{run.name} is paused"
        return NextAction("decide-step", title, why, "run", (run.pk,), "Look and decide", NEEDS_YOU)
    if run.status == "awaiting_approval":
        why = "A second person must stand for exactly these commands."
        return NextAction(
            "approve-run", f"Approve {run.name}", why, "confirm-run", (run.pk,), "Read and approve", NEEDS_YOU
        )
    return None


def _acknowledge(facts: Situation) -> NextAction | None:
    if facts.acknowledged:
        return None
    asked = (
        "The on-call contact was asked and has not answered." if facts.someone_was_asked else "Nobody could be asked."
    )
    why = f"Nobody has it yet. {asked} Acknowledging stops the pager and makes you the incident manager."
    args = (facts.pk,)
    return NextAction(
        "acknowledge", "Take this incident", why, "incident-acknowledgement", args, "I have it", NEEDS_YOU
    )


def _decide(facts: Situation) -> NextAction | None:
    if facts.has_choice:
        return None
    if not facts.has_plan:
        why = "This target has no plan: there is nothing to recommend and no level to run. Act by hand and note it."
        return NextAction("add-note", "Note what you do", why, "incident", (facts.pk,), "Write a note", NOW, "timeline")
    why = facts.recommended or "The decision matrix is still being asked; choose the symptom to help it."
    button = f"Choose {facts.recommended_name}" if facts.recommended_level else "Choose a level"
    return NextAction("choose-level", "Decide what to do", why, "incident-level", (facts.pk,), button, NOW, "rollback")


def _run(facts: Situation) -> NextAction | None:
    """From the choice to the end of the commands."""
    run = facts.run
    if facts.chosen_level is None and (run is None or run.status in ("draft", *ENDED_BADLY)):
        return None
    if run is None or (run.status == "draft" and run.level != facts.chosen_level):
        why = "Nothing has been changed yet. You see the exact commands before anything runs."
        return NextAction(
            "prepare-run", f"Prepare Level {facts.chosen_level}", why, "incident-run", (facts.pk,), "Show the commands"
        )
    if run.status == "draft":
        return _confirm(facts, run)
    if run.status in ACTIVE_RUN:
        return _while_it_runs(facts, run)
    if run.status in ENDED_BADLY:
        return _ended_badly(facts, run)
    return None


def _confirm(facts: Situation, run: RunFacts) -> NextAction:
    args = (run.pk,)
    if run.problems:
        why = run.problems[0] + (f" And {len(run.problems) - 1} more." if len(run.problems) > 1 else "")
        return NextAction(
            "fix-run", f"{run.name} cannot start yet", why, "confirm-run", args, "See what is missing", NEEDS_YOU
        )
    why = "Read the commands, then start them. Nothing has been changed yet."
    return NextAction("confirm-run", f"Confirm {run.name}", why, "confirm-run", args, "Read and confirm")


def _while_it_runs(facts: Situation, run: RunFacts) -> NextAction:
    if action := _tell(facts):
        return action
    doing = (
        f"Step {run.step_number}: {run.step_title}".replace("Step : ", "")
        if run.step_title
        else "It waits for a worker."
    )
    if run.waits_until:
        doing = f"Waiting until {run.waits_until:%H:%M} UTC. {run.step_title}".strip()
    return NextAction("follow-run", f"{run.name} is running", doing, "run", (run.pk,), "Follow the run", CALM)


def _ended_badly(facts: Situation, run: RunFacts) -> NextAction:
    words = {"failed": "failed", "timed_out": "ran out of time", "canceled": "was stopped", "rejected": "was refused"}
    why = (
        run.detail
        or "Its remaining steps did not run. Look at the output, then choose: again, the next level, or hold."
    )
    title = f"{run.name} {words.get(run.status, 'expired')}: choose what follows"
    return NextAction("choose-again", title, why, "incident-level", (facts.pk,), _offer(facts), NEEDS_YOU, "rollback")


def _watch(facts: Situation) -> NextAction | None:
    watch = facts.watch
    if watch is None:
        return None
    if watch.verdict == "not_recovered":
        why = watch.sentence or "The measured effect says so."
        title = "It did not help: choose the next level"
        return NextAction("next-level", title, why, "incident-level", (facts.pk,), _offer(facts), NEEDS_YOU, "rollback")
    if watch.offer:
        title = "It persists: choose the next level"
        why = f"{watch.offer} {watch.sentence}"
        return NextAction("next-level", title, why, "incident-level", (facts.pk,), _offer(facts), NEEDS_YOU, "rollback")
    if watch.may_resolve:
        why = watch.sentence or "The watch is over and its last word is recovered."
        return NextAction("resolve", "Resolve the incident", why, "incident-resolution", (facts.pk,), "Resolve…")
    if action := _tell(facts):
        return action
    if watch.ended:
        why = f"{watch.sentence} The watch is over without a proof; resolving is possible with a reason, as unverified."
        return NextAction(
            "resolve-unverified", "Decide how it ends", why, "incident-resolution", (facts.pk,), "Resolve…"
        )
    opens = f" Resolve opens at {watch.resolve_opens:%H:%M} UTC." if watch.resolve_opens else ""
    title = watch.word or "Watching"
    return NextAction("keep-watching", title, f"{watch.sentence}{opens}", "incident", (facts.pk,), "", CALM, "rollback")


def _after(facts: Situation) -> NextAction | None:
    """No watch: a rollback was not chosen, or its effect is not measured."""
    if action := _tell(facts):
        return action
    watching = facts.has_choice and facts.chosen_level is None
    why = "You chose no rollback." if watching else "The commands ran, and nothing measures their effect."
    title = "Watch, and resolve when it is over"
    why = f"{why} Without a measured proof resolving needs your reason and stays marked unverified."
    return NextAction(
        "resolve-unverified", title, why, "incident-resolution", (facts.pk,), "Resolve with a reason…", CALM
    )


def _tell(facts: Situation) -> NextAction | None:
    if facts.told_nobody:
        why = "No mail server took the last message. Send it again, or copy it, send it yourself, and say when."
        mail = (facts.pk, facts.told_nobody)
        return NextAction("sent-by-hand", "Nobody was told yet", why, "message", mail, "Open the message", NEEDS_YOU)
    if not facts.message_due:
        return None
    args: tuple[int, ...] = (facts.pk, facts.message_draft) if facts.message_draft else (facts.pk,)
    name = "message" if facts.message_draft else "incident-message"
    return NextAction("send-message", "Tell the stakeholders", facts.message_due, name, args, "Review and send", NOW)


def _retrospective(facts: Situation) -> NextAction | None:
    if facts.retrospective == "published":
        return None
    back = " The service still runs rolled back until a restore run succeeds." if facts.runs_rolled_back else ""
    when = ""
    if facts.next_task_at and facts.next_task_at > facts.now:
        when = f" Its tasks are due in {length((facts.next_task_at - facts.now).total_seconds())}."
    why = f"The timeline has written the draft; causes and lessons are yours.{when}{back}"
    button = "Open the draft" if facts.retrospective else "Write the retrospective"
    return NextAction("retrospective", "Look back", why, "retrospective", (facts.pk,), button, CALM)


def _tasks(facts: Situation) -> NextAction | None:
    if not facts.open_tasks and facts.next_task and facts.next_task_at:
        left = length((facts.next_task_at - facts.now).total_seconds())
        why = f"The communication plan still asks for it; due in {left}."
        return NextAction("tick-task", facts.next_task, why, "incident", (facts.pk,), "Go to the tasks", CALM, "tasks")
    if not facts.open_tasks:
        return None
    key, text = facts.open_tasks[0]
    more = f" and {len(facts.open_tasks) - 1} more" if len(facts.open_tasks) > 1 else ""
    why = f"The communication plan still asks for it{more}."
    return NextAction("tick-task", text, why, "incident", (facts.pk,), "Go to the tasks", NOW, f"task-{key}")


def _close(facts: Situation) -> NextAction | None:
    why = "Everything that the plan asks for is done."
    return NextAction("close", "Close the incident", why, "incident-closure", (facts.pk,), "Close", CALM)


def _offer(facts: Situation) -> str:
    return (
        f"Choose {facts.next_level_name or f'Level {facts.next_level}'}" if facts.next_level else "Choose what follows"
    )
