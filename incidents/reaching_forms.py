"""What people type about reaching people: channels, groups of recipients, templates."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from incidents.channels import apprise, webhook
from incidents.models import ChannelKind, Contact, ContactChannel, MessageTemplate, RecipientGroup, Refused, Severity
from incidents.models.contact import read_addresses

KINDS = [(kind.value, kind.label) for kind in (ChannelKind.APPRISE, ChannelKind.WEBHOOK)]


class ChannelForm(forms.Form):
    """One more way to a contact; its address is checked before it is kept."""

    contact = forms.ModelChoiceField(queryset=Contact.objects.none(), label="Contact", empty_label=None)
    kind = forms.ChoiceField(choices=KINDS, label="Kind")
    label = forms.CharField(max_length=80, label="Name", help_text="Shown instead of the address: “Ben's phone”.")
    url = forms.CharField(
        max_length=2000,
        label="Address",
        help_text="Such as ntfy://topic, tgram://token/chat, or https://… for a webhook. Kept encrypted, never shown again.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        required=False,
        max_length=200,
        label="Signing secret",
        help_text="Webhooks only: signs each body with HMAC-SHA256.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, target: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].queryset = Contact.objects.filter(target=target)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        url, kind = str(cleaned.get("url") or "").strip(), cleaned.get("kind")
        if url and kind and (why := (apprise if kind == "apprise" else webhook).problem(url)):
            self.add_error("url", why)
        return cleaned

    def save(self) -> ContactChannel:
        given = self.cleaned_data
        return ContactChannel.add(
            given["contact"], kind=given["kind"], label=given["label"], url=given["url"].strip(), secret=given["secret"]
        )


class RecipientGroupForm(forms.ModelForm):
    """Some addresses for one audience, for some severities or all."""

    people = forms.CharField(
        label="Addresses", help_text="One mail address a line.", widget=forms.Textarea(attrs={"rows": 3})
    )
    at = forms.MultipleChoiceField(
        required=False,
        choices=Severity.choices,
        label="Only at severity",
        help_text="None chosen: at every severity.",
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = RecipientGroup
        fields = ("name", "audience")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].initial = "\n".join(self.instance.addresses or [])
        self.fields["at"].initial = self.instance.severities or []

    def clean_people(self) -> list[str]:
        try:
            return read_addresses(self.cleaned_data["people"])
        except Refused as why:
            raise ValidationError(str(why)) from None

    def save(self, commit: bool = True) -> RecipientGroup:
        self.instance.addresses = self.cleaned_data["people"]
        self.instance.severities = self.cleaned_data["at"]
        return super().save(commit)


class TemplateForm(forms.ModelForm):
    """The words for one audience and stage."""

    class Meta:
        model = MessageTemplate
        fields = ("audience", "stage", "subject", "body")
        labels = {"body": "Text"}
        help_texts = {"body": "Words in [brackets] are fields; the draft fills those that the timeline answers."}
        widgets = {"body": forms.Textarea(attrs={"rows": 8})}
