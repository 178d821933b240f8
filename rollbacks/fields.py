"""Form fields for lists and pairs that people write one per line."""

import re
from typing import Any

from django import forms

PARAMETER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,127}")
ENTRY = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(\d{1,5})")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class LinesField(forms.CharField):
    """One entry a line becomes a list."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        widget = forms.Textarea(
            attrs={"rows": rows, "class": "code short", "spellcheck": "false", "autocomplete": "off"}
        )
        super().__init__(required=False, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> str:
        return "\n".join(str(one) for one in value) if isinstance(value, list) else value or ""

    def clean(self, value: Any) -> Any:
        entries = [line.strip() for line in (super().clean(value) or "").splitlines() if line.strip()]
        problems = [problem for entry in entries if (problem := self.problem_of(entry))]
        if problems:
            raise forms.ValidationError(problems)
        return entries

    def problem_of(self, entry: str) -> str:
        """Why an entry cannot be taken, as a sentence; empty when it can."""
        return ""


class HostsField(LinesField):
    """ "host:port" entries."""

    def problem_of(self, entry: str) -> str:
        found = ENTRY.fullmatch(entry)
        if not found or not 0 < int(found[2]) < 65536:
            return f"{entry} is no host:port, like 127.0.0.1:8000 or orders.internal:443. Leave http:// and paths out."
        return ""


class NamesField(LinesField):
    """Names of secrets."""

    def problem_of(self, entry: str) -> str:
        return (
            "" if NAME.fullmatch(entry) else f"{entry} is no name. Write only the secret's name here, never its value."
        )


class PairsField(LinesField):
    """`name = value` lines become a dict."""

    def prepare_value(self, value: Any) -> str:
        return (
            "\n".join(f"{name} = {self.written(said)}" for name, said in value.items())
            if isinstance(value, dict)
            else value or ""
        )

    def clean(self, value: Any) -> Any:
        pairs: dict[str, Any] = {}
        problems = []
        for line in super().clean(value):
            name, sign, said = (part.strip() for part in line.partition("="))
            if not sign or not NAME.fullmatch(name):
                problems.append(f"“{line}” is no “name = value”.")
            elif name in pairs:
                problems.append(f"{name} stands there twice.")
            elif problem := self.problem_with(name, said):
                problems.append(problem)
            else:
                pairs[name] = self.read(name, said)
        if problems:
            raise forms.ValidationError(problems)
        return pairs

    def problem_with(self, name: str, said: str) -> str:
        return ""

    def read(self, name: str, said: str) -> Any:
        return said

    def written(self, said: Any) -> str:
        return str(said)


class ParametersField(PairsField):
    """Values that go into commands: letters, digits and . _ : @ / + - only, so that they are inert in any quoting."""

    def problem_with(self, name: str, said: str) -> str:
        if not PARAMETER.fullmatch(said):
            return (
                f"{name}: “{said}” cannot stand in a command. "
                "Use letters, digits and . _ : @ / + - only, beginning with a letter or digit."
            )
        if ".." in said.split("/"):
            return f"{name}: “{said}” leaves its folder by “..”."
        return ""


class FactsField(PairsField):
    """`name = yes` or `no`."""

    WORDS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}

    def problem_with(self, name: str, said: str) -> str:
        return "" if said.lower() in self.WORDS else f"{name}: write yes or no, not “{said}”."

    def read(self, name: str, said: str) -> bool:
        return self.WORDS[said.lower()]

    def written(self, said: Any) -> str:
        return "yes" if said is True else "no" if said is False else str(said)


class FlagServicesField(LinesField):
    """`[name]`, then `key = value` lines: {name: {key: value}}."""

    KEYS = ("read", "value", "set", "body", "on", "off", "remove", "header")
    REQUESTS = re.compile(r"(GET|POST|PUT|PATCH|DELETE) https?://\S+")

    def prepare_value(self, value: Any) -> str:
        if not isinstance(value, dict):
            return value or ""
        blocks = [
            "\n".join([f"[{name}]", *(f"{key} = {said}" for key, said in one.items())]) for name, one in value.items()
        ]
        return "\n\n".join(blocks)

    def clean(self, value: Any) -> Any:
        services: dict[str, dict[str, str]] = {}
        problems, current = [], None
        for line in super().clean(value):
            if line.startswith("[") and line.endswith("]") and NAME.fullmatch(line[1:-1].strip()):
                current = services.setdefault(line[1:-1].strip(), {})
                continue
            key, sign, said = (part.strip() for part in line.partition("="))
            if current is None:
                problems.append(f"“{line[:60]}” stands before any [name]. Begin with the name that plans use: [flags].")
            elif not sign or key not in self.KEYS:
                problems.append(f"“{line[:60]}” is not understood. Known: {', '.join(self.KEYS)}, each as key = value.")
            elif key in ("read", "set", "remove") and not self.REQUESTS.fullmatch(said):
                problems.append(
                    f"{key}: “{said[:60]}” is no method with an address, such as GET http://flags:4242/api/{{flag}}."
                )
            else:
                current[key] = said
        problems += [
            f"[{name}] has no “{key} = …”."
            for name, one in services.items()
            for key in ("read", "set")
            if key not in one
        ]
        problems += [
            f"[{name}]: {{flag}} must stand in “read” and in “set” or its body: which flag is meant?"
            for name, one in services.items()
            if "{flag}" not in one.get("read", "{flag}")
            or "{flag}" not in one.get("set", "{flag}") + one.get("body", "")
        ]
        if problems:
            raise forms.ValidationError(problems)
        return services
