"""The forms of a target's standing orders and of its maintenance windows."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from rollbacks.models import Guard, Heartbeat

SWITCH = {"": None, "on": True, "off": False}
MOMENT = "%Y-%m-%dT%H:%M"


class GuardForm(forms.Form):
    """Whether the matrix is watched, and whether a level may begin by itself."""

    detects = forms.ChoiceField(
        label="Watch the matrix",
        required=False,
        choices=[("", "As long as a heartbeat measures this target"), ("on", "On"), ("off", "Off")],
    )
    measures = forms.ChoiceField(
        label="Measure outside of incidents",
        required=False,
        choices=[("on", "On"), ("off", "Off")],
        help_text="A handful of labelled queries a minute, so that there is a healthy time to compare with after a rollback.",
    )
    escalates = forms.BooleanField(
        label="The next level may begin by itself",
        required=False,
        help_text="Only where the plan says so too (watch: {escalate: automatic}), and never while a step runs or its outcome is unknown.",
    )

    @classmethod
    def of(cls, guard: Guard) -> "GuardForm":
        word = next(word for word, value in SWITCH.items() if value is guard.detects)
        measures = "off" if Heartbeat.of(guard.target).off else "on"
        return cls(initial={"detects": word, "measures": measures, "escalates": guard.escalates})

    @property
    def orders(self) -> dict[str, Any]:
        return {"detects": SWITCH[self.cleaned_data["detects"]], "escalates": self.cleaned_data["escalates"]}


class MaintenanceForm(forms.Form):
    """Begin, end, reason; the times are those of the installation's zone."""

    begins_at = forms.DateTimeField(
        label="From",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        input_formats=[MOMENT],
    )
    ends_at = forms.DateTimeField(
        label="Until",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        input_formats=[MOMENT],
    )
    reason = forms.CharField(label="Reason", max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    @classmethod
    def starting(cls, now: datetime) -> "MaintenanceForm":
        """Filled in with the next hour."""
        local = timezone.localtime(now).replace(second=0, microsecond=0)
        return cls(initial={"begins_at": local, "ends_at": local + timedelta(hours=1)})
