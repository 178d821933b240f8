"""The forms of services, environments and targets, and the acts on runs."""

from typing import Any

from django import forms

from plans.document import durations
from rollbacks import alternatives
from rollbacks.fields import (
    FactsField,
    FlagServicesField,
    HostsField,
    LinesField,
    NamesField,
    PairsField,
    ParametersField,
)
from rollbacks.models import Environment, Target
from rollbacks.models.secret import LONGEST
from rollbacks.models.target import OutputLimit
from rollbacks.snapshot import alternatives_in

WATCH_KEYS = {"warmup", "looks", "good_from", "count", "errors"}


class NameForm(forms.Form):
    """A service's name."""

    name = forms.CharField(label="Name", max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class EnvironmentForm(NameForm):
    """An environment."""

    is_production = forms.BooleanField(label="This is production", required=False)


class WatchField(PairsField):
    """`warmup = 10s`, `looks = 30s 60s 120s`, `good_from = 60s`, `count = 299`, `errors = < 1%`."""

    def problem_with(self, name: str, said: str) -> str:
        if name not in WATCH_KEYS:
            return f"{name} is no key of a watch. Known: {', '.join(sorted(WATCH_KEYS))}."
        try:
            self.read(name, said)
        except ValueError:
            return f"{name}: “{said}” is not understood. Lengths are written 30s or 5m."
        return ""

    def read(self, name: str, said: str) -> Any:
        if name == "count":
            return int(said)
        if name == "errors":
            return self._threshold(said)
        lengths = [durations.strict(word) for word in said.replace(",", " ").split()]
        if not lengths or None in lengths or (name != "looks" and len(lengths) != 1):
            raise ValueError(said)
        return lengths if name == "looks" else lengths[0]

    def written(self, said: Any) -> str:
        if isinstance(said, list):
            return " ".join(f"{one:g}s" for one in said)
        if isinstance(said, dict):
            return f"{said['op']} {said['value']:g}{said.get('unit', '')}"
        return f"{said:g}s" if isinstance(said, float) else str(said)

    def _threshold(self, said: str) -> dict[str, Any]:
        operator, _, value = said.replace("<", "< ", 1).partition(" ")
        if operator != "<" or not value.strip().endswith("%"):
            raise ValueError(said)
        return {"op": "<", "value": float(value.strip().rstrip("%")), "unit": "%"}


class AlternativesField(forms.MultipleChoiceField):
    """The plan's alternatives, to be ticked; kept as words with commas between."""

    def __init__(self, choices: list[tuple[str, str]]) -> None:
        super().__init__(
            label="How it is deployed",
            required=False,
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            help_text="The plan's alternatives: tick those that run here, one for each step that has several.",
        )

    def clean(self, value: Any) -> str:
        return ", ".join(super().clean(value))


class TargetForm(forms.ModelForm):
    """One service in one environment, with everything that the plan leaves open."""

    hosts = HostsField(
        label="Hosts", help_text="One host:port a line. Steps and checks may ask these and nothing else."
    )
    params = ParametersField(label="Parameters", help_text="One “name = value” a line, for the plan's <placeholders>.")
    env = PairsField(label="Variables", help_text="PATH, HOME, LANG and TZ always; others where a step names them.")
    secrets = NamesField(
        label="Secrets of the workers' environment, by name",
        help_text="Their values are FIREBREAK_SECRET_<NAME> of each worker. Others are set under Secrets.",
    )
    facts = FactsField(label="Facts", help_text="“has_tests = no”: answers that this target states itself.")
    watch = WatchField(
        label="Shorter watch", help_text="Not in production. “warmup = 10s”, “looks = 30s 60s 120s”, “good_from = 60s”."
    )
    second_person_levels = LinesField(
        rows=2,
        label="Levels with a second person",
        help_text="One number a line: its steps wait for somebody else's yes.",
    )
    approvals_needed = forms.IntegerField(
        label="Approvals there",
        required=False,
        min_value=1,
        max_value=5,
        help_text="How many others must say yes to exactly these commands. One, unless you write more.",
    )
    flag_services = FlagServicesField(
        rows=5,
        label="Flag services",
        help_text="For flags by via=http:<name>: “[name]”, then read, value, set, body, header, as docs/targets.md says.",
    )
    output_limit = forms.ChoiceField(
        label="A command that says more than 32 MiB", choices=OutputLimit.choices, required=False
    )
    drawn_from = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Target
        fields = (
            "service", "environment", "plan", "deployment", "root", "queue", "hosts", "params",
            "facts", "env", "secrets", "watch", "second_person_levels", "approvals_needed",
            "flag_services", "output_limit",
        )  # fmt: skip
        labels = {
            "plan": "Plan",
            "root": "Folder",
            "deployment": "How it is deployed",
            "queue": "Queue",
        }
        help_texts = {
            "root": "Commands start here, on the worker's host. An absolute path.",
            "deployment": "The plan's alternative that runs here: systemd, docker, kubernetes, dev or its own word.",
            "queue": "Workers on a host that reaches the service listen to it. “rollback” is the one of this host.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = alternatives.offered(self.instance)
        if known:
            self.fields["deployment"] = AlternativesField(known)
            self.initial["deployment"] = alternatives_in(self.instance.deployment)

    def clean_root(self) -> str:
        root: str = self.cleaned_data["root"].strip()
        if root and not root.startswith("/"):
            raise forms.ValidationError("Write an absolute path, beginning with /.")
        return root

    def clean_approvals_needed(self) -> int:
        return self.cleaned_data["approvals_needed"] or 1

    def clean_output_limit(self) -> str:
        return self.cleaned_data["output_limit"] or str(OutputLimit.TRUNCATE)

    def clean_flag_services(self) -> Any:
        return self.cleaned_data["flag_services"] or None

    def clean_watch(self) -> Any:
        return self.cleaned_data["watch"] or None

    def clean_second_person_levels(self) -> list[int]:
        entries = self.cleaned_data["second_person_levels"]
        if wrong := [entry for entry in entries if not entry.isdecimal()]:
            raise forms.ValidationError(f"“{wrong[0]}” is no level. Write its number.")
        return [int(entry) for entry in entries]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        environment: Environment | None = cleaned.get("environment")
        if environment and environment.is_production and cleaned.get("watch"):
            self.add_error("watch", f"{environment.name} is production: its watch cannot be shortened.")
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """The target's own fields, cleaned."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class SecretForm(forms.Form):
    """A secret: its name and its value, typed or as a file. What was typed is never drawn again."""

    name = forms.CharField(
        label="Name", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    value_typed = forms.CharField(
        label="Value", required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    file = forms.FileField(label="or a file, for a value of several lines", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.value = cleaned.get("value_typed") or ""
        uploaded = cleaned.get("file")
        if bool(self.value) == bool(uploaded):
            raise forms.ValidationError("Type a value, or choose a file: one of the two.")
        if uploaded:
            try:
                self.value = uploaded.read(LONGEST + 1).decode().rstrip("\n")
            except UnicodeDecodeError:
                raise forms.ValidationError("The file is not UTF-8 text.") from None
        return cleaned


class ReasonForm(forms.Form):
    """Why something is done, for the timeline."""

    reason = forms.CharField(label="Reason, for the timeline", max_length=500)


class NoteForm(forms.Form):
    """What a person adds to a confirmation; may be empty."""

    note = forms.CharField(label="Note", max_length=500, required=False)
