"""Compiles the attributes of one fence into the fields of a step; every odd value is a problem."""

from __future__ import annotations

import re
from typing import Any

from plans.document import durations
from plans.document.attributes import ACTING, Attributes
from plans.document.finding import Findings
from plans.document.header import Header

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_WORD = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_APPROVE = re.compile(r"(?:(?P<count>[1-9])\s+of\s+)?(?P<role>[A-Za-z][A-Za-z0-9 _-]{0,60})")
_ONLY_IF = re.compile(
    r"(?P<not>not\s+)?(?P<fact>[A-Za-z][A-Za-z0-9_.-]*)|(?P<name>[A-Za-z][A-Za-z0-9_.-]*?)\s*(?P<op><=|==|>=|<|>)\s*(?P<value>[^\s<>=]+)"
)
_ASSERT = re.compile(r"exists\s+[\w.$\[\]-]+|[\w.$\[\]-]+\s*(?:==|!=)\s*\S.*", re.DOTALL)
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEADER_ENDS = re.compile(r";\s*(?=[A-Za-z0-9-]+:)")
_COUNT = re.compile(r"(==|!=|<=|>=|<|>)?\s*\d{1,9}")
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Fields:
    """Reads the values of one fence's attributes; `line` is where they stand."""

    def __init__(self, attributes: Attributes, kind: str, line: int, header: Header, findings: Findings) -> None:
        self.attributes = attributes
        self.kind = kind
        self.line = line
        self.header = header
        self.findings = findings

    def problem(self, message: str, hint: str) -> None:
        self.findings.problem(self.line, message, hint)

    def all(self) -> dict[str, Any]:
        """Returns every field that the attributes set, with the format's default for the others."""
        return {
            "ok": self._exit_codes(),
            "retries": self._whole("retries", 0, 0, 5),
            "on_failure": self._goto("on_failure", ("ask", "abort", "continue"), "ask"),
            "on_cancel": self._goto("on_cancel", (), None),
            "critical": self._truth("critical", True),
            "only_if": self._only_if(),
            "for": self._matching(
                "for", _WORD, "Write a deployment type (systemd, docker, kubernetes, dev) or a short name."
            ),
            "undo": self._undo(),
            "verify": self._matching("verify", _SLUG, "Write the name of a read step."),
            "detached": self._truth("detached", False),
            "leaves": self._one_of("leaves", ("service",)),
            "cwd": self._inside("cwd"),
            "env": self._names("env"),
            "secrets": self._names("secrets"),
            "path": self._inside("path"),
            "via": self._via(),
            "log": self._inside("log", absolute=True),
            "pattern": self._pattern(),
            "since": self._one_of("since", ("start", "attempt")) or "start",
            "count": self._matching("count", _COUNT, "Write such as `== 0` or `>= 1`."),
            "approve": self._approve(self.attributes.get("approve")),
            "levels": self._levels(),
            "purpose": self._one_of("purpose", ("health", "state")) or "health",
            "expect": self._whole("expect", 200, 100, 599),
            "assert": self._asserts(),
            "every": self._duration("every", 5.0),
            "passes": self._whole("passes", 1, 1, 1000),
            "url": self.attributes.get("url"),
            **self._header(),
            "signal": self._signal(),
            "threshold": self._threshold(),
        }

    def _header(self) -> dict[str, str]:
        """Only where there is one: the compiled form of every other step stays as it is."""
        value = self.attributes.get("header")
        if value is None or self.kind != "graphql":
            return {}
        parts = [one.strip().partition(":") for one in _HEADER_ENDS.split(value)]
        if not all(_HEADER_NAME.fullmatch(name) and said.strip() for name, _, said in parts):
            self.problem(
                f"`header={value[:60]}` is no header.",
                'Write `header="Authorization: Bearer <secret:NAME>"`; `;` stands before the next one.',
            )
        return {"header": value}

    def _one_of(self, key: str, known: tuple[str, ...]) -> str | None:
        value = self.attributes.get(key)
        if value is not None and value not in known:
            self.problem(f"`{key}={value}` is unknown.", f"Known: {', '.join(known)}.")
            return None
        return value

    def _matching(self, key: str, pattern: re.Pattern[str], hint: str) -> str | None:
        value = self.attributes.get(key)
        if value is not None and not pattern.fullmatch(value):
            self.problem(f"`{key}={value}` cannot be read.", hint)
            return None
        return value

    def _truth(self, key: str, usual: bool) -> bool:
        value = self.attributes.get(key)
        if value is None:
            return usual
        if value.lower() not in _TRUTH:
            self.problem(f"`{key}={value}` is neither true nor false.", f"Write `{key}=true` or `{key}=false`.")
        return _TRUTH.get(value.lower(), usual)

    def _whole(self, key: str, usual: int, least: int, most: int) -> int:
        value = self.attributes.get(key)
        if value is None:
            return usual
        if not value.isdigit() or len(value) > 6 or not least <= int(value) <= most:
            self.problem(f"`{key}={value}` is no number from {least} to {most}.", f"The usual value is {usual}.")
            return usual
        return int(value)

    def _duration(self, key: str, usual: float) -> float:
        value = self.attributes.get(key)
        seconds = durations.strict(value) if value is not None else usual
        if seconds is None or seconds <= 0:
            self.problem(f"`{key}={value}` is no duration.", "Write such as `30s`, `5m`, `1h30m`.")
            return usual
        return seconds

    def timeout(self, usual: float | None) -> float | None:
        if self.attributes.get("timeout") is None:
            return usual
        return self._duration("timeout", usual or 60.0)

    def _exit_codes(self) -> list[int]:
        value = self.attributes.get("ok")
        if value is None:
            return [0]
        codes = [part.strip() for part in value.split(",")]
        if not all(code.isdigit() and len(code) <= 3 and int(code) <= 255 for code in codes):
            self.problem(f"`ok={value}` is no list of exit codes.", "Write such as `ok=0,1`.")
            return [0]
        return [int(code) for code in codes]

    def _goto(self, key: str, known: tuple[str, ...], usual: str | None) -> str | None:
        value = self.attributes.get(key)
        if value is None or value in known:
            return value or usual
        if not re.fullmatch(rf"goto:{_SLUG.pattern}", value):
            self.problem(f"`{key}={value}` is unknown.", f"Known: {', '.join((*known, 'goto:<name>'))}.")
            return usual
        return value

    def _only_if(self) -> str | None:
        value = self.attributes.get("only_if")
        match = _ONLY_IF.fullmatch(value.strip()) if value is not None else None
        if value is None or match is None:
            if value is not None:
                self.problem(f"`only_if={value}` cannot be read.", "Write `fact`, `not fact`, or `parameter<value`.")
            return None
        name = match.group("fact") or match.group("name")
        known = {*self.header.facts, *self.header.params} if match.group("name") else set(self.header.facts)
        if name not in known:
            word = "fact or parameter" if match.group("name") else "fact"
            self.problem(
                f"`only_if` names `{name}`, which is no {word} of the front matter.",
                "Declare it under `facts:` or `params:`.",
            )
        return value.strip()

    def _undo(self) -> str | None:
        value = self._matching("undo", _SLUG, "Write `auto` or the name of a step.")
        if value == "auto" and self.kind not in ("file", "flag"):
            self.problem(
                f"`undo=auto` is unknown for {self.kind}.",
                "Only file and flag steps compute their own undo; name a step.",
            )
        return value

    def _inside(self, key: str, *, absolute: bool = False) -> str | None:
        """Returns a path under the target's root."""
        value = self.attributes.get(key)
        if value is None:
            return None
        if ".." in value.split("/") or value.startswith("~") or (value.startswith("/") and not absolute):
            self.problem(f"`{key}={value}` leads out of the target's folder.", "Write a path under the target's root.")
        return value

    def _names(self, key: str) -> list[str]:
        value = self.attributes.get(key)
        names = [part for part in re.split(r"[\s,]+", value) if part] if value is not None else []
        for name in names:
            if not _VARIABLE.fullmatch(name):
                self.problem(
                    f"`{name}` in `{key}=` is no name.",
                    "Write the names of the target's variables or secrets, with commas.",
                )
        return names

    def _via(self) -> str | None:
        value = self.attributes.get("via")
        if value is None:
            if self.kind == "flag":
                self.problem(
                    "The flag step does not say where its flag stands.",
                    "Add `via=file:<path>`, `via=env:<path>` or `via=http:<service>`.",
                )
            return None
        place, _, rest = value.partition(":")
        if place not in ("file", "env", "http") or not rest:
            self.problem(
                f"`via={value}` is unknown.", "Write `via=file:<path>`, `via=env:<path>` or `via=http:<service>`."
            )
        elif place != "http" and (rest.startswith(("/", "~")) or ".." in rest.split("/")):
            self.problem(f"`via={value}` leads out of the target's folder.", "Write a path under the target's root.")
        return value

    def _pattern(self) -> str | None:
        value = self.attributes.get("pattern")
        if value is None:
            return None
        try:
            re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            self.problem(
                f"The pattern `{value[:60]}` is no regular expression: {error}.",
                "Mend it; a dot or a bracket that is meant needs a backslash.",
            )
        return value

    def _approve(self, value: str | None) -> str | None:
        if value is not None and not _APPROVE.fullmatch(value.strip()):
            self.problem(f"`{value}` does not say who approves.", "Write such as `1 of oncall-lead`.")
        return value.strip() if value is not None else None

    def _levels(self) -> list[int | str] | None:
        value = self.attributes.get("levels")
        if value is None:
            return None
        found: list[int | str] = []
        for part in re.split(r"[\s,]+", value.strip()):
            if part == "restore":
                found.append(part)
            elif part.isdigit() and len(part) <= 2:
                found.append(int(part))
            else:
                self.problem(
                    f"`levels={value}` cannot be read.", "Write level numbers and `restore`, such as `levels=1,2`."
                )
        return found

    def _asserts(self) -> list[str]:
        value = self.attributes.get("assert")
        if value is None:
            return []
        found = [part.strip() for part in value.split(";") if part.strip()]
        for part in found:
            if not _ASSERT.fullmatch(part):
                self.problem(
                    f"`assert` cannot be read: `{part}`.",
                    "Write `path == value`, `path != value` or `exists path`; separate several with `;`.",
                )
        return found

    def _signal(self) -> str | None:
        value = self.attributes.get("signal")
        if value is not None and value not in self.header.signals:
            self.problem(f"The signal `{value}` is not declared.", "Add it under `signals:` in the front matter.")
        return value

    def _threshold(self) -> dict[str, Any] | None:
        value = self.attributes.get("threshold")
        return self.header.threshold(value, self.line) if value is not None else None

    def approval(self, text: str) -> str | None:
        """Returns who approves, from "> **Approval:** 1 of oncall-lead"."""
        return self._approve(text)


def acts(kind: str) -> bool:
    return kind in ACTING
