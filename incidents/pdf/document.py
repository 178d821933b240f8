"""What stands in the PDF of a retrospective: plain data for `template.typ`, pure.

A document is `{"title", "kicker", "is_drill", "state", "facts": [[name, value]], "caveats": [text], "figures":
[{"label", "value", "why"}], "sections": [{"title", "blocks"}], "exported", "reference", "seals": [[name, value]]}`.
A block is one of `{"kind": "text", "paragraphs": [{"item": bool, "text", "after-gap": bool}],
"mark"}`, `{"kind": "note", "text"}`,
`{"kind": "table", "head": [..], "rows": [[..]], "widths": [share or 0 for as wide as its words]}`,
`{"kind": "mail", "head", "text"}`, `{"kind": "items", "items": [{"done", "text", "note"}]}` and
`{"kind": "lines", "lines": [{"since", "at", "star", "who", "text", "quote"}]}`. Every text is shown as it is written.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from incidents.clock import length
from incidents.markdown_report import HEADINGS, decisions, measured
from incidents.report_lines import Entry, Report, late_words

MOST_ROWS = 1500  # lines of the chronology: about forty pages
MOST_TEXT = 20_000  # characters of one text
MOST_QUOTE = 1000  # characters of one line's quote
ITEM = re.compile(r"^\s*[-*•]\s+")
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")

Block = dict[str, Any]


def document(
    report: Report,
    words: Mapping[str, str],
    *,
    at: datetime,
    drafted: Iterable[str] = (),
    state: str = "",
    version: int | None = None,
    is_drill: bool = False,
    head: tuple[int, str] | None = None,
) -> dict[str, Any]:
    """The whole document. `words` are the parts by name, `drafted` names those that nobody wrote over, `at` is the time of
    the export, `head` the number and the hash of the timeline's last line."""
    marks = frozenset(drafted)
    parts = {name: {"title": title, "blocks": [_words(words.get(name, ""), name in marks)]} for name, title in HEADINGS}
    fix, bug = parts.pop("permanent_fix"), parts.pop("bug_report")
    sections = [
        *parts.values(),
        fix,
        _actions(report),
        _runs(report),
        _signals(report),
        _decision(report),
        _messages(report),
        _duties(report),
        _evidence(report),
        bug,
        _chronology(report.chronology),
    ]
    return _clean(
        {
            "title": report.title,
            "kicker": f"{'Drill · ' if is_drill else ''}Retrospective {report.reference}",
            "reference": report.reference,
            "is_drill": is_drill,
            "state": state,
            "facts": _facts(report),
            "caveats": report.caveats,
            "figures": [_figure(figure) for figure in report.figures],
            "sections": [section for section in sections if section["blocks"]],
            "exported": f"{at:%Y-%m-%d %H:%M:%S} UTC",
            "seals": _seals(report, words, version, head),
        }
    )


def contents_hash(report: Report, words: Mapping[str, str]) -> str:
    """SHA-256 of the facts and the words: equal in two exports that say the same. Of the JSON export's `report` and
    `words`, as JSON with sorted keys and without blanks."""
    said = json.dumps(
        {"report": report.to_json(), "words": dict(words)}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _facts(report: Report) -> list[list[str]]:
    ended = f"{report.resolved_at:%Y-%m-%d %H:%M} UTC" if report.resolved_at else "not resolved"
    return [
        ["Service", report.service],
        ["Severity", report.severity.capitalize()],
        ["Detected", f"{report.detected_at:%Y-%m-%d %H:%M} UTC"],
        ["Resolved", ended],
        ["Lasted", str(report.impact.get("minutes") or "–")],
        ["Incident manager", report.manager or "nobody"],
        ["What worked", report.worked],
    ]


def _figure(figure: Any) -> dict[str, str]:
    blank = figure.seconds is None
    label = figure.label[:1].upper() + figure.label[1:]
    return {"label": label, "value": "–" if blank else length(figure.seconds), "why": figure.why}


def _seals(
    report: Report, words: Mapping[str, str], version: int | None, head: tuple[int, str] | None
) -> list[list[str]]:
    seals = [["Contents, SHA-256", contents_hash(report, words)]]
    if head:
        seals.append([f"Timeline up to line {head[0]}, SHA-256", head[1]])
    if report.plan:
        seals.append(["Plan", f"revision {report.plan}, as it was at the declaration"])
    if version:
        seals.append(["Text", f"version {version}"])
    return seals


def _words(said: str, is_drafted: bool) -> Block:
    """Lines that begin with a dash become a list, the others paragraphs."""
    said = said.strip()
    if not said:
        return {"kind": "note", "text": "Not written yet."}
    mark = "Drafted from the timeline; nobody changed it." if is_drafted else ""
    paragraphs: list[dict[str, Any]] = []
    gap = False
    for line in _short(said).splitlines():
        if line.strip():
            paragraphs.append({"item": bool(ITEM.match(line)), "text": ITEM.sub("", line), "after-gap": gap})
        gap = not line.strip()
    return {"kind": "text", "paragraphs": paragraphs, "mark": mark}


def _runs(report: Report) -> dict[str, Any]:
    if not report.runs:
        return _section("Rollbacks", {"kind": "note", "text": "No run was started."})
    rows = [[f"{run.run}: {run.name}", *measured(run)] for run in report.runs]
    head = ["Run", "Ended", "Promised", "Recovered", "Commands", "Kept", "Verdict"]
    return _section("Rollbacks: promise and measure", _table(head, rows, [3, 0, 0, 0, 0, 0, 4]))


def _signals(report: Report) -> dict[str, Any]:
    rows = [[signal.name, str(signal.run or ""), signal.before, signal.after] for signal in report.signals]
    return _section("Before and after", _table(["Signal", "Run", "Before", "After"], rows, [1, 0, 2, 2]))


def _decision(report: Report) -> dict[str, Any]:
    rows = [[f"{at:%H:%M:%S}", said] for at, said in decisions(report)] + [["", report.worked]]
    return _section("Recommended, chosen, what worked", _table(["UTC", "What"], rows, [0, 1]))


def _messages(report: Report) -> dict[str, Any]:
    if not report.messages:
        return _section("Messages", {"kind": "note", "text": "No message was sent."})
    rows = [
        [
            f"{item.at:%H:%M:%S}",
            item.kind or "–",
            item.subject,
            str(item.recipients),
            item.how,
            f"{item.accepted} / {item.failed} / {item.unknown}",
        ]
        for item in report.messages
    ]
    head = ["UTC", "Kind", "Subject", "To", "How", "Accepted / failed / unknown"]
    mails = [
        {"kind": "mail", "head": f"{item.at:%H:%M:%S} UTC, {item.kind or 'message'}", "text": _short(item.said.strip())}
        for item in report.messages
        if item.said
    ]
    return _section("Messages", _table(head, rows, [0, 0, 3, 0, 0, 1]), *mails)


def _duties(report: Report) -> dict[str, Any]:
    rows = [[duty.phase, duty.text, late_words(duty).replace("_", " "), duty.how] for duty in report.duties]
    return _section("Communication plan", _table(["Phase", "Task", "When", "How"], rows, [0, 3, 2, 3]))


def _evidence(report: Report) -> dict[str, Any]:
    rows = [
        [str(item["title"]), str(item["status"] or "skipped"), str(item["hash"] or "–"), str(item.get("reason") or "")]
        for item in report.evidence
    ]
    if not any(row[3] for row in rows):
        return _section("Evidence", _table(["Item", "Outcome", "SHA-256"], [row[:3] for row in rows], [1, 0, 0]))
    return _section("Evidence", _table(["Item", "Outcome", "SHA-256", "Remark"], rows, [3, 0, 0, 2]))


def _actions(report: Report) -> dict[str, Any]:
    items: list[dict[str, Any]] = [
        {
            "done": bool(item.get("done")),
            "text": str(item.get("text") or ""),
            "note": f"{item.get('kind') or 'prevent'} · {item.get('owner') or 'nobody'} · due {item.get('due') or '–'}",
        }
        for item in report.actions
    ]
    for change in report.plan_changes:
        said = (
            f"Plan “{change['plan']}”: revision {change['revision']} proposed, citing {change['incident']}"
            if change["revision"]
            else f"Plan kept as it is: {change.get('reason') or ''}"
        )
        items.append({"done": True, "text": said, "note": ""})
    none = {"kind": "note", "text": "None yet."}
    return _section("Action items", {"kind": "items", "items": items} if items else none)


def _chronology(entries: Sequence[Entry]) -> dict[str, Any]:
    """All lines, or the starred ones and the first of the others when there are too many for paper."""
    shown = list(entries)
    if len(entries) > MOST_ROWS:
        first = sorted(entries, key=lambda entry: not entry.starred)[:MOST_ROWS]
        wanted = {entry.seq for entry in first}
        shown = [entry for entry in entries if entry.seq in wanted]
    lines = [
        {
            "since": f"T+{length(max(0.0, entry.since))}",
            "at": f"{entry.at:%m-%d %H:%M:%S}",
            "star": entry.starred,
            "who": entry.actor,
            "text": entry.text,
            "quote": _short(entry.quote, MOST_QUOTE) if entry.quote not in entry.text else "",
        }
        for entry in shown
    ]
    left = len(entries) - len(shown)
    more = f" {left} more lines stand in the Markdown and JSON exports." if left else ""
    note = {"kind": "note", "text": f"Times are UTC. ★ marks the lines that tell the story.{more}"}
    return _section("Chronology", note, {"kind": "lines", "lines": lines})


def _section(title: str, *blocks: Block | None) -> dict[str, Any]:
    return {"title": title, "blocks": [block for block in blocks if block]}


def _table(head: list[str], rows: list[list[str]], widths: list[int]) -> Block | None:
    return {"kind": "table", "head": head, "rows": rows, "widths": widths} if rows else None


def _short(text: str, most: int = MOST_TEXT) -> str:
    return text if len(text) <= most else f"{text[:most]} … (the rest is in the other exports)"


def _clean(value: Any) -> Any:
    """Without characters that no font shows; line breaks and tabs stay."""
    if isinstance(value, str):
        return UNSEEN.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list | tuple) else value
