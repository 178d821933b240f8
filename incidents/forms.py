"""What people type: declaring, contacts, action items. Each form turns text into typed values and sentences."""

import secrets
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from incidents.models import ActionKind, Contact, Severity
from rollbacks.models import Target
from timeline import domain_time

# A browser's clock may be ahead of the server's.
CLOCKS_DIFFER = timedelta(seconds=60)


class TargetChoice(forms.ModelChoiceField):
    """Service and environment as one choice; production says so."""

    def label_from_instance(self, obj: Any) -> str:
        name = obj.environment.name
        mark = " (production)" if obj.environment.is_production and name.lower() != "production" else ""
        return f"{obj.service.name} · {name}{mark}"


class DeclareForm(forms.Form):
    """At most five fields; all but the target may stay empty."""

    target = TargetChoice(queryset=Target.objects.none(), label="Service and environment", empty_label=None)
    symptom = forms.CharField(
        required=False,
        max_length=300,
        label="What is wrong?",
        help_text="Pick one of the plan's symptoms, or say it in your own words.",
        widget=forms.TextInput(attrs={"list": "symptoms", "autocomplete": "off", "autofocus": True}),
    )
    severity = forms.ChoiceField(
        required=False,
        choices=[("", "As the plan says"), *reversed(Severity.choices)],
        label="Severity",
    )
    title = forms.CharField(required=False, max_length=200, label="Title", help_text="Empty: the symptom is the title.")
    detected_at = forms.DateTimeField(
        required=False,
        label="Detected at",
        help_text="T+0. Empty: now.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )
    key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets = Target.objects.select_related("service", "environment", "plan")
        self.fields["target"].queryset = targets.order_by("-environment__is_production", "service__name")  # type: ignore[attr-defined]
        # One a form: a double click or a reload gives the first incident back.
        self.fields["key"].initial = secrets.token_urlsafe(16)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("symptom") or cleaned.get("title")):
            self.add_error("symptom", "Say in a few words what is wrong.")
        detected = cleaned.get("detected_at")
        if detected and detected > domain_time.now() + CLOCKS_DIFFER:
            self.add_error("detected_at", "That time lies in the future.")
        return cleaned


class ContactForm(forms.ModelForm):
    """One rung of the escalation path."""

    class Meta:
        model = Contact
        fields = ("order", "role", "name", "address", "user", "next_after_minutes")
        labels = {
            "order": "Order", "role": "Role", "name": "Name", "address": "Mail address", "user": "Account",
            "next_after_minutes": "Minutes",
        }  # fmt: skip


class StakeholdersForm(forms.Form):
    """Who gets the messages about a target."""

    addresses = forms.CharField(
        required=False,
        label="Stakeholders",
        help_text="One mail address a line.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class ActionItemForm(forms.Form):
    """Something to be done after the incident."""

    text = forms.CharField(
        max_length=500, label="What is to be done?", error_messages={"required": "Say what is to be done."}
    )
    kind = forms.ChoiceField(
        choices=[
            ("prevent", "Prevent: it cannot happen again"),
            ("detect", "Detect: we see it sooner"),
            ("mitigate", "Mitigate: it hurts less"),
            ("plan", "Plan: the plan says it"),
        ],
        required=False,
        label="What good does it do?",
    )
    owner = forms.ModelChoiceField(queryset=get_user_model().objects.none(), label="Owner", empty_label="Choose…")
    due_on = forms.DateField(label="Due on", widget=forms.DateInput(attrs={"type": "date"}))

    def clean_kind(self) -> str:
        return self.cleaned_data.get("kind") or ActionKind.PREVENT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = get_user_model().objects.filter(is_active=True).order_by("username")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class MoveActionForm(forms.Form):
    """Another owner, another day."""

    owner = forms.ModelChoiceField(queryset=get_user_model().objects.filter(is_active=True))
    due_on = forms.DateField()
