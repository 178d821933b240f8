"""The people page, for administrators: invite, set a role, deactivate, make a new one-time password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.accounts import people
from config.accounts.forms import InviteForm, RoleForm
from config.roles import ADMINISTRATOR, role_of
from plans.models import Refused
from timeline.models import Event

may_manage = permission_required("auth.change_user", raise_exception=True)
HISTORY = 20


def _person(pk: int) -> Any:
    return get_object_or_404(get_user_model().objects.prefetch_related("groups"), pk=pk)


@require_GET
@may_manage
def people_page(request: HttpRequest) -> HttpResponse:
    """Everybody, active people first."""
    users = get_user_model().objects.prefetch_related("groups").order_by("-is_active", "username")
    rows = [{"person": user, "role": role_of(user)} for user in users]
    return render(request, "accounts/people.html", {"rows": rows, "active": sum(user.is_active for user in users)})


@require_http_methods(["GET", "POST"])
@may_manage
@sensitive_variables("password")
def invite(request: HttpRequest) -> HttpResponse:
    """A new person. The one-time password is on the answer and nowhere else."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person, password = people.invite(**form.cleaned_data, by=request.user)
        except Refused as refused:
            form.add_error("username", str(refused))
        else:
            return _handed_over(request, person, password, invited=True)
    return render(request, "accounts/invite.html", {"form": form}, status=422 if form.is_bound else 200)


@require_GET
@may_manage
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: the role, what changed and who changed it."""
    return _person_page(request, _person(pk))


@require_POST
@may_manage
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Another role for the person."""
    found, form = _person(pk), RoleForm(request.POST)
    if not form.is_valid():
        return _person_page(request, found, "Choose a role.", status=422)
    try:
        people.set_role(found, role=form.cleaned_data["role"], expected=form.cleaned_data["expected"], by=request.user)
    except Refused as refused:
        return _person_page(request, found, str(refused), status=409)
    messages.success(request, f"{found.username} is now {form.cleaned_data['role']}.")
    return redirect("person", pk=pk)


@require_POST
@may_manage
def activation(request: HttpRequest, pk: int) -> HttpResponse:
    """Deactivates, or lets in again, as the form says; a stale form changes nothing."""
    found = _person(pk)
    act, done = (
        (people.reactivate, "active again")
        if request.POST.get("active") == "yes"
        else (people.deactivate, "deactivated")
    )
    try:
        act(found, by=request.user)
    except Refused as refused:
        return _person_page(request, found, str(refused), status=409)
    messages.success(request, f"{found.username} is {done}.")
    return redirect("person", pk=pk)


@require_POST
@may_manage
@sensitive_post_parameters()
@sensitive_variables("password")
def one_time_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A new one-time password for somebody who forgot theirs."""
    found = _person(pk)
    if found.pk == request.user.pk:
        return _person_page(request, found, "Change your own password on the password page.", status=409)
    return _handed_over(request, found, people.reset_password(found, by=request.user), invited=False)


def _handed_over(request: HttpRequest, found: Any, password: str, *, invited: bool) -> HttpResponse:
    context = {"person": found, "password": password, "role": role_of(found), "invited": invited}
    response = render(request, "accounts/handed_over.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _person_page(request: HttpRequest, found: Any, refusal: str = "", status: int = 200) -> HttpResponse:
    found = _person(found.pk)
    current = role_of(found)
    history = (
        Event.objects.filter(stream__key=people.STREAM, data__person=found.pk)
        .select_related("actor")
        .order_by("-seq")[:HISTORY]
    )
    context = {
        "person": found,
        "role": current,
        "is_self": found.pk == request.user.pk,
        "is_administrator": current == ADMINISTRATOR,
        "form": RoleForm(initial={"role": current, "expected": current}),
        "history": history,
        "refusal": refusal,
    }
    return render(request, "accounts/person.html", context, status=status)
