"""The forms of sign-in and people."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, SetPasswordMixin

from config.roles import ROLES

ROLE_CHOICES = [(role, role.capitalize()) for role in ROLES]


class SignInForm(AuthenticationForm):
    """Name and password. The same sentence for an unknown name and a wrong password: names are not given away."""

    error_messages = {
        "invalid_login": "Name and password do not match. Passwords tell capital and small letters apart.",
        "inactive": "Name and password do not match. Passwords tell capital and small letters apart.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Name"
        self.fields["password"].label = "Password"


class PasswordForm(SetPasswordMixin, forms.Form):
    """The present password once, the new one twice."""

    present = forms.CharField(
        label="Present password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password1, password2 = SetPasswordMixin.create_password_fields("New password", "New password again")

    def __init__(self, person: Any, *args: Any, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = "At least 10 characters, not a common password and not like your name."
        self.fields["password2"].help_text = ""

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if not self.person.check_password(present):
            raise forms.ValidationError("This is not your present password.")
        return present

    def clean(self) -> dict[str, Any]:
        self.validate_passwords("password1", "password2")
        self.validate_password_for_user(self.person, "password2")
        if self.cleaned_data.get("password1") and self.cleaned_data.get("password1") == self.cleaned_data.get(
            "present"
        ):
            self.add_error("password1", "Choose another password than the present one.")
        return self.cleaned_data


class InviteForm(forms.Form):
    """Who is invited, and as what."""

    username = forms.CharField(
        label="Sign-in name",
        max_length=150,
        help_text="Letters, digits and . @ + - _; shown on every timeline.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    name = forms.CharField(label="Full name", max_length=150, required=False)
    email = forms.EmailField(
        label="E-mail", required=False, help_text="For messages to this person. No mail is sent now."
    )
    role = forms.ChoiceField(label="Role", choices=ROLE_CHOICES, initial="responder", widget=forms.RadioSelect)


class RoleForm(forms.Form):
    """Another role; carries the role that the page showed."""

    role = forms.ChoiceField(label="Role", choices=ROLE_CHOICES, widget=forms.RadioSelect)
    expected = forms.CharField(required=False, widget=forms.HiddenInput)
