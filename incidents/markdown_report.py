"""The retrospective as Markdown, pure: what a team keeps in its own repository."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from incidents.clock import length
from incidents.report_lines import Report, RunLine, SentMessage, late_words

NOT_WRITTEN = "_Not written yet._"
HEADINGS = (
    ("summary", "Summary"),
    ("impact", "Impact"),
    ("contributing_factors", "Contributing factors"),
    ("root_cause", "Root cause"),
    ("went_well", "What went well"),
    ("lucky", "Where we got lucky"),
    ("surprised", "What surprised us"),
    ("bug_report", "Bug report"),
    ("permanent_fix", "Permanent fix"),
)
VERDICTS = {
    "recovered": "Recovered",
    "not_recovered": "Not recovered",
    "inconclusive": "Cannot tell yet",
    "": "no verdict",
}


FROM_TIMELINE = "_Drafted from the timeline; nobody changed it._"


def to_markdown(
    report: Report, words: Mapping[str, str], *, is_drill: bool = False, drafted: Iterable[str] = (), state: str = ""
) -> str:
    """The whole report; `words` are the parts by name, `drafted` names those that nobody wrote over."""
    marks = frozenset(drafted)

    def part(name: str, title: str) -> str:
        said = words.get(name, "").strip()
        mark = f"\n\n{FROM_TIMELINE}" if said and name in marks else ""
        return f"## {title}\n\n{said or NOT_WRITTEN}{mark}\n"

    parts = [
        _head(report, is_drill, state),
        _caveats(report),
        *(part(name, title) for name, title in HEADINGS[:7]),
        _figures(report),
        _runs(report),
        _signals(report),
        _decision(report),
        _messages(report),
        _duties(report),
        _evidence(report),
        *(part(name, title) for name, title in HEADINGS[7:]),
        _actions(report),
        _chronology(report),
    ]
    return "\n".join(part for part in parts if part).rstrip() + "\n"


def _head(report: Report, is_drill: bool, state: str) -> str:
    ended = f"{report.resolved_at:%Y-%m-%d %H:%M} UTC" if report.resolved_at else "not resolved"
    lines = [
        f"# {'Drill: ' if is_drill else ''}Retrospective {report.reference}: {text(report.title)}",
        "",
        f"- Service: {text(report.service)}",
        f"- Severity: {report.severity.capitalize()}",
        f"- Detected: {report.detected_at:%Y-%m-%d %H:%M} UTC",
        f"- Resolved: {ended}",
        f"- Lasted: {report.impact.get('minutes') or '–'}",
        f"- Incident manager: {text(report.manager) or 'nobody'}",
        f"- What worked: {text(report.worked)}",
        *([f"- State of this report: {state}"] if state else []),
    ]
    return "\n".join(lines) + "\n"


def _caveats(report: Report) -> str:
    return (
        "> **Read this first**\n" + "".join(f">\n> - {text(line)}\n" for line in report.caveats)
        if report.caveats
        else ""
    )


def _figures(report: Report) -> str:
    rows = ((figure.label, figure.text) for figure in report.figures)
    return "## Figures\n\nCounted from the detection. A blank says why.\n\n" + table(("Figure", "Time"), rows)


def _runs(report: Report) -> str:
    if not report.runs:
        return "## Rollbacks\n\nNo run was started.\n"
    rows = ((str(run.run), run.name, *measured(run)) for run in report.runs)
    head = ("Run", "What", "Ended", "Promised", "Recovered after", "Commands took", "Promise kept", "Verdict")
    return "## Rollbacks: promise and measure\n\n" + table(head, rows)


def measured(run: RunLine) -> tuple[str, str, str, str, str, str]:
    """How it ended, promised, recovered after, commands took, whether the promise was kept, and the verdict."""
    return (
        run.outcome.replace("_", " "),
        amount(run.promised_seconds),
        amount(run.recovered_seconds),
        amount(run.commands_seconds),
        kept(run),
        verdict_of(run),
    )


def verdict_of(run: RunLine) -> str:
    shortened = " (shortened watch)" if run.shortened else ""
    return f"{VERDICTS.get(run.verdict, run.verdict)}{shortened}" + (f": {run.reason}" if run.reason else "")


def _signals(report: Report) -> str:
    if not report.signals:
        return ""
    rows = ((signal.name, str(signal.run or ""), signal.before, signal.after) for signal in report.signals)
    return "## Before and after\n\n" + table(("Signal", "Run", "Before", "After"), rows)


def _decision(report: Report) -> str:
    lines = [f"- {at:%H:%M:%S} {said}" for at, said in decisions(report, text)]
    lines.append(f"- {text(report.worked)}")
    return "## Recommended, chosen, what worked\n\n" + "\n".join(lines) + "\n"


def decisions(report: Report, shown: Callable[[str], str] = str) -> list[tuple[datetime, str]]:
    """What was recommended and then chosen, each with its moment; `shown` makes a person's words fit for the export."""
    lines = [(item["at"], f"recommended: {shown(item['sentence'] or '')}") for item in report.recommended]
    for item in report.chosen:
        level = f"Level {item['level']}" if item["level"] else "no rollback"
        reason = f" – {shown(item['reason'])}" if item.get("reason") else ""
        lines.append((item["at"], f"chosen by {shown(item['by'] or 'the system')}: {level}{reason}"))
    return lines


def _messages(report: Report) -> str:
    if not report.messages:
        return "## Messages\n\nNo message was sent.\n"
    rows = (
        (
            f"{item.at:%H:%M:%S} UTC",
            item.kind or "–",
            item.subject,
            str(item.recipients),
            item.how,
            f"{item.accepted} / {item.failed} / {item.unknown}",
        )
        for item in report.messages
    )
    listed = table(("Sent", "Kind", "Subject", "Recipients", "How", "Accepted / failed / unknown"), rows)
    return "## Messages\n\n" + listed + "".join(_said(item) for item in report.messages if item.said)


def _said(item: SentMessage) -> str:
    """A message's own words, as they were sent."""
    fence = "`" * (max((len(run) for run in re.findall(r"`{3,}", item.said)), default=2) + 1)
    return f"\n{item.at:%H:%M:%S} UTC, {item.kind or 'message'}:\n\n{fence}text\n{item.said.strip()}\n{fence}\n"


def _duties(report: Report) -> str:
    if not report.duties:
        return ""
    rows = ((duty.phase, duty.text, late_words(duty).replace("_", " "), duty.how) for duty in report.duties)
    return "## Communication plan\n\n" + table(("Phase", "Task", "When", "How"), rows)


def _evidence(report: Report) -> str:
    if not report.evidence:
        return ""
    rows = (
        (str(item["title"]), str(item["status"]), str(item["hash"] or "")[:16], str(item.get("reason") or ""))
        for item in report.evidence
    )
    return "## Evidence\n\n" + table(("Item", "Outcome", "SHA-256", "Remark"), rows)


def _actions(report: Report) -> str:
    lines = [
        f"- [{'x' if item.get('done') else ' '}] {text(item.get('text') or '')} "
        f"({item.get('kind') or 'prevent'}, {text(item.get('owner') or 'nobody')}, due {item.get('due')})"
        for item in report.actions
    ]
    for change in report.plan_changes:
        if change["revision"]:
            lines.append(
                f"- Plan “{text(change['plan'])}”: revision {change['revision']} proposed, citing {change['incident']}"
            )
        else:
            lines.append(f"- Plan kept as it is: {text(change.get('reason') or '')}")
    return "## Action items\n\n" + ("\n".join(lines) if lines else "_None yet._") + "\n"


def _chronology(report: Report) -> str:
    rows = []
    for entry in report.chronology:
        quote = f" – “{entry.quote}”" if entry.quote and entry.quote not in entry.text else ""
        who = f"{entry.actor} " if entry.actor else ""
        star = "★ " if entry.starred else ""
        rows.append(
            (f"T+{length(max(0.0, entry.since))}", f"{entry.at:%m-%d %H:%M:%S}", f"{star}{who}{entry.text}{quote}")
        )
    return "## Chronology\n\nTimes are UTC.\n\n" + table(("T+", "Time", "What"), rows)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; cells hold no pipe and no line break."""
    names = list(head)
    lines = [f"| {' | '.join(names)} |", f"| {' | '.join('---' for _ in names)} |"]
    lines += [f"| {' | '.join(text(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def text(words: str) -> str:
    """One line that Markdown shows as it is written."""
    flat = " ".join(str(words).split())
    for mark in ("\\", "|", "`", "*", "_", "<", "["):
        flat = flat.replace(mark, f"\\{mark}")
    return flat


def amount(seconds: float | None) -> str:
    return length(seconds) if seconds is not None else "–"


def kept(run: RunLine) -> str:
    return {True: "yes", False: "no", None: "–"}[run.kept]


def _clock(item: Mapping[str, Any]) -> str:
    return f"{item['at']:%H:%M:%S}"
