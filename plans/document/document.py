"""The door of this room: text in, plan out; never an exception for any text."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from plans.document import escaped, front_matter, gaps, markdown, placeholders, reader
from plans.document.blocks import Section
from plans.document.compiling import Compilation, compile_plan
from plans.document.front_matter import FrontMatter
from plans.document.notes import Notes
from plans.document.plan import Inference, Parts
from plans.document.problems import Lint, Problem

LARGEST = 1024 * 1024
"""Bytes; a plan is text that a person reads at night, not a data file."""
_UNREAD = Section(1, 1, 0, "", (), ())


@dataclass(frozen=True)
class PlanDocument:
    """A plan as it was read."""

    name: str
    text: str
    sha256: str
    title: str
    parts: Parts
    header: FrontMatter
    placeholders: dict[str, int]
    not_understood: tuple[tuple[int, int], ...]
    inferences: tuple[Inference, ...]
    warnings: tuple[Lint, ...] = ()
    """What was normalised or passed over while reading."""
    refusals: tuple[Problem, ...] = ()
    """What keeps the text from being compiled at all."""
    root: Section = field(default=_UNREAD, repr=False)

    @property
    def is_too_large(self) -> bool:
        """Says whether the text was not read at all."""
        return self.root is _UNREAD

    @cached_property
    def _compilation(self) -> Compilation:
        return compile_plan(self)

    def compile(self) -> Compilation:
        """Returns the compiled plan with all problems and lint."""
        return self._compilation

    def all_inferences(self) -> list[Inference]:
        """Returns what reading and compiling inferred, in the order of the lines."""
        compiled = (Inference(line, message) for line, message in self.compile().inferences)
        return sorted({*self.inferences, *compiled}, key=lambda inference: (inference.line, inference.message))

    def to_json(self) -> dict[str, object]:
        """Returns what `manage.py plan read --json` prints (docs/plan-format.md)."""
        parts, compilation = self.parts, self.compile()
        lists = {
            name: [part.to_json() for part in getattr(parts, name)]
            for name in ("levels", "matrix", "risks", "triggers", "negative_triggers", "phases", "templates", "schedule",
                         "known_issues", "contacts", "resources", "revisions", "summary", "follow_up")
        }  # fmt: skip
        for name in ("pre_checks", "validations", "restore", "reads"):
            lists[name] = [
                {"line": step.line, "title": step.title, "fences": [fence.to_json() for fence in step.fences]}
                for step in getattr(parts, name)
            ]
        return {
            "title": self.title,
            "metadata": parts.metadata,
            "sha256": self.sha256,
            **lists,
            "test_script": parts.test_script.to_json() if parts.test_script else None,
            "placeholders": self.placeholders,
            "not_understood": [{"line": line, "end_line": end} for line, end in self.not_understood],
            "inferences": [inference.to_json() for inference in self.all_inferences()],
            "problems": [problem.to_json() for problem in compilation.problems],
            "lint": [lint.to_json() for lint in compilation.lint],
        }


def read_plan(text: str, name: str = "plan.md") -> PlanDocument:
    """Returns the plan in a text; unreadable parts are named, nothing is raised."""
    data = text.encode("utf-8", "surrogatepass")
    sha256 = hashlib.sha256(data).hexdigest()
    if len(data) > LARGEST:
        refusal = Problem(
            1, "The file is larger than 1 MiB.", "Keep the plan to what people read; move data elsewhere."
        )
        return PlanDocument(name, text, sha256, "", Parts(), FrontMatter(), {}, (), (), refusals=(refusal,))
    clean, warnings, refusals = _normalise(text)
    header = front_matter.read(clean)
    lines = clean.split("\n")
    body = "\n".join([""] * header.end_line + lines[header.end_line :])
    notes = Notes()
    with _no_collection(len(data)):
        (root,) = markdown.parse(body)
        parts = reader.Reader(root, notes, is_plan="plan" in header.data).read()
        not_understood = tuple(gaps.find(root, notes))
    inferences = tuple(sorted(notes.inferences, key=lambda inference: inference.line))
    found = placeholders.find(body)
    return PlanDocument(
        name,
        text,
        sha256,
        _title(root, header),
        parts,
        header,
        found,
        not_understood,
        inferences,
        tuple(warnings),
        tuple(refusals),
        root,
    )


@contextmanager
def _no_collection(size: int) -> Iterator[None]:
    """Holds the garbage collector for a large text: a hundred thousand tokens, no cycles, half of the time."""
    if size < 64 * 1024 or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _normalise(text: str) -> tuple[str, list[Lint], list[Problem]]:
    """Returns the text with Unix line ends and spaces for leading tabs, and what was changed."""
    warnings, refusals = [], []
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        refusals.append(Problem(line, "The file holds a NUL character.", "Remove it; a text file has none."))
        text = text.replace("\x00", "\ufffd")
    if text.startswith("\ufeff"):
        text = text[1:]
    if "\r" in text:
        warnings.append(
            Lint(
                text[: text.index("\r")].count("\n") + 1,
                "crlf",
                "Windows line ends were read as plain ones.",
                "Save the file with LF.",
            )
        )
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if (first := escaped.first_line(text)) is not None:
        warnings.append(
            Lint(
                first,
                "escaped-fence",
                "Fences with a backslash before each mark were read as fences.",
                "Remove the backslashes; other readers show these lines as text.",
            )
        )
        text = escaped.plain(text)
    if "\t" in text:
        warnings.append(
            Lint(text[: text.index("\t")].count("\n") + 1, "tabs", "Tabs were read as spaces.", "Indent with spaces.")
        )
        text = "\n".join(_untab(line) for line in text.split("\n"))
    return text, warnings, refusals


def _untab(line: str) -> str:
    """Expands the tabs that indent a line; one inside it may be meant."""
    stripped = line.lstrip(" \t")
    return line[: len(line) - len(stripped)].expandtabs(4) + stripped if "\t" in line else line


def _title(root: Section, header: FrontMatter) -> str:
    first = next((section for section in root.walk() if section.depth == 1), None)
    if first is not None:
        return first.title
    named = header.data.get("title")
    return named if isinstance(named, str) else next((section.title for section in root.walk() if section.depth), "")
