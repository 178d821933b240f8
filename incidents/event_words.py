"""The words of each kind of event, from its data alone. Pure. `sentences.py` makes lines of them."""

from collections.abc import Callable, Mapping
from typing import Any

from incidents.clock import length

Data = Mapping[str, Any]
ROLES = {"manager": "incident manager", "on_call": "on call", "communications": "communications", "scribe": "scribe"}
VERDICTS = {"recovered": "Recovered", "not_recovered": "Not recovered", "inconclusive": "Cannot tell yet"}
RUN_KINDS = {"rollback": "Rollback", "undo": "Undo", "restore": "Restore", "evidence": "Evidence", "drill": "Drill"}


def _step(data: Data) -> str:
    number = data.get("number")
    return f"Step {number}: {data.get('title', '')}" if number else str(data.get("title", "A step"))


def _run(data: Data) -> str:
    kind = RUN_KINDS.get(str(data.get("run_kind")), "Run")
    name = data.get("level_name") or (f"Level {data['level']}" if data.get("level") else "")
    return f"{kind} {name}".strip() if kind != "Rollback" or not name else str(name)


def _declared(data: Data) -> str:
    if data.get("alert"):
        return f"Declared from alert {data['alert']}"
    if data.get("source") == "detection":
        return "Declared by the detection"
    return "declared the incident" if data.get("actor") else "Declared"


def _assigned(data: Data) -> str:
    role = ROLES.get(str(data.get("role")), str(data.get("role")))
    who = str(data.get("user"))
    if who == data.get("actor"):
        return f"is {role} now"
    return f"made {who} {role}" if data.get("actor") else f"{who} is {role} now"


def _corrected(data: Data) -> str:
    name = str(data.get("field", "")).replace("_", " ")
    return f"corrected {name}: {data.get('old') or 'empty'} → {data.get('new') or 'empty'}"


def _recommended(data: Data) -> str:
    level = data.get("level_name") or (f"Level {data['level']}" if data.get("level") else "")
    sentence = str(data.get("sentence") or "")
    return sentence or (f"{level} recommended" if level else "No row of the matrix covers it")


def _chosen(data: Data) -> str:
    level, recommended = data.get("level"), data.get("recommended")
    chosen = f"chose Level {level}" if level else "chose no rollback: watch"
    return (
        chosen
        if level == recommended
        else f"{chosen} (recommended: {f'Level {recommended}' if recommended else 'none'})"
    )


def _paged(data: Data) -> str:
    who = f"contact {data.get('contact')}, {data.get('role', '')}"
    way = str(data.get("channel") or "Mail")
    words = {
        "accepted": f"{way} to {who} accepted by the server" if way == "Mail" else f"{way}: page to {who} taken",
        "failed": f"{way} to {who} failed",
        "retry": f"{way} to {who} not taken yet; tried again by itself",
        "unknown": f"{way} to {who}: outcome unknown",
        "kept": f"{way} to {who} kept in the outbox: "
        + ("nothing leaves the house" if data.get("channel") else "no mail server is set"),
        "no_address": f"{who.capitalize()} has no address: nobody was asked",
    }
    return words.get(str(data.get("state")), f"Asked {who}")


def _handed(words: str) -> Callable[[Data], str]:
    def say(data: Data) -> str:
        what = "the shift" if data.get("shift") else "the incident"
        return words.format(what=what, giver=data.get("from"), taker=data.get("to"))

    return say


def _told(data: Data) -> str:
    words = {"accepted": "accepted by the server", "no_address": "has no address: nobody was told", "failed": "failed",
             "kept": "kept in the outbox", "retry": "not taken yet", "unknown": "outcome unknown"}  # fmt: skip
    state = words.get(str(data.get("state")), "")
    who = data.get("to") or "nobody (no role is held)"
    return f"Told {who}: {data.get('text', '')}" + (f" ({state})" if state else "")


def _sent(data: Data) -> str:
    count = data.get("recipients", 0)
    people = f"{count} {'person' if count == 1 else 'people'}"
    if data.get("by_hand"):
        return f"told {people} by hand: {data.get('subject', '')}"
    return f"{'kept in the outbox for' if data.get('outbox') else 'sent to'} {people}: {data.get('subject', '')}"


def _ticked(data: Data) -> str:
    late = float(data.get("late_seconds") or 0)
    when = f", {length(late)} late" if late > 1 else ""
    if data.get("actor"):
        return f"ticked “{data.get('task', '')}”{when}"
    return f"Task done: {data.get('task', '')} ({data.get('how', '')}{when})"


def _verdict(data: Data) -> str:
    word = VERDICTS.get(str(data.get("verdict")), str(data.get("verdict")))
    return f"{word}: {data.get('reason', '')}" if data.get("reason") else word


def _succeeded(data: Data) -> str:
    seconds = data.get("seconds")
    return f"{_step(data)}: done" + (f" in {float(seconds):.1f} s" if isinstance(seconds, int | float) else "")


def _resolved(data: Data) -> str:
    return "resolved: verified, recovered" if data.get("verified") else "resolved without proof (unverified)"


def _settled(data: Data) -> str:
    words = {"succeeded": "it was done", "failed": "it failed", "skipped": "skipped", "again": "run again"}
    return f"settled {_step(data)}: {words.get(str(data.get('as')), data.get('as'))}"


def _merged(data: Data) -> str:
    return f"merged this into {data['into']}" if data.get("into") else f"merged {data.get('from')} into this"


def _used(data: Data) -> str:
    helped = data.get("helped")
    said = "" if helped is None else ": it helped" if helped else ": it did not help"
    return f"used what was known: {data.get('title', '')}{said}"


# Their reason or text is part of the sentence.
QUOTED_ELSEWHERE = frozenset({"verdict.given"})
SENTENCES: dict[str, Callable[[Data], str]] = {
    "incident.declared": _declared,
    "incident.corrected": _corrected,
    "incident.acknowledged": lambda data: "acknowledged: has it",
    "incident.acknowledgement_withdrawn": lambda data: "withdrew the acknowledgement",
    "incident.escalated": lambda data: f"Escalated to contact {data.get('contact')}, {data.get('role', '')}",
    "incident.resolved": _resolved,
    "incident.reopened": lambda data: "reopened",
    "incident.dismissed": lambda data: "dismissed: no incident",
    "incident.closed": lambda data: "closed",
    "incident.merged": _merged,
    "incident.began": lambda data: f"said when the fault began: {str(data.get('began_at'))[:16].replace('T', ' ')} UTC",
    "role.assigned": _assigned,
    "recommendation.made": _recommended,
    "level.chosen": _chosen,
    "note.added": lambda data: "noted",
    "note.edited": lambda data: f"rewrote line {data.get('line')}",
    "line.starred": lambda data: f"starred line {data.get('line')} for the report",
    "line.unstarred": lambda data: f"took the star from line {data.get('line')}",
    "known.used": _used,
    "evidence.started": lambda data: "Gathering evidence began",
    "evidence.item": lambda data: f"Evidence: {data.get('title', '')} {data.get('status', '')}",
    "evidence.gathered": lambda data: f"Evidence kept: {data.get('items', 0)} items, {data.get('failed', 0)} failed",
    "evidence.refused": lambda data: "Evidence could not be gathered",
    "evidence.skipped": lambda data: f"skipped evidence: {data.get('title', '')}",
    "task.ticked": _ticked,
    "task.unticked": lambda data: f"un-ticked: {data.get('task', '')}",
    "phase.due": lambda data: f"Phase due: {data.get('phase', '')}",
    "contact.paged": _paged,
    "alert.received": lambda data: f"Alert {data.get('name', '')} fires",
    "alert.resolved": lambda data: f"Alert {data.get('name', '')} resolved",
    "condition.detected": lambda data: (
        f"{data.get('words', '')}"
        if data.get("line") is None
        else f"{data.get('symptom', '')}: {data.get('words', '')}"
    ),
    "escalation.offered": lambda data: f"Level {data.get('to_level')} offered. {data.get('why', '')}",
    "escalation.begun": lambda data: f"Level {data.get('to_level')} begins by itself: plan and target allow it",
    "escalation.refused": lambda data: f"Level {data.get('to_level')} did not begin by itself",
    "watch.prolonged": lambda data: "opened the watch again: counting anew",
    "alert.storm": lambda data: f"{data.get('alerts')} more alerts came at once; they are counted, not listed",
    "message.drafted": lambda data: "Message drafted from the timeline",
    "message.sent": _sent,
    "message.accepted": lambda data: f"Mail to {data.get('recipient')} accepted",
    "message.failed": lambda data: f"Mail to {data.get('recipient')} failed",
    "message.unknown": lambda data: f"Mail to {data.get('recipient')}: outcome unknown",
    "message.reviewed": lambda data: "read the draft and stands for its words",
    "notice.sent": _told,
    "hand_over.asked": _handed("asked {taker} to take {what}"),
    "hand_over.accepted": _handed("took {what} from {giver}"),
    "hand_over.withdrawn": _handed("ended the question to {taker}: {what} was not handed over"),
    "escalation.exhausted": lambda data: f"Every contact was asked {data.get('round')} times; nobody took it",
    "message.resent": lambda data: f"sent again to {data.get('recipient')}",
    "run.drafted": lambda data: f"{_run(data)}: drafted",
    "run.prepared": lambda data: f"{_run(data)}: commands rendered",
    "run.queued": lambda data: f"{_run(data)}: queued",
    "run.started": lambda data: f"{_run(data)}: started",
    "run.paused": lambda data: f"{_run(data)}: paused",
    "run.waiting": lambda data: f"{_run(data)}: waits for a person",
    "run.resumed": lambda data: f"{_run(data)}: goes on",
    "run.cancel_requested": lambda data: f"{'killed' if data.get('kill') else 'stopped'} {_run(data)}",
    "run.canceled": lambda data: f"{_run(data)}: stopped",
    "run.needs_operator": lambda data: f"{_run(data)}: outcome unknown, a person must settle it",
    "run.succeeded": lambda data: f"{_run(data)}: all steps done",
    "run.failed": lambda data: f"{_run(data)}: failed",
    "run.timed_out": lambda data: f"{_run(data)}: timed out",
    "run.superseded": lambda data: f"{_run(data)}: taken over by run {data.get('by')}",
    "run.awaiting_approval": lambda data: f"{_run(data)}: waits for a second person",
    "run.approved": lambda data: (
        f"{'went on alone with' if data.get('alone') else 'approved'} the steps of {_run(data)}"
    ),
    "run.rejected": lambda data: f"refused {_run(data)}",
    "run.expired": lambda data: f"{_run(data)}: nobody approved in time",
    "run.pause_requested": lambda data: f"asked {_run(data)} to pause after its step",
    "run.hint_redelivered": lambda data: f"{_run(data)}: a hint came twice and changed nothing",
    "step.started": lambda data: f"{_step(data)}: started",
    "step.succeeded": _succeeded,
    "step.failed": lambda data: f"{_step(data)}: failed",
    "step.timed_out": lambda data: f"{_step(data)}: timed out",
    "step.skipped": lambda data: f"{_step(data)}: skipped",
    "step.waiting": lambda data: f"{_step(data)}: waiting",
    "step.confirmed": lambda data: f"confirmed {_step(data)}",
    "step.lost": lambda data: f"{_step(data)}: outcome unknown, it was not run again",
    "step.settled": _settled,
    "step.late_result": lambda data: f"{_step(data)}: a late result came and was only noted",
    "step.retried": lambda data: f"started {_step(data)} again",
    "step.canceled": lambda data: f"{_step(data)}: stopped",
    "step.approved": lambda data: f"approved {_step(data)}",
    "step.rejected": lambda data: f"refused {_step(data)}",
    "step.expired": lambda data: f"{_step(data)}: nobody approved in time",
    "step.verified": lambda data: f"{_step(data)}: looked again by itself. {data.get('sentence', '')}",
    "watch.opened": lambda data: "Watch began: the effect is measured",
    "watch.rearmed": lambda data: "The watch started again",
    "watch.ended": lambda data: f"Watch ended: {VERDICTS.get(str(data.get('verdict')), data.get('verdict'))}",
    "verdict.given": _verdict,
    "promise.crossed": lambda data: f"The promised {length(float(data.get('promise_seconds') or 0))} has passed",
    "before.frozen": lambda data: "Figures before the rollback kept",
    "baseline.frozen": lambda data: (
        data.get("problem")
        or f"Healthy time kept to compare with: {data.get('rate')} of {data.get('requests')} requests failed"
    ),
    "heartbeat.switched": lambda data: f"Measuring outside of incidents switched {'on' if data.get('on') else 'off'}",
    "sampling.started": lambda data: data.get("problem") or f"Labelled queries measure the {data.get('signal')}",
    "sampling.topped_up": lambda data: (
        f"sent labelled (synthetic) load, {data.get('rate', 0):g} requests/s for ten minutes"
    ),
    "sampling.stopped": lambda data: f"The {data.get('signal')} are not measured any more",
    "signal.measured": lambda data: (
        f"Measured: {data.get('percent'):g} % {data.get('signal')} in {data.get('requests')} requests"
    ),
    "retrospective.drafted": lambda data: "began the retrospective" if data.get("actor") else "Retrospective drafted",
    "retrospective.changed": lambda data: "worked on the retrospective",
    "retrospective.review_asked": lambda data: "asked for a review of the retrospective",
    "retrospective.taken_back": lambda data: "took the retrospective back to draft",
    "retrospective.commented": lambda data: "commented on the retrospective",
    "retrospective.published": lambda data: "published the retrospective",
    "action_item.added": lambda data: f"added an action item for {data.get('owner')}: {data.get('text', '')}",
    "action_item.done": lambda data: f"finished: {data.get('text', '')}",
    "action_item.moved": lambda data: f"gave “{data.get('text', '')}” to {data.get('owner')}, due {data.get('due')}",
    "action_item.reminded": lambda data: f"{data.get('owner')} was reminded of “{data.get('text', '')}”",
    "plan.edit_proposed": lambda data: f"proposed a change of the plan at line {data.get('line')}",
    "plan.edit_declined": lambda data: "declined a change of the plan",
    "plan.change_proposed": lambda data: (
        f"proposed revision {data['revision']} of the plan" if data.get("revision") else "kept the plan as it is"
    ),
    "restore.succeeded": lambda data: "Restored: no longer rolled back",
    "drill.started": lambda data: "Drill started",
    "drill.due": lambda data: "Drill due",
}
