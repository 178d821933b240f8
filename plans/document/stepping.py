"""Compiles read steps into steps that can run: one a fence, sub-steps where an item holds several."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import Any

from plans.document import durations, fences, refusing, shell, words
from plans.document.attributes import ACTING, KEYS, KINDS, Attributes, parse
from plans.document.fields import Fields
from plans.document.finding import Findings
from plans.document.header import Header
from plans.document.plan import Step, StepFence

_QUESTION = re.compile(
    r"\bonly\s+(?:needed|required|necessary|run|applies|for|if|when)\b.{0,40}?\b(?:if|when|you|for)\b|\bif\s+(?:using|needed|required|applicable|necessary|you\b)",
    re.IGNORECASE,
)
_METHOD = re.compile(r"(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+(?P<url>\S+)(?:\s+HTTP/[\d.]+)?\s*$")
_FLAG = re.compile(r"set\s+(?P<name>[\w.:-]+)\s+(?P<state>on|off|absent)")
_SETTING = re.compile(r"set\s+\S+\s*=.*|remove\s+\S+")
_UNTIL = re.compile(r"until\s+(?P<check>[\w.-]+)\s+within\s+(?P<within>\S+)")
_GREP = re.compile(r"(^|/)(grep|egrep|fgrep|zgrep|pgrep|rg|diff|cmp)$")
_INDEPENDENT = re.compile(r"^[A-Za-z_./!]")
NOT_RUN = frozenset({"manual", "approval", "wait", "doc"})


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


def compile_steps(steps: tuple[Step, ...], context: Context) -> list[dict[str, Any]]:
    return [compiled for place, step in enumerate(steps, 1) for compiled in compile_step(step, place, context)]


def compile_step(step: Step, place: int, context: Context) -> list[dict[str, Any]]:
    """Returns the runnable steps of one item."""
    number = step.number if step.form != "comment" else str(place)
    if step.depends and step.form == "comment" and step.number in ("", "1", str(place)) and place == 1:
        context.findings.problem(
            step.line, "The comments of this block read as steps, but its lines need each other.",
            "Each step runs in a shell of its own: write a numbered list with a fence in each item, or remove the comments.",
        )  # fmt: skip
    parts = [part for fence in step.fences if (part := _Part.of(fence, step, context)) is not None]
    acting = [part for part in parts if part.kind != "doc"]
    if not acting:
        return [_manual(step, number, place, context)]
    _refuse_two_of_one(step, acting, context)
    _refuse_or(step, acting, context)
    pieces = [piece for part in acting for piece in part.split()]
    compiled = []
    for order, piece in enumerate(pieces, 1):
        own = f"{number}.{order}" if len(pieces) > 1 else number
        usual = f"{context.prefix}{place}" + (f"-{order}" if len(pieces) > 1 else "")
        compiled.append(piece.compile(own, usual))
    _ask_only_if(step, compiled, context)
    return compiled


def _refuse_two_of_one(step: Step, parts: list[_Part], context: Context) -> None:
    """Of two ways for one deployment type nobody knows which is meant; a checklist may ask both."""
    if context.only_reads:
        return
    ways = [part.alternative for part in parts if part.alternative]
    for way in dict.fromkeys(ways):
        if ways.count(way) > 1:
            context.findings.problem(
                step.line,
                f"“{step.title}” has two alternatives for {way}.",
                "Merge them, or make them steps of their own.",
            )


def _ask_only_if(step: Step, compiled: list[dict[str, Any]], context: Context) -> None:
    """An "Only needed if …" that nothing binds is a question to the author."""
    said = next(
        (
            text
            for text in (step.title, *step.words, *(comment for fence in step.fences for comment in _comments(fence)))
            if _QUESTION.search(text)
        ),
        None,
    )
    if said is None or all(one["only_if"] for one in compiled) or context.only_reads:
        return
    if any(one["only_if"] for one in compiled) and len(compiled) > 1:
        return
    context.findings.problem(
        step.line,
        f"“{said[:80]}” is a condition that nothing decides.",
        "Add `only_if=` with a fact or a parameter, or remove the words.",
    )


def _refuse_or(step: Step, parts: list[_Part], context: Context) -> None:
    """Two ways in one fence would both run, one after the other."""
    for part in parts:
        if part.kind != "shell":
            continue
        for line in shell.logical_lines(part.fence.body):
            if line.is_comment and words.is_or(line.words):
                context.findings.problem(
                    part.fence.first + line.offset, f"“{line.words[:60]}” offers another way, and both would run.",
                    "Keep one, or write each in a fence of its own with `for=`.",
                )  # fmt: skip


def _comments(fence: StepFence) -> list[str]:
    if fence.role != "command":
        return []
    return [line.words for line in shell.logical_lines(fence.body) if line.is_comment]


def _manual(step: Step, number: str, place: int, context: Context) -> dict[str, Any]:
    """Returns the confirmation by a person that a step without an action is."""
    docs = [fence.body.rstrip() for fence in step.fences]
    body = "\n\n".join([*dict.fromkeys(text for text in step.words if text), *docs]) or step.title
    approval = step.approval.text if step.approval else None
    kind = "approval" if approval and not step.words and not step.fences else "manual"
    compiled = blank(step, number, f"{context.prefix}{place}", kind)
    who = Fields(parse(""), kind, step.line, context.header, context.findings).approval(approval) if approval else None
    effect = "read" if context.only_reads or kind == "approval" else "once"
    return {
        **compiled,
        "body": body,
        "effect": effect,
        "approve": who,
        "on_failure": "continue" if context.place == "evidence" else "ask",
    }


def blank(step: Step, number: str, name: str, kind: str) -> dict[str, Any]:
    """Returns a step with all fields of the contract at their defaults."""
    return {
        "name": name, "number": number, "item": step.title, "title": step.title, "line": step.line, "kind": kind, "effect": "once", "timeout": None,
        "ok": [0], "retries": 0, "on_failure": "ask", "on_cancel": None, "critical": True, "only_if": None, "for": None, "undo": None, "verify": None,
        "detached": False, "leaves": None, "cwd": None, "env": [], "secrets": [], "path": None, "via": None, "log": None, "pattern": None,
        "since": "start", "count": None, "approve": None, "levels": None, "purpose": "health", "expect": 200, "assert": [], "every": 5.0, "passes": 1,
        "url": None, "signal": None, "threshold": None, "body": "", "language": "", "inferred": [],
    }  # fmt: skip


@dataclass
class _Part:
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
    def of(cls, fence: StepFence, step: Step, context: Context) -> _Part | None:
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
        if kind == "shell" and not shell.uncomment(body).strip() and not attributes.get("kind"):
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

    def split(self) -> list[_Part]:
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
            _Part(
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
            match = _METHOD.match(self.body.lstrip())
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
            line=self.line, effect=effect, body=self.body, language=self.fence.language, inferred=list(self.inferred)
        )
        compiled["for"] = own["for"] or self.fence.alternative or None
        compiled["timeout"] = self._timeout(fields, effect)
        if self.fence.title:
            compiled["title"] = f"{self.step.title} – {self.fence.title}"
        if self.step.approval and not compiled["approve"] and (self.kind in ACTING or self.kind == "approval"):
            compiled["approve"] = fields.approval(self.step.approval.text)
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
        _check_body(compiled, self.fence, self.context)
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

    def _refuse(self, compiled: dict[str, Any]) -> None:
        findings, header = self.context.findings, self.context.header
        refusing.refuse_text(self.fence, findings)
        is_command = self.kind in ("shell", "exec")
        texts = [
            (self.fence.line, str(compiled[key]))
            for key in ("path", "url", "log", "pattern", "cwd", "via")
            if compiled[key]
        ]
        texts += [(self.fence.line, text) for text in compiled["assert"]]
        refusing.refuse_placeholders(texts, header, findings, every=False)
        if self.kind == "doc":
            return
        body = self.fence.body if is_command else self.body
        refusing.refuse_placeholders([(self.fence.first, body)], header, findings, every=is_command)
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


def _check_body(compiled: dict[str, Any], fence: StepFence, context: Context) -> None:
    """Refuses a body that does not fit the step's kind."""
    problem = {
        "http": _http,
        "graphql": _graphql,
        "file": _file,
        "flag": _flag,
        "wait": _wait,
        "check": _check,
        "exec": _exec,
        "approval": _approval,
    }.get(compiled["kind"])
    said = problem(compiled, compiled["body"].strip()) if problem else None
    if said is not None:
        context.findings.problem(fence.line, *said)


_Said = tuple[str, str] | None


def _http(step: dict[str, Any], body: str) -> _Said:
    if not _METHOD.match(body.split("\n", 1)[0]) and not (step["url"] and not body):
        return (
            "The request does not begin with a method and an address.",
            "Write such as `GET <base-url>/health` on the first line.",
        )
    return None


def _graphql(step: dict[str, Any], body: str) -> _Said:
    if not step["url"]:
        return "The query does not say where it goes.", "Add `url=`, such as `url=<base-url>/graphql`."
    if not body or body.count("{") != body.count("}"):
        return "The query is empty or its braces do not match.", "Write a whole GraphQL document."
    return None


def _file(step: dict[str, Any], body: str) -> _Said:
    lines = [line for line in body.split("\n") if line.strip()]
    is_diff = any(line.startswith("@@ ") for line in lines)
    if not is_diff and not (lines and all(_SETTING.fullmatch(line.strip()) for line in lines)):
        return (
            "The change is neither a unified diff nor `set` and `remove` lines.",
            "Write `set key = value`, `remove key`, or a diff with `@@` lines.",
        )
    if not is_diff and not step["path"]:
        return "The change does not say which file it means.", "Add `path=` with a path under the target's root."
    return None


def _flag(step: dict[str, Any], body: str) -> _Said:
    if not _FLAG.fullmatch(body):
        return "The flag step cannot be read.", "Write one line: `set <name> on`, `off` or `absent`."
    return None


def _wait(step: dict[str, Any], body: str) -> _Said:
    until = _UNTIL.fullmatch(body)
    seconds = durations.strict(until.group("within") if until else body)
    if seconds is None or seconds <= 0:
        return "The wait cannot be read.", "Write `30s`, or `until <check-name> within 60s`."
    step["timeout"] = seconds
    return None


def _check(step: dict[str, Any], body: str) -> _Said:
    if step["signal"]:
        return None if step["threshold"] else ("The check names a signal and no threshold.", 'Add `threshold="< 1%"`.')
    if step["log"]:
        return None if step["pattern"] else ("The check names a log and no pattern.", "Add `pattern=`.")
    if step["path"]:
        return (
            None
            if step["pattern"] or body
            else ("The check names a file and nothing to look for.", "Add `pattern=`, or `set key = value` lines.")
        )
    if body.startswith("process ") or step["url"]:
        return None
    return _http(step, body)


def _exec(step: dict[str, Any], body: str) -> _Said:
    try:
        words = shlex.split(body, comments=True)
    except ValueError:
        words = []
    if not words or "\n" in body:
        return "An `exec` step is one command with its arguments.", "Write one line with closed quotes, or use `bash`."
    return None


def _approval(step: dict[str, Any], body: str) -> _Said:
    return None if step["approve"] else ("The approval does not say who approves.", 'Add `approve="1 of oncall-lead"`.')


def until_check(step: dict[str, Any]) -> str | None:
    """Returns the check that a wait asks."""
    match = _UNTIL.fullmatch(str(step["body"]).strip()) if step["kind"] == "wait" else None
    return match.group("check") if match else None
