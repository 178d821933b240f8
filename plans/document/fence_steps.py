"""One fence on its way to become one or several steps that can run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from plans.document import bodies, fences, refusing, shell
from plans.document.attributes import KEYS, KINDS, Attributes, parse
from plans.document.blank_step import blank
from plans.document.fields import Fields
from plans.document.finding import Findings
from plans.document.header import Header
from plans.document.step import Step, StepFence

_GREP = re.compile(r"(^|/)(grep|egrep|fgrep|zgrep|pgrep|rg|diff|cmp)$")


@dataclass
class Context:
    """Where steps are compiled: a level, its undo, restore, evidence, checks or reads."""

    place: str
    prefix: str
    header: Header
    findings: Findings
    named: frozenset[str]
    """Names that attributes and the front matter refer to: such a step stays whole."""
    inferred: list[tuple[int, str]] = field(default_factory=list)

    @property
    def only_reads(self) -> bool:
        return self.place in ("evidence", "checks")


@dataclass
class FenceStep:
    """One fence of a step, on its way to become one or several steps."""

    fence: StepFence
    step: Step
    context: Context
    attributes: Attributes
    kind: str
    body: str
    line: int
    order: int = 0
    inferred: tuple[str, ...] = ()

    @classmethod
    def of(cls, fence: StepFence, step: Step, context: Context) -> FenceStep | None:
        attributes = parse(fence.attributes)
        for message, hint in attributes.faults:
            context.findings.problem(fence.line, message, hint)
        language = fence.language.lower()
        kind = attributes.get("kind") or ("doc" if fence.indented else fences.kind_of(language))
        if kind not in KINDS:
            context.findings.problem(fence.line, f"The kind `{kind}` is unknown.", f"Known kinds: {', '.join(KINDS)}.")
            kind = "doc"
        if not language and not attributes.get("kind") and not fence.indented:
            context.findings.problem(
                fence.line,
                "The fence has neither a language nor a kind.",
                "Write `bash` to run it, or `text` when it is only to be read.",
            )
        body = shell.prompt_commands(fence.body) if language == "console" and kind == "shell" else fence.body
        says_nothing = not shell.uncomment(body).strip() or fences.is_numbered_prose(body) or fence.role == "code"
        if kind == "shell" and says_nothing and not attributes.get("kind"):
            kind = "doc"
        if kind == "doc":
            if not fence.closed and not fence.indented:
                refusing.refuse_text(fence, context.findings)
            context.inferred.append(
                (fence.line, f"The {language or 'plain'} block is documentation: nothing of it runs.")
            )
        return cls(
            fence, step, context, attributes, kind, body.rstrip("\n"), fence.first if fence.title else fence.line
        )

    @property
    def alternative(self) -> str:
        return self.attributes.get("for") or self.fence.alternative

    @property
    def is_guessed_alternative(self) -> bool:
        """Says whether words around the fence, not its attributes, make it an alternative."""
        return bool(self.fence.alternative) and self.attributes.get("for") is None

    def split(self) -> list[FenceStep]:
        """Returns a `read` fence with several independent commands as one part each; others whole."""
        name = self.attributes.get("name")
        if self.kind != "shell" or self._effect() != "read" or (name and name in self.context.named):
            return [self]
        lines = [line for line in shell.logical_lines(self.body) if not line.is_comment and not line.is_blank]
        if len(lines) < 2 or not all(_stands_alone(line.text) for line in lines):
            return [self]
        why = (
            f"One of {len(lines)} commands of the block at line {self.fence.line}, each with an exit status of its own."
        )
        self.context.inferred.append(
            (
                self.fence.line,
                f"The block is split into {len(lines)} sub-steps: each command has an exit status of its own.",
            )
        )
        return [
            FenceStep(
                self.fence,
                self.step,
                self.context,
                self.attributes,
                self.kind,
                line.text,
                self.fence.first + line.offset,
                order,
                (why,),
            )
            for order, line in enumerate(lines, 1)
        ]

    def _effect(self) -> str:
        usual = "read" if self.context.only_reads else self._usual_effect()
        return self.attributes.get("effect") or usual

    def _usual_effect(self) -> str:
        if self.kind in ("shell", "exec"):
            return "once"
        if self.kind == "http":
            match = bodies.METHOD.match(self.body.lstrip())
            return "read" if match and match.group("method") in ("GET", "HEAD", "OPTIONS") else "once"
        if self.kind == "graphql":
            return "once" if re.match(r"\s*(mutation|subscription)\b", self.body) else "read"
        if self.kind in ("file", "flag"):
            return "idempotent"
        return "once" if self.kind == "manual" else "read"

    def compile(self, number: str, usual_name: str) -> dict[str, Any]:
        findings, attributes = self.context.findings, self.attributes
        fields = Fields(attributes, self.kind, self.fence.line, self.context.header, findings)
        for key in attributes.values:
            if self.kind not in KEYS[key]:
                findings.problem(
                    self.fence.line,
                    f"The key `{key}` has no meaning on {self.kind}.",
                    f"It belongs to: {', '.join(sorted(KEYS[key]))}.",
                )
        effect = self._checked_effect()
        own = fields.all()
        compiled = {**blank(self.step, number, self._name(usual_name), self.kind), **own}
        compiled.update(
            body_line=self.line if self.order or self.fence.title else self.fence.first,
            line=self.line,
            effect=effect,
            body=self.body,
            language=self.fence.language,
            inferred=list(self.inferred),
        )
        compiled["for"] = own["for"] or self.fence.alternative or None
        compiled["timeout"] = self._timeout(fields, effect)
        if self.fence.title and self.fence.title != self.step.title:
            compiled["title"] = f"{self.step.title} – {self.fence.title}"
        if self.context.place == "evidence" and attributes.get("on_failure") is None:
            compiled["on_failure"] = "continue"
        if effect == "once" and compiled["retries"]:
            findings.problem(
                self.fence.line,
                "A `once` step is never retried by itself.",
                "Remove `retries=`, or say `effect=idempotent` if that is true.",
            )
        self._infer_exit_codes(compiled)
        self._refuse(compiled)
        fault = bodies.fault_of(compiled)
        if fault is not None:
            findings.problem(self.fence.line, *fault)
        return compiled

    def _name(self, usual: str) -> str:
        given = self.attributes.get("name")
        if given is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}", given):
            self.context.findings.problem(
                self.fence.line, f"`name={given}` is no name.", "Use letters, digits, `-`, `_` and `.`."
            )
        last = self.order or (self.fence.alternative if self.fence.title else "")
        return f"{given}-{last}" if given and last else given or usual

    def _checked_effect(self) -> str:
        effect = self._effect()
        if effect not in ("read", "idempotent", "once"):
            self.context.findings.problem(
                self.fence.line, f"`effect={effect}` is unknown.", "Known: read, idempotent, once."
            )
            return "once"
        if self.context.only_reads and effect != "read":
            where = "checklist" if self.context.place == "evidence" else "validation"
            self.context.findings.problem(
                self.fence.line,
                f"A {where} only reads, and this fence says `effect={effect}`.",
                "Move it to a procedure, or make it a read.",
            )
        return effect

    def _timeout(self, fields: Fields, effect: str) -> float | None:
        if self.kind in ("manual", "approval", "wait"):
            return fields.timeout(None)
        return fields.timeout(10.0 if effect == "read" else 60.0)

    def _infer_exit_codes(self, compiled: dict[str, Any]) -> None:
        """A search without a hit is no failure of the search; only evidence infers so, for a proof the miss is the answer."""
        if self.context.place != "evidence" or self.kind != "shell" or self.attributes.get("ok") is not None:
            return
        commands = [
            command
            for line in shell.logical_lines(self.body)
            if not line.is_comment
            for command in shell.commands(line.text)
        ]
        if any(_GREP.search(command.name) for command in commands):
            compiled["ok"] = [0, 1]
            compiled["inferred"].append("Exit status 1 counts as done: a search without a hit is an answer.")
            self.context.inferred.append((self.line, "`ok=0,1` is inferred: a search without a hit exits with 1."))

    def _fillable(self) -> str:
        """Returns the text in which every blank must be declared; angle brackets in a request's body or a file may be its own."""
        if self.kind == "http":
            return self.body.split("\n\n", 1)[0]
        return self.fence.body if self.kind in ("shell", "exec", "graphql", "flag", "wait") else ""

    def _refuse(self, compiled: dict[str, Any]) -> None:
        findings, header = self.context.findings, self.context.header
        refusing.refuse_text(self.fence, findings)
        is_command = self.kind in ("shell", "exec")
        texts = [
            (self.fence.line, str(compiled[key]))
            for key in ("path", "url", "log", "pattern", "cwd", "via")
            if compiled[key]
        ]
        texts += [(self.fence.line, compiled["header"])] if "header" in compiled else []
        texts += [(self.fence.line, text) for text in compiled["assert"]]
        refusing.refuse_placeholders(texts, header, findings, every=False)
        refusing.refuse_placeholders([(self.fence.first, self._fillable())], header, findings, every=is_command)
        for key in ("url", "cwd"):
            refusing.refuse_blanks_in_brackets(self.fence.line, str(compiled[key] or ""), findings)
        if self.kind == "http":
            for offset, text in enumerate(self._fillable().split("\n")):
                refusing.refuse_blanks_in_brackets(self.fence.first + offset, text, findings)
        if is_command:
            refusing.refuse_commands(
                self.fence,
                self.fence.body if self.fence.language.lower() != "console" else self.body,
                self.attributes,
                findings,
            )


def _stands_alone(text: str) -> bool:
    """Says whether a command needs nothing of the lines around it."""
    commands = shell.commands(text)
    first = commands[0] if commands else None
    if first is None or not first.argv or first.argv[0] in shell.CONTROL - {"!"}:
        return False
    return first.name not in (
        "cd",
        "export",
        "set",
        "source",
        ".",
        "pushd",
        "popd",
        "trap",
        "alias",
        "declare",
        "local",
        "exit",
        "return",
        "umask",
        "shopt",
    )
