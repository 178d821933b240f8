"""The document beside what was understood: blocks of lines, each with the notes that begin there. Plain Python."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from plans.questions.unfilled import besides, every_part, unfilled_in
from plans.wording import and_list, count, kind_of, length

Json = dict[str, Any]
TONES = ("bad", "part", "step", "odd", "quiet")
"""The order of the notes of one line: what is wrong, what it is, what is unwise, why it was read so."""
FENCE = re.compile(r"^\s*(```+|~~~+)")


@dataclass(frozen=True)
class Note:
    """What was understood at a line. Tones: part, step, quiet, odd (lint, not understood), bad (a problem)."""

    line: int
    tone: str
    label: str
    text: str = ""
    hint: str = ""


@dataclass(frozen=True)
class SourceLine:
    """One line of the document; `look` is heading, code, table or text."""

    number: int
    text: str
    look: str


@dataclass
class Block:
    """Lines up to the next note, beside the notes of the first of them."""

    lines: list[SourceLine] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def side_by_side(text: str, compiled: Json, reading: Json, problems: list[Json], lint: list[Json]) -> list[Block]:
    """Every line of the text once, in order, in blocks that begin where something was understood."""
    by_line: dict[int, list[Note]] = {}
    for note in [*_front_matter(text, compiled), *_notes(compiled, reading, problems, lint)]:
        known = by_line.setdefault(max(1, note.line), [])
        if note not in known:
            known.append(note)
    blocks: list[Block] = []
    for line in source_lines(text):
        if not blocks or line.number in by_line:
            notes = sorted(by_line.get(line.number, []), key=lambda note: TONES.index(note.tone))
            blocks.append(Block(notes=notes))
        blocks[-1].lines.append(line)
    return blocks


def source_lines(text: str) -> Iterator[SourceLine]:
    """The lines with the look of their kind."""
    fence, matter, ended = "", False, False
    for number, text_line in enumerate(text.split("\n"), 1):
        mark = FENCE.match(text_line)
        inside = bool(fence)
        if mark and not fence:
            fence, inside = mark[1], True
        elif mark and mark[1].startswith(fence[:3]) and len(mark[1]) >= len(fence):
            fence = ""
        matter = (number == 1 and text_line.strip() == "---") or (matter and not ended)
        yield SourceLine(number, text_line, "code" if inside or matter else _look(text_line))
        ended = matter and number > 1 and text_line.strip() == "---"


def _look(text: str) -> str:
    if text.startswith("#"):
        return "heading"
    return "table" if text.lstrip().startswith("|") else "text"


def _front_matter(text: str, compiled: Json) -> Iterator[Note]:
    """What the header declares, beside the line that declares it."""
    lines = text.split("\n")
    end = lines.index("---", 1) if lines[0].strip() == "---" and "---" in lines[1:] else 0
    said = {name: ("Parameter", _parameter(name, how)) for name, how in compiled.get("params", {}).items()}
    said |= {
        name: ("Fact", f"{name}: yes when {how.get('from')} succeeds")
        for name, how in compiled.get("facts", {}).items()
    }
    said |= {name: ("Signal", _signal(how)) for name, how in compiled.get("signals", {}).items()}
    if watch := compiled.get("watch"):
        said["watch"] = ("Watch", _watch(watch))
    for name, (label, words) in said.items():
        declared = re.compile(rf"(?:^|[\s{{,]){re.escape(name)}\s*:")
        line = next((number for number in range(1, end) if declared.search(lines[number])), None)
        if line is not None:
            yield Note(line + 1, "part", label, words)


def _parameter(name: str, how: Json) -> str:
    source = f"read by {how['from']}" if how.get("from") else "a value of the target" if how.get("bind") else ""
    source = source or (f"{how['default']} unless another is given" if how.get("default") else "asked at start")
    pattern = f", must match {how['pattern']}" if how.get("pattern") else ""
    return f"{name}: {source}{pattern}"


def _signal(how: Json) -> str:
    rate = f" at {how['rate']:g} a second" if how.get("rate") else ""
    return f"{' or '.join(how.get('metric', []))}, counted over {how.get('query') or how.get('probe')}{rate}"


def _watch(watch: Json) -> str:
    looks = and_list([length(look) for look in watch.get("looks", [])])
    count = f", over at least {watch['count']} requests" if watch.get("count") else ""
    return f"Looks at {looks}; may say recovered from {length(watch.get('good_from'))}{count}"


def _notes(compiled: Json, reading: Json, problems: list[Json], lint: list[Json]) -> Iterator[Note]:
    for problem in problems:
        yield Note(problem["line"], "bad", "Problem", problem["message"], problem.get("hint") or "")
    unproved = {finding["line"] for finding in lint if finding.get("code") == "once-unverified"}
    for finding in lint:
        if finding.get("code") == "no-check-after" and finding["line"] in unproved:
            continue
        if finding.get("code") == "once-unverified":
            yield Note(finding["line"], "odd", "Not proved", "no read shows what it did")
            continue
        yield Note(finding["line"], "odd", "Unwise", finding["message"], finding.get("hint") or "")
    yield from _unfilled(compiled, [(problem["line"], problem["message"]) for problem in problems])
    for level in compiled.get("levels", []):
        promise = f"promises {length(level['promise_seconds'])}" if level.get("promise_seconds") else "promises no time"
        yield Note(
            level["line"], "part", f"Level {level['number']}", f"{level.get('title') or level['name']} · {promise}"
        )
        yield from _steps(level.get("steps", []), "Step")
        yield from _steps(level.get("undo", []), "Undo")
    yield from _steps(compiled.get("restore", []), "Restore")
    yield from _steps(compiled.get("evidence", []), "Evidence")
    yield from _steps(compiled.get("checks", []), "Check")
    yield from _tables(compiled)
    yield from _communication(compiled)
    yield from _rest(reading)


def _unfilled(compiled: Json, refused: list[tuple[int, str]]) -> Iterator[Note]:
    found: dict[int, list[str]] = {}
    for one in besides(refused, unfilled_in(every_part(compiled))):
        found.setdefault(one.line, []).append(f"`{one.raw}`")
    for line, raws in found.items():
        yield Note(line, "bad", "Not filled in", and_list(raws))


def _steps(steps: list[Json], word: str) -> Iterator[Note]:
    for step in steps:
        parts = [kind_of(step)]
        parts += [f"for {step['for']}"] if step.get("for") else []
        parts += [f"only if {step['only_if']}"] if step.get("only_if") else []
        parts += [f"proved by {step['verify']}"] if step.get("verify") else []
        parts += [f"Levels {and_list(step['levels'])}"] if step.get("levels") else []
        yield Note(
            step["line"], "step", f"{word} {step.get('number') or ''}".strip(), f"{step['title']} · {' · '.join(parts)}"
        )


def _tables(compiled: Json) -> Iterator[Note]:
    for row in compiled.get("matrix", []):
        when = _when(row.get("condition"))
        levels = (
            f"Level {', then '.join(str(number) for number in row['levels'])}" if row.get("levels") else _no_level(row)
        )
        within = f" within {length(row['timeframe_seconds'])}" if row.get("timeframe_seconds") is not None else ""
        yield Note(
            row["line"], "part", "Decision", f"{row['symptom'] or row.get('severity', '')} → {levels}{when}{within}"
        )
    for risk in compiled.get("risks", []):
        answer = {"none": "no rollback: watch", "not_applicable": "not applicable"}.get(risk.get("answer", ""), "")
        levels = f"Level {and_list(risk['levels'])}" if risk.get("levels") else ""
        yield Note(risk["line"], "part", "Risk", f"{risk['scenario']} → {levels or answer or risk.get('rollback', '')}")


def _no_level(row: Json) -> str:
    """ "no level: Watch"; the row's own words, because "no rollback" may not be what it says."""
    return f"no level: {row['action']}" if row.get("action") else "no level"


def _when(condition: Json | None) -> str:
    """ " when query errors > 10 %"; empty for a row without a number."""
    if not condition:
        return ""
    return (
        f" when {condition['metric']} {condition['op']} {condition['value']:g} {condition.get('unit') or ''}".rstrip()
    )


def _communication(compiled: Json) -> Iterator[Note]:
    for phase in compiled.get("phases", []):
        offset = length(phase["offset_seconds"]) if phase["offset_seconds"] else "0"
        yield Note(
            phase["line"], "part", f"Phase T+{offset}", f"{phase['name']} · {count(len(phase['tasks']), 'task')}"
        )
        for task in phase["tasks"]:
            by = f"ticked by {and_list(task['ticked_by'])}" if task.get("ticked_by") else "ticked by a person"
            yield Note(task["line"], "quiet", "Task", f"{by}{', only under its condition' if task.get('if') else ''}")
    if template := compiled.get("template"):
        fields = count(len(template.get("fields", [])), "field")
        yield Note(template["line"], "part", "Message", f"{template.get('subject') or 'no subject'} · {fields}")
    for entry in compiled.get("schedule", []):
        levels = f" · Level {and_list(entry['levels'])}" if entry.get("levels") else ""
        yield Note(entry["line"], "part", "Drill", f"{entry['recurrence']}{levels}")
    for issue in compiled.get("known_issues", []):
        yield Note(issue["line"], "part", "Known issue", issue["title"])
    for contact in compiled.get("contacts", []):
        yield Note(
            contact["line"],
            "part",
            f"Contact {contact['order']}",
            f"{contact['role']} · {contact.get('contact') or 'no address yet'}",
        )


def _rest(reading: Json) -> Iterator[Note]:
    for inference in reading.get("inferences", []):
        yield Note(inference["line"], "quiet", "Inferred", inference["message"])
    for gap in reading.get("not_understood", []):
        end = f" to {gap['end_line']}" if gap.get("end_line", gap["line"]) != gap["line"] else ""
        yield Note(gap["line"], "odd", "Not understood", f"Line {gap['line']}{end} is kept as text and does nothing.")
