"""Sign-in, sign-out and one's own password."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from config.accounts import people
from config.accounts.forms import PasswordForm, SignInForm
from config.accounts.one_time import PENDING


class SignIn(LoginView):
    """Django's own sign-in with our words; axes counts the failures and shows the lock-out page."""

    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        person = form.get_user()
        people.note_sign_in(person)
        if people.must_choose_password(person):
            self.request.session[PENDING] = True
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class SignOut(LogoutView):
    """Only by POST: a mail scanner or a prefetch never signs anybody out."""

    http_method_names = ["post", "options"]


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """One's own password; the first page after a one-time password."""
    person = cast(User, request.user)  # no page without sign-in
    form = PasswordForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        people.change_own_password(person, form.cleaned_data["password1"])
        update_session_auth_hash(request, person)  # this session stays, every other one ends
        request.session.pop(PENDING, None)
        messages.success(request, "Your password is changed. Other sessions of yours are signed out.")
        return redirect("now")
    context = {"form": form, "pending": PENDING in request.session}
    return render(request, "accounts/password.html", context, status=422 if form.is_bound else 200)
