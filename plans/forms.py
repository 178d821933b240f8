"""The forms that take a plan's text: typed, pasted or uploaded."""

from typing import Any

from django import forms

from plans.models import Refused, Revision
from plans.models.revision import MAX_BYTES, Reading, check_text

CODE = {"class": "code plan-text", "spellcheck": "false", "autocomplete": "off", "wrap": "off"}


class TextForm(forms.Form):
    """A plan as text or file; the file wins. After `is_valid()`, `reading` is what was made of it."""

    text = forms.CharField(
        label="The plan, as Markdown", required=False, strip=False, widget=forms.Textarea(attrs=CODE)
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text="A UTF-8 Markdown file of up to 1 MiB.",
        widget=forms.FileInput(attrs={"accept": ".md,.markdown,.txt,text/markdown,text/plain"}),
    )
    reading: Reading | None = None

    def __init__(self, *args: Any, draft: str = "", **kwargs: Any) -> None:
        """`draft` names the text in the browser's keeping, so that a cut line or an ended session loses nothing."""
        super().__init__(*args, **kwargs)
        if draft:
            self.fields["text"].widget.attrs["data-draft"] = draft

    def clean_text(self) -> str:
        # Browsers send CRLF for every line of a textarea; the hash must not depend on how the text came in.
        return self.cleaned_data["text"].replace("\r\n", "\n")

    def clean_file(self) -> str:
        upload = self.cleaned_data["file"]
        return text_of(upload.name, upload.read(MAX_BYTES + 1)) if upload else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "file" in self.errors:
            return cleaned
        text = cleaned.get("file") or cleaned.get("text") or ""
        if not text.strip():
            self.add_error("text", "There is no text yet. Write or paste the plan, or choose a file.")
            return cleaned
        try:
            check_text(text)
        except Refused as refused:
            self.add_error("text", str(refused))
            return cleaned
        cleaned["text"] = text
        self.reading = Revision.read(text)
        return cleaned

    @property
    def text_shown(self) -> str:
        """The text to show again: an uploaded file's, else what was typed. Nothing is lost by an error."""
        uploaded = self.cleaned_data.get("text") if hasattr(self, "cleaned_data") else None
        return uploaded or self["text"].value() or ""


class SaveForm(TextForm):
    """A text that is to be kept: problems must be accepted first, and are then a draft that cannot run."""

    accept_problems = forms.BooleanField(label="Save it as a draft that cannot run yet", required=False)

    @property
    def needs_acceptance(self) -> bool:
        """True when the text has problems and nobody said that a draft is fine."""
        return bool(self.reading and self.reading.problems and not self.cleaned_data.get("accept_problems"))


class NewPlanForm(SaveForm):
    """A new plan; the document's own title and service are taken where these are empty."""

    title = forms.CharField(
        label="Title", max_length=200, required=False, help_text="Empty: the document's first heading."
    )
    service_name = forms.CharField(
        label="Service", max_length=100, required=False, help_text="Empty: “service:” of the document's front matter."
    )


class ChangeForm(SaveForm):
    """A new revision of a plan; carries the number that it started from."""

    reason = forms.CharField(
        label="What changed, and why",
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    incident = forms.CharField(label="Incident", max_length=40, required=False, widget=forms.HiddenInput)
    after = forms.IntegerField(widget=forms.HiddenInput)


class WithdrawForm(forms.Form):
    """Taking an approval back."""

    reason = forms.CharField(label="Why the approval is taken back", max_length=500)


def text_of(name: str, content: bytes) -> str:
    """The text of an uploaded file; ValidationError with the place of the first byte that is no UTF-8."""
    if len(content) > MAX_BYTES:
        raise forms.ValidationError(
            f"{name} is larger than 1 MiB. Move logs and pictures to another file and link them."
        )
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise forms.ValidationError(
            f"{name} is not UTF-8 text: line {line} holds the byte 0x{content[error.start]:02x}. "
            "Save it as UTF-8 Markdown and try again. Nothing was changed."
        ) from error
