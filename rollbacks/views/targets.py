"""Targets: a plain list, a plain form, and a test of the connection."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rollbacks import connection, registry
from rollbacks.access import may_edit_targets, target_for
from rollbacks.forms import SecretForm, TargetForm
from rollbacks.hands import hands
from rollbacks.models import Refused, Run, Target
from rollbacks.readiness import readiness
from timeline.models import Event

HISTORY = 10


@require_GET
def targets(request: HttpRequest) -> HttpResponse:
    """Every target with its plan and what runs on it."""
    found = list(Target.objects.select_related("service", "environment", "plan"))
    active = {
        (run.service_id, run.environment_id): run
        for run in Run.objects.active().exclusive().only("pk", "service", "environment", "status", "kind", "level")
    }
    rows = [{"target": target, "run": active.get((target.service_id, target.environment_id))} for target in found]
    return render(request, "rollbacks/targets.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@may_edit_targets
def new_target(request: HttpRequest) -> HttpResponse:
    """A new target; `?service=3&environment=1` chooses both."""
    initial = {name: request.GET[name] for name in ("service", "environment", "plan") if name in request.GET}
    form = TargetForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            target = registry.add_target(**form.values, by=request.user)
        except Refused as refused:
            form.add_error("environment", str(refused))
        else:
            messages.success(request, f"{target} is added. Next: test the connection.")
            return redirect(target)
    return render(request, "rollbacks/new_target.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def target(request: HttpRequest, pk: int) -> HttpResponse:
    """One target: whether it is ready, what it is, how it changed."""
    found = target_for(request, pk)
    if request.method == "GET":
        return target_page(request, found)
    return _save(request, pk)


@may_edit_targets
def _save(request: HttpRequest, pk: int) -> HttpResponse:
    found = target_for(request, pk)
    form = TargetForm(request.POST, instance=target_for(request, pk))
    if not form.is_valid():
        return target_page(request, found, form=form, status=422)
    try:
        changes = registry.change_target(
            found, form.values, by=request.user, drawn_from=form.cleaned_data["drawn_from"]
        )
    except Refused as refused:
        again = cast(QueryDict, form.data).copy()
        again["drawn_from"] = registry.state_of(found)
        form.data = again
        return target_page(request, found, form=form, refusal=str(refused), status=409)
    messages.success(
        request, f"Saved: {', '.join(changes)}." if changes else "Nothing differed, so nothing was changed."
    )
    return redirect(found)


@require_POST
@may_edit_targets
def test_connection(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks a worker whether folder and hosts are there; without a worker it is asked from here, and said."""
    found = target_for(request, pk)
    if not connection.examine_later(found, by=request.user):
        messages.warning(
            request, f"No worker listens to the queue “{found.queue}”: tested from the web server instead."
        )
    return redirect(found)


@require_GET
def connection_part(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer of the last test, for the page that waits for it."""
    found = target_for(request, pk)
    return render(request, "rollbacks/connection.html", {"target": found, "test": connection.last_test(found)})


def target_page(
    request: HttpRequest,
    found: Target,
    *,
    form: Any = None,
    secret_form: Any = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """One target; a refused form is shown again with what was typed."""
    kinds = ("target.added", "target.changed", "secret.set", "secret.replaced", "secret.removed")
    context = {
        "target": found,
        "form": form or TargetForm(instance=found, initial={"drawn_from": registry.state_of(found)}),
        "secrets": found.sealed.select_related("set_by"),
        "secret_form": secret_form or SecretForm(auto_id="secret_%s"),
        "refusal": refusal,
        "ready": readiness(found),
        "test": connection.last_test(found),
        "hands": hands(found.queue),
        "runs": Run.objects.filter(target=found).exclude(kind="evidence").order_by("-pk")[:HISTORY],
        "events": Event.objects.filter(stream__key=found.stream, kind__in=kinds).order_by("-seq")[:HISTORY],
    }
    return render(request, "rollbacks/target.html", context, status=status)
