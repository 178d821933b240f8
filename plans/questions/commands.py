"""Commands that wait for a person, ask for a password or stay behind: how shall they end?"""

from __future__ import annotations

import re

from plans.document.problems import Problem
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said, Unanswered
from plans.questions.sheet import Sheet

_MANUAL = Choice("manual", "a person does the whole block in their own terminal")
_DOC = Choice("doc", "the whole block is only to be read: nothing of it runs")
_LIMIT = Choice("timeout", "the whole block may take so long, then it counts as timed out", "Time, such as 30s")
_AWAY = Choice("remove", "without this line: the rest runs on the target's own host")
_OUT = Choice("remove", "without this line: the rest of the block runs")
_DURATION = re.compile(r"\d+(?:ms|s|m|h)(?:\d+(?:ms|s|m))?")
_FOLLOW = re.compile(
    r"(?P<before>\b(?:tail|journalctl|logs?)\b[^|;&\n]*?)\s(?:--follow(?:=\w+)?|-(?P<flags>[A-Za-z]*)[fF](?P<more>[A-Za-z]*))(?=\s|$)"
)
_GET_WATCH = re.compile(
    r"(?P<before>\b(?:kubectl|oc)\b[^|;&\n]*?\bget\b[^|;&\n]*?)"
    r"\s(?:--watch(?:-only)?(?:=true)?|-(?P<flags>[A-Za-z]*)w(?P<more>[A-Za-z]*))(?=\s|$)"
)
_WATCH = re.compile(
    r"^(?P<indent>\s*)(?:sudo\s+)?watch\s+(?:-[a-zA-Z]*n\s*\S+\s+|-(?!-)[a-zA-Z]+\s+|--\w+(?:=\S+)?\s+)*"
    r"(?:(?P<mark>['\"])(?P<quoted>[^'\"]+)(?P=mark)|(?P<bare>[^'\"\-\s|][^'\"|]*))\s*$"
)
_TTY = re.compile(r"(?P<before>\b(?:exec|run)\b)\s+(?:-(?:it|ti)|-i\s+-t|-t\s+-i|--tty|-t)(?=\s)")


def waiting(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """All commands that would not end by themselves, in one question."""
    rows = []
    for problem in problems:
        ended = _ended(sheet.line(problem.line))
        first = (Choice("drop", f"so that it ends: `{_short(ended.strip())}`"),) if ended else ()
        choices = (*first, *_out(sheet, problem), _LIMIT, _MANUAL, _DOC)
        rows.append(_row(sheet, problem, choices, "drop" if ended else "" if "ssh" in problem.message else "manual"))
    title = "How does this command end?" if len(rows) == 1 else f"How do these {len(rows)} commands end?"
    why = "Nobody sits at a run: a command that waits for a key, or follows a log for ever, would hold it."
    return [_question("waiting", title, why, rows, sheet, problems)]


def _out(sheet: Sheet, problem: Problem) -> tuple[Choice, ...]:
    """The line can go where its block holds other commands."""
    fence = sheet.fence_at(problem.line)
    others = [
        line
        for number, line in enumerate(fence.body.split("\n"), fence.line + 1)
        if number != problem.line and line.strip() and not line.lstrip().startswith("#")
    ] if fence else []  # fmt: skip
    away = _AWAY if "ssh" in problem.message else _OUT
    return (away,) if others else ()


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80].rstrip()}…"


def sudo(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """Every `sudo` in one question."""
    choices = (Choice("-n", "write `sudo -n`: it fails at once where it would ask"), _MANUAL)
    rows = [_row(sheet, problem, choices, "-n") for problem in problems]
    title = (
        f"{'This command' if len(rows) == 1 else f'These {len(rows)} commands'} may ask for a password. Use `sudo -n`?"
    )
    why = "A run has no keyboard. With `-n` sudo fails instead of waiting; the worker's user needs a sudoers line."
    return [_question("sudo", title, why, rows, sheet, problems)]


def left_behind(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """Every trailing `&` in one question."""
    choices = (
        Choice("detached", "it is meant to stay: start it detached"),
        Choice("wait", "wait for it: without the `&`"),
        _MANUAL,
    )
    rows = [_row(sheet, problem, choices, "") for problem in problems]
    why = "A process behind `&` is watched by nobody; a detached one survives the worker and is known."
    return [_question("background", "What becomes of what is started with `&`?", why, rows, sheet, problems)]


def _row(sheet: Sheet, problem: Problem, choices: tuple[Choice, ...], suggested: str) -> Row:
    text = "30s" if any(choice is _LIMIT for choice in choices) else ""
    return Row(problem.line, problem.line, sheet.line(problem.line).strip()[:90], choices, suggested, text)


def _question(key: str, title: str, why: str, rows: list[Row], sheet: Sheet, problems: list[Problem]) -> Question:
    return Question(key, title, why, tuple(rows), lambda mend, said: _do(mend, said, sheet), problems=len(problems))


def _do(mend: Mend, said: list[Said], sheet: Sheet) -> None:
    for one in said:
        line, fence = one.row.line, sheet.fence_at(one.row.line)
        if one.choice == "-n":
            mend.replace(line, re.sub(r"\bsudo\b(?!\s+-\w*n)", "sudo -n", mend.line(line)))
        elif one.choice == "remove":
            mend.remove(line)
        elif one.choice == "drop":
            mend.replace(line, _ended(mend.line(line)))
        elif one.choice == "wait":
            mend.replace(line, re.sub(r"\s*(?<!&)&\s*(?=#|$)", "", mend.line(line)))
        elif fence is not None and one.choice in ("manual", "doc"):
            mend.by_hand(fence, one.choice)
        elif fence is not None and one.choice == "detached":
            mend.attribute(fence, "detached", "true")
        elif fence is not None and one.choice == "timeout":
            if not _DURATION.fullmatch(one.text):
                raise Unanswered(f"Line {line}: “{one.text[:20]}” is no time. Write such as 30s or 5m.")
            mend.attribute(fence, "timeout", one.text)


def _ended(line: str) -> str:
    """The command without following or a terminal; empty where there is no such option."""

    def without(match: re.Match[str]) -> str:
        flags = (match["flags"] or "") + (match["more"] or "")
        return match["before"] + (f" -{flags}" if flags else "")

    watched = _WATCH.match(line)
    if watched:
        return watched["indent"] + (watched["quoted"] or watched["bare"])
    new = _GET_WATCH.sub(without, _TTY.sub(r"\g<before>", _FOLLOW.sub(without, line)))
    return new if new != line else ""
