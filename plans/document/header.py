"""Compiles the front matter: parameters, facts, signals, watch, tasks, contacts, roles."""

from __future__ import annotations

import re
import warnings
from typing import Any

from plans.document import durations
from plans.document.finding import Findings
from plans.document.front_matter import FrontMatter
from plans.document.matrix import compares

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
INERT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,127}")
"""What a parameter's value may look like: it means nothing to a shell, in quotes or bare."""
_EVENT = re.compile(r"[a-z_]+\.[a-z_]+")
_TOP = ("plan", "service", "params", "facts", "signals", "watch", "tasks", "contacts", "roles")
_PARAM_KEYS = ("pattern", "default", "from", "bind", "choices")
_SIGNAL_KEYS = ("metric", "probe", "query", "rate", "unit")
_WATCH_KEYS = ("warmup", "looks", "good_from", "errors", "count", "escalate")
WATCH = {
    "warmup": 60.0,
    "looks": [300.0, 600.0, 1200.0, 1800.0],
    "good_from": 600.0,
    "errors": {"op": "<", "value": 1.0, "unit": "%"},
    "count": 299,
}


class Header:
    """The compiled front matter; every odd value is a problem with its line."""

    def __init__(self, matter: FrontMatter, findings: Findings) -> None:
        self.matter = matter
        self.findings = findings
        self.is_plan = "plan" in matter.data
        self.service = ""
        self.params: dict[str, dict[str, str | None]] = {}
        self.facts: dict[str, dict[str, str]] = {}
        self.signals: dict[str, dict[str, Any]] = {}
        self.watch: dict[str, Any] = {**WATCH, "errors": dict(WATCH["errors"]), "looks": list(WATCH["looks"])}  # type: ignore[call-overload]
        self.tasks: dict[str, dict[str, Any]] = {}
        self.next_after: float | None = None
        self.roles: dict[str, dict[str, Any]] = {}
        for trouble in matter.troubles:
            findings.problem(trouble.line, trouble.message, trouble.hint)
        if self.is_plan:
            self._read()

    def line(self, *path: str) -> int:
        return self.matter.line(*path)

    def _read(self) -> None:
        data = self.matter.data
        for key in data:
            if key not in _TOP:
                self._problem((key,), f"The front matter's key `{key}` is unknown.", f"Known keys: {', '.join(_TOP)}.")
        if data["plan"] != "1":
            self._problem(("plan",), f"The plan's format `{data['plan']}` is unknown.", "Write `plan: 1`.")
        service = data.get("service", "")
        self.service = service if isinstance(service, str) else ""
        self._params(self._mapping("params"))
        self._facts(self._mapping("facts"))
        self._signals(self._mapping("signals"))
        self._watch(self._mapping("watch"))
        self._tasks(self._mapping("tasks"))
        self._contacts(self._mapping("contacts"))
        self.roles = {name: {} for name in self._mapping("roles")}

    def _problem(self, path: tuple[str, ...], message: str, hint: str) -> None:
        self.findings.problem(self.matter.line(*path), message, hint)

    def _mapping(self, *path: str) -> dict[str, Any]:
        value: Any = self.matter.data
        for key in path:
            value = value.get(key, {}) if isinstance(value, dict) else {}
        if isinstance(value, dict):
            return value
        if value not in ("", None):
            self._problem(path, f"`{path[-1]}:` in the front matter must hold keys.", "Write `{key: value}`.")
        return {}

    def _closed(self, path: tuple[str, ...], found: dict[str, Any], known: tuple[str, ...]) -> None:
        for key in found:
            if key not in known:
                self._problem(
                    (*path, key),
                    f"The key `{key}` of `{'.'.join(path)}` is unknown.",
                    f"Known keys: {', '.join(known)}.",
                )

    def _text(self, path: tuple[str, ...], found: dict[str, Any], key: str) -> str | None:
        value = found.get(key)
        if value is None or isinstance(value, str):
            return value
        self._problem((*path, key), f"`{key}` of `{'.'.join(path)}` must be a text.", "Write one value.")
        return None

    def _params(self, found: dict[str, Any]) -> None:
        for name in found:
            path = ("params", name)
            if not NAME.fullmatch(name):
                self._problem(
                    path,
                    f"`{name}` is no parameter name.",
                    "Use letters, digits, `-`, `_` and `.`; begin with a letter.",
                )
            fields = self._mapping(*path)
            self._closed(path, fields, _PARAM_KEYS)
            said = {key: self._text(path, fields, key) for key in _PARAM_KEYS}
            self.params[name] = said
            self._check_param(path, said)

    def _check_param(self, path: tuple[str, ...], said: dict[str, str | None]) -> None:
        pattern, default = said["pattern"], said["default"]
        if pattern is not None and not _is_pattern(pattern):
            self._problem(
                (*path, "pattern"),
                f"The pattern of `{path[-1]}` is no regular expression.",
                "Mend it, or leave it out.",
            )
            pattern = None
        if said["bind"] is not None and said["bind"] != "target":
            self._problem(
                (*path, "bind"), f"`{path[-1]}` is bound to `{said['bind']}`.", "Only `bind: target` is known."
            )
        if said["from"] is not None and said["bind"] is not None:
            self._problem(path, f"`{path[-1]}` has both `from:` and `bind:`.", "Keep the one that is true.")
        if default is not None and (not INERT.fullmatch(default) or ".." in default.split("/")):
            self._problem(
                (*path, "default"),
                f"The default of `{path[-1]}` holds characters that no parameter may have.",
                "Use letters, digits and . _ : @ / + - only.",
            )
        elif default is not None and pattern is not None and not re.fullmatch(pattern, default):
            self._problem(
                (*path, "default"),
                f"The default `{default}` does not match the pattern of `{path[-1]}`.",
                "Mend one of the two.",
            )

    def _facts(self, found: dict[str, Any]) -> None:
        for name in found:
            path = ("facts", name)
            fields = self._mapping(*path)
            self._closed(path, fields, ("from",))
            step = self._text(path, fields, "from")
            if not NAME.fullmatch(name) or step is None:
                self._problem(
                    path,
                    f"The fact `{name}` names no step.",
                    "Write `{from: name-of-a-read-step}`; exit status 0 means true.",
                )
                continue
            self.facts[name] = {"from": step}

    def _signals(self, found: dict[str, Any]) -> None:
        for name in found:
            path = ("signals", name)
            fields = self._mapping(*path)
            self._closed(path, fields, _SIGNAL_KEYS)
            metric = fields.get("metric", [])
            rate = self._text(path, fields, "rate")
            per_second = _rate(rate) if rate is not None else None
            if rate is not None and per_second is None:
                self._problem((*path, "rate"), f"`{rate}` is no rate.", "Write such as `10/s` or `30/min`.")
            self.signals[name] = {
                "metric": [text for text in ([metric] if isinstance(metric, str) else metric) if isinstance(text, str)],
                "probe": self._text(path, fields, "probe") or "load",
                "query": self._text(path, fields, "query"),
                "rate": per_second,
                "unit": self._text(path, fields, "unit") or "%",
            }

    def _watch(self, found: dict[str, Any]) -> None:
        self._closed(("watch",), found, _WATCH_KEYS)
        for key in ("warmup", "good_from"):
            if (text := self._text(("watch",), found, key)) is not None:
                self.watch[key] = self._duration(("watch", key), text, self.watch[key])
        looks = found.get("looks")
        if looks is not None:
            texts = looks if isinstance(looks, list) else [looks]
            self.watch["looks"] = [self._duration(("watch", "looks"), str(text), 0.0) for text in texts]
        self._check_looks()
        errors = self._text(("watch",), found, "errors")
        if errors is not None:
            self.watch["errors"] = self.threshold(errors, self.line("watch", "errors")) or self.watch["errors"]
        count = self._text(("watch",), found, "count")
        if count is not None and count.isdigit() and 0 < int(count) < 10_000_000:
            self.watch["count"] = int(count)
        elif count is not None:
            self._problem(
                ("watch", "count"), f"`{count}` is no number of requests.", "Write a whole number such as 299."
            )

        escalate = self._text(("watch",), found, "escalate")
        if escalate in ("automatic", "offer"):
            self.watch["escalate"] = escalate
        elif escalate is not None:
            self._problem(
                ("watch", "escalate"),
                f"`{escalate}` is no way to go on to the next level.",
                "Write `offer` (a person starts it) or `automatic` (where the target allows it too).",
            )

    def _check_looks(self) -> None:
        looks = self.watch["looks"]
        if looks != sorted(set(looks)) or not looks:
            self._problem(
                ("watch", "looks"),
                "The looks of the watch do not rise.",
                "Write them in order, each once: `[5m, 10m, 20m]`.",
            )
        elif self.watch["good_from"] > looks[-1]:
            self._problem(
                ("watch",),
                "No look of the watch may say recovered: `good_from` is later than the last one.",
                "Add a look, or lower `good_from`.",
            )

    def threshold(self, text: str, line: int) -> dict[str, Any] | None:
        """Returns a bound such as "< 1%" as data; an odd one is a problem."""
        found = compares(text)
        if found is None:
            self.findings.problem(line, f"`{text}` is no threshold.", "Write such as `< 1%` or `< 500ms`.")
            return None
        return {"op": found[0], "value": found[1], "unit": found[2]}

    def _duration(self, path: tuple[str, ...], text: str, usual: float) -> float:
        seconds = durations.strict(text)
        if seconds is None:
            self._problem(path, f"`{text}` is no duration.", "Write such as `30s`, `5m`, `1h30m`.")
            return usual
        return seconds

    def _tasks(self, found: dict[str, Any]) -> None:
        for name in found:
            path = ("tasks", name)
            fields = self._mapping(*path)
            self._closed(path, fields, ("if", "ticked_by"))
            said = self._text(path, fields, "if")
            condition = condition_of(said) if said is not None else None
            if said is not None and condition is None:
                self._problem(
                    (*path, "if"), f"`{said}` is no condition of a task.", "Write such as `severity in high critical`."
                )
            events = fields.get("ticked_by", [])
            kinds = [kind for kind in ([events] if isinstance(events, str) else events) if isinstance(kind, str)]
            for kind in kinds:
                if not _EVENT.fullmatch(kind):
                    self._problem(
                        (*path, "ticked_by"), f"`{kind}` is no kind of event.", "Write such as `message.sent`."
                    )
            self.tasks[name] = {"if": condition, "ticked_by": kinds}

    def _contacts(self, found: dict[str, Any]) -> None:
        self._closed(("contacts",), found, ("next_after",))
        text = self._text(("contacts",), found, "next_after")
        if text is not None:
            self.next_after = self._duration(("contacts", "next_after"), text, 300.0)


def condition_of(text: str) -> dict[str, Any] | None:
    """Returns "severity in high critical" as data."""
    match = re.fullmatch(
        r"(?P<field>[a-z_]+)\s+(?:in|is)\s+(?P<values>[a-z]+(?:[ ,/]+(?:or\s+)?[a-z]+)*)", text.strip().lower()
    )
    if match is None or match.group("field") not in ("severity",):
        return None
    return {
        "field": match.group("field"),
        "in": [value for value in re.split(r"[ ,/]+", match.group("values")) if value != "or"],
    }


def _rate(text: str) -> float | None:
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*/\s*(s|sec|min|m|h)", text.strip())
    if match is None:
        return None
    return float(match.group(1)) / {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600}[match.group(2)]


def _is_pattern(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # "[[" may mean a set one day; today it is a pattern
            re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return len(text) <= 500
