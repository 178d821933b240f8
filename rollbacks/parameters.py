"""What stands in the angle brackets: where each value comes from, what it may look like, and how it is filled in."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.version import InvalidVersion, Version

# `(?P<name>…)` in a regular expression and `<<HERE` are not placeholders.
PLACEHOLDER = re.compile(r"(?<!\(\?P)(?<!<)<([A-Za-z][A-Za-z0-9_.-]{0,63})>")
# Inert bare, in quotes and in heredocs: no leading dash, no space, no metacharacter, no newline.
INERT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,127}")
# The texts of a step that may hold placeholders.
TEXTS = ("title", "item", "body", "path", "url", "header", "log", "pattern", "cwd", "via")
# In these a `<word>` that no parameter declares is refused too: a shell would read it as a redirection.
COMMANDS = ("shell", "exec")
# In a step that is asked for every line of its output, not only for its last.
LINES = "wants_lines"
MOST_CHOICES = 50
_COMPARISON = re.compile(r"([\w.-]+?)\s*(<=|>=|==|<|>)\s*(.+)")


@dataclass(frozen=True)
class Reading:
    """What a read step said when it was asked for a parameter or a fact."""

    exit_code: int | None
    last_line: str = ""
    sentence: str = ""  # why it could not be asked
    lines: tuple[str, ...] = ()  # where all of them were asked for: `LINES` in the step


Read = Callable[[dict[str, Any], Mapping[str, str]], Reading]


def placeholders(step: Mapping[str, Any]) -> set[str]:
    """The names in angle brackets of one compiled step."""
    texts = [str(step.get(key) or "") for key in TEXTS] + [str(one) for one in step.get("assert") or []]
    return {name for text in texts for name in PLACEHOLDER.findall(text)}


def why_refused(name: str, value: str, pattern: str | None) -> str:
    """Why this value may not stand in a step, as a sentence that names the parameter; empty when it may."""
    shown = repr(value if len(value) <= 60 else value[:60] + "…")
    if not INERT.fullmatch(value) or ".." in value.split("/"):
        return (
            f"{name}: {shown} is refused. A value begins with a letter or digit and holds only letters, digits "
            "and . _ : @ / + - (at most 128 characters, no “..” in a path)."
        )
    try:
        if pattern and not re.fullmatch(pattern, value):
            return f"{name}: {shown} does not match the plan's pattern {pattern}."
    except re.error as error:
        return f"{name}: the plan's pattern {pattern} is no regular expression ({error})."
    return ""


def fill(step: Mapping[str, Any], params: Mapping[str, str]) -> dict[str, Any]:
    """The step with every known placeholder replaced; `pattern` gets the value as plain text, not as an expression."""

    def put(text: str, escape: bool = False) -> str:
        def value(match: re.Match[str]) -> str:
            known = params.get(match.group(1))
            return match.group(0) if known is None else re.escape(known) if escape else known

        return PLACEHOLDER.sub(value, text)

    filled = dict(step)
    for key in TEXTS:
        if isinstance(filled.get(key), str):
            filled[key] = put(filled[key], escape=key == "pattern")
    if filled.get("assert"):
        filled["assert"] = [put(str(one)) for one in filled["assert"]]
    return filled


def unbound(step: Mapping[str, Any], declared: Iterable[str]) -> list[str]:
    """A sentence for each placeholder that is left in a filled step, with its line."""
    problems = []
    known = set(declared)
    for key in (*TEXTS, "assert"):
        raw = step.get(key)
        for text in raw if isinstance(raw, list) else [raw]:
            for match in PLACEHOLDER.finditer(str(text or "")):
                name = match.group(1)
                if (
                    name not in known
                    and not (step.get("kind") in COMMANDS and key == "body")
                    and key not in ("url", "header", "path", "log", "cwd")
                ):
                    continue  # a tag in a request's body, a word in a title
                line = int(step.get("line") or 0) + (str(text)[: match.start()].count("\n") if key == "body" else 0)
                problems.append(
                    f"Line {line}: <{name}> has no value. "
                    "Declare it under `params:`, bind it on the target, or give it here."
                )
    return list(dict.fromkeys(problems))


@dataclass
class Resolver:
    """Finds the values that a procedure needs, in this order: given, the undone run's, the target's, a read, the
    default."""

    declared: Mapping[str, Mapping[str, Any]]
    facts_declared: Mapping[str, Mapping[str, Any]]
    given: Mapping[str, str]
    target_params: Mapping[str, Any]
    target_facts: Mapping[str, Any]
    undone: Mapping[str, str] | None  # an undo asks no read again
    steps: Mapping[str, dict[str, Any]]  # every step of the plan by name
    read: Read
    params: dict[str, str] = field(default_factory=dict)
    facts: dict[str, bool | str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)  # what a person may pick for a parameter
    _failed: set[str] = field(default_factory=set)

    def refuse_unknown(self) -> None:
        """A value for a parameter that the plan does not know is a mistake, not a surplus."""
        self.problems += [
            f"{name}: the plan has no such parameter." for name in self.given if name not in self.declared
        ]

    def need(self, names: Iterable[str]) -> None:
        """Resolves these parameters; what has no value stays unbound and is refused where it stands."""
        for name in sorted(names):
            if name in self.declared and name not in self.params and name not in self._failed:
                self._resolve(name)

    def _resolve(self, name: str) -> None:
        how = self.declared[name]
        if how.get("choices") and self.undone is None:
            self._offer(name, str(how["choices"]), how.get("pattern"))
        value = self._value(name, how)
        if value is None:
            self._failed.add(name)
        elif problem := why_refused(name, value, how.get("pattern")):
            self._failed.add(name)
            self.problems.append(problem)
        else:
            self.params[name] = value

    def _offer(self, name: str, step_name: str, pattern: str | None) -> None:
        """What a read step lists for a parameter. Offered, never enforced: a value may come to be by the run itself.

        A list that cannot be had is no problem of the run."""
        known = len(self.problems)
        reading = self._ask(name, step_name, lines=True)
        del self.problems[known:]
        if reading is not None and reading.exit_code == 0:
            fit = [line for line in dict.fromkeys(reading.lines) if not why_refused(name, line, pattern)]
            self.choices[name] = fit[:MOST_CHOICES]

    def _value(self, name: str, how: Mapping[str, Any]) -> str | None:
        for source in (self.given, self.undone or {}, self.target_params):
            if str(source.get(name) or ""):
                return str(source[name])
        if how.get("from"):
            return None if self.undone is not None else self._from(name, str(how["from"]))
        if how.get("bind") == "target":
            self.problems.append(
                f"{name} is bound to the target, and this target has no value for it. Set it on the target's page."
            )
            return None
        return str(how["default"]) if how.get("default") is not None else None

    def _from(self, name: str, step_name: str) -> str | None:
        reading = self._ask(name, step_name)
        if reading is None:
            return None
        if reading.exit_code != 0 or not reading.last_line:
            why = reading.sentence or f"exit status {reading.exit_code}"
            self.problems.append(f"{name} is read by the step {step_name}, which gave no value: {why}")
            return None
        return reading.last_line

    def _ask(self, name: str, step_name: str, *, lines: bool = False) -> Reading | None:
        step = self.steps.get(step_name)
        if step is None:
            self.problems.append(f"{name} is read by the step {step_name}, which the plan does not have.")
            return None
        self._failed.add(name)  # while it is asked: a step that needs its own answer ends here
        self.need(placeholders(step))
        self._failed.discard(name)
        filled = fill(step, self.params)
        if left := unbound(filled, self.declared):
            self.problems += left
            return None
        return self.read({**filled, LINES: True} if lines else filled, self.params)

    def fact(self, name: str) -> bool | str | None:
        """The value of a fact: the target's word, else exit 0 of its read step.

        None = not to be had (a problem was noted).
        """
        if name in self.facts:
            return self.facts[name]
        if name in self.target_facts:
            value = self.target_facts[name]
            self.facts[name] = value if isinstance(value, bool) else str(value)
            return self.facts[name]
        if name not in self.facts_declared:
            self.problems.append(
                f"{name}: the plan declares no such fact. Declare it under `facts:`, or answer it on the target's page."
            )
            return None
        reading = self._ask(name, str(self.facts_declared[name].get("from") or ""))
        if reading is None:
            return None
        if reading.exit_code is None:
            self.problems.append(f"{name} could not be found out: {reading.sentence}")
            return None
        self.facts[name] = reading.exit_code == 0
        return self.facts[name]

    def holds(self, condition: str, line: int) -> bool | None:
        """Evaluates one `only_if`; None when it cannot be (a problem was noted)."""
        condition = condition.strip()
        comparison = _COMPARISON.fullmatch(condition)
        if comparison:
            return self._compares(*comparison.groups(), line=line)
        negated = condition.startswith("not ")
        value = self.fact(condition.removeprefix("not ").strip())
        return None if value is None else bool(value) != negated

    def _compares(self, name: str, sign: str, wanted: str, *, line: int) -> bool | None:
        if name in self.declared:
            self.need([name])
            value: Any = self.params.get(name)
        else:
            value = self.fact(name)
        if value is None:
            self.problems.append(
                f'Line {line}: {name} has no value, so only_if="{name}{sign}{wanted}" cannot be decided.'
            )
            return None
        return self._ordered(str(value), sign, wanted.strip(), line)

    def _ordered(self, value: str, sign: str, wanted: str, line: int) -> bool | None:
        try:
            left, right = Version(value), Version(wanted)
        except InvalidVersion:
            if sign == "==":
                return value == wanted
            self.problems.append(
                f"Line {line}: “{value}” and “{wanted}” are not both versions, so {sign} cannot be decided."
            )
            return None
        return {"<": left < right, "<=": left <= right, "==": left == right, ">=": left >= right, ">": left > right}[
            sign
        ]
