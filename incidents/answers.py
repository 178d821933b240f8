"""What the events say for one blank of a message; None leaves it to the author. Pure."""

import re
from dataclasses import dataclass
from typing import Any

from incidents.story import Line, Story, parsed
from incidents.template_fields import Blank

NO_ROLLBACK = "none (no rollback)"


@dataclass(frozen=True)
class Filled:
    """A value with the event that it comes from."""

    value: str
    source: str


def answer(story: Story, blank: Blank) -> Filled | None:
    """What the events say for one blank; None = the author's."""
    words = f"{blank.label} {blank.raw}".lower()
    for keys, reader in READERS:
        if all(re.search(rf"\b{key}", words) for key in keys):
            return reader(story, blank)
    return None


def _status(story: Story, blank: Blank) -> Filled | None:
    done = [choice for choice in blank.choices or [] if "resolved" in choice.lower() and "un" not in choice.lower()]
    going = [choice for choice in blank.choices or [] if choice not in done]
    wanted = done if story.resolved else going
    # Two choices that both fit ("INVESTIGATING / IN PROGRESS / RESOLVED") are the author's.
    if len(wanted) != 1:
        return None
    return Filled(wanted[0], "incident.resolved" if story.resolved else "not resolved yet")


def _level(story: Story, blank: Blank) -> Filled | None:
    started = [line for line in story.runs.values() if line.data.get("level")]
    line = started[-1] if started else story.chosen
    if line is None:
        return None
    number = line.data.get("level")
    if number is None:
        return Filled(NO_ROLLBACK, said(story, line, "no rollback chosen"))
    return Filled(str(number), said(story, line, f"Level {number}"))


def _detected(story: Story, blank: Blank) -> Filled | None:
    return Filled(story.at(story.detected_at), "incident.declared") if story.detected_at else None


def _resolved(story: Story, blank: Blank) -> Filled | None:
    if story.resolved:
        return Filled(story.at(story.resolved.at), "incident.resolved")
    when = story.next_update_at
    return Filled(f"not known; next update at {story.at(when)}", "no end on the timeline") if when else None


def _severity(story: Story, blank: Blank) -> Filled | None:
    return Filled(story.severity.capitalize(), "incident.declared") if story.severity else None


def _impact(story: Story, blank: Blank) -> Filled | None:
    """A person's own words; the plan's impact lines of the chosen level stand behind them."""
    said_by_plan = _impact_of_level(story)
    words = " ".join(part for part in (story.facts.impact.strip(), said_by_plan) if part)
    return Filled(words, "impact of the incident and of the level") if story.facts.impact.strip() else None


def _impact_of_level(story: Story) -> str:
    level = _level(story, Blank("level", "", ""))
    for part in story.facts.levels:
        if level and str(part.get("number")) == level.value and story.runs:
            warnings = [str(item["text"]) for item in part.get("impact", []) if item.get("mark") == "warn"]
            return " ".join(f"{text.rstrip('.')}." for text in warnings)
    return ""


def _rollback(story: Story, blank: Blank) -> Filled | None:
    words = {
        "run.started": "started {at}",
        "run.succeeded": "carried out {at}",
        "run.failed": "failed {at}",
        "run.timed_out": "ran out of time {at}",
        "run.canceled": "stopped {at}",
    }
    lines = []
    for line in story.runs.values():
        name = line.data.get("level_name") or f"Level {line.data.get('level')}"
        act = {"undo": "Undo of ", "restore": "Restore "}.get(str(line.data.get("run_kind")), "")
        lines.append(f"{act}{name} {words[line.kind].format(at=story.at(line.at))}")
    if lines:
        return Filled("; ".join(lines), "run events")
    if story.chosen and story.chosen.data.get("level") is None:
        return Filled("No rollback: we watch the service", said(story, story.chosen, "level.chosen"))
    if story.chosen:
        return Filled(f"Level {story.chosen.data.get('level')} is being prepared", "level.chosen")
    return Filled("None yet; we are investigating", "no run on the timeline")


def _validation(story: Story, blank: Blank) -> Filled | None:
    if story.verdict:
        word = str(story.verdict.data.get("verdict", "")).replace("_", " ").capitalize()
        word = {"Inconclusive": "Cannot tell yet"}.get(word, word)
        reason = str(story.verdict.data.get("reason", "")).strip()
        unverified = story.resolved and not story.resolved.data.get("verified")
        tail = " The incident was resolved without that proof." if unverified and word != "Recovered" else ""
        return Filled(f"{word} ({story.at(story.verdict.at)}){': ' + reason if reason else ''}{tail}", "verdict.given")
    if story.resolved and not story.resolved.data.get("verified"):
        return Filled("Not verified by measurement", "incident.resolved")
    if story.watch:
        return Filled("Not finished; the effect is being measured", "watch.opened")
    return Filled("None yet", "no verdict on the timeline")


def _monitoring(story: Story, blank: Blank) -> Filled | None:
    until = parsed(story.watch.data.get("until")) if story.watch else None
    if until and until > story.facts.now:
        return Filled(f"We measure errors until {story.at(until)}", "watch.opened")
    if story.resolved:
        return Filled("Usual monitoring", "incident.resolved")
    when = story.next_update_at
    return Filled(f"Next update at {story.at(when)}", "next update") if when else None


def _fix(story: Story, blank: Blank) -> Filled | None:
    when = story.next_update_at
    tail = f"; next update at {story.at(when)}" if when else "; it follows in the retrospective"
    # In a list the blank's own words are its only label.
    lead = f"{blank.raw.strip('[]')}: " if ": " in blank.label else ""
    return Filled(f"{lead}not known{tail}", "no end on the timeline")


def _manager(story: Story, blank: Blank) -> Filled | None:
    return Filled(str(story.manager.data.get("user", "")), "role.assigned") if story.manager else None


def _title(story: Story, blank: Blank) -> Filled | None:
    return Filled(story.title, "incident.declared") if story.title else None


def _incident(story: Story, blank: Blank) -> Filled | None:
    return Filled(f"[{story.facts.reference}]" if blank.in_subject else story.facts.reference, "incident.declared")


def _service(story: Story, blank: Blank) -> Filled | None:
    if not story.declared:
        return None
    return Filled(f"{story.declared.data.get('service')} {story.declared.data.get('environment')}", "incident.declared")


def _next_update(story: Story, blank: Blank) -> Filled | None:
    when = story.next_update_at
    return Filled(story.at(when), "half an hour from now") if when else Filled("none planned", "incident.resolved")


# Words of label and blank → who answers. The first line whose words all occur wins; no line = the author's.
READERS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("next update",), _next_update),
    (("incident manager",), _manager),
    (("status",), _status),
    (("time detected",), _detected),
    (("detected",), _detected),
    (("started at",), _detected),
    (("time resolved",), _resolved),
    (("resolved",), _resolved),
    (("eta",), _resolved),
    (("severity",), _severity),
    (("affected",), lambda story, blank: None),
    (("impact",), _impact),
    (("rollback level",), _level),
    (("validation",), _validation),
    (("rollback",), _rollback),
    (("actions taken",), _rollback),
    (("monitor",), _monitoring),
    (("fix",), _fix),
    (("title",), _title),
    (("service",), _service),
    (("level",), _level),
    (("incident",), _incident),
)


def said(story: Story, line: Line, words: str) -> str:
    """Names the event of a value: "level.chosen by ana: Level 2"."""
    return f"{line.kind}{' by ' + line.actor_name if line.actor_name else ''}: {words}"
