"""Services and environments: plain lists with plain forms."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from rollbacks import registry
from rollbacks.access import may_edit_targets
from rollbacks.forms import EnvironmentForm, NameForm
from rollbacks.models import Environment, Refused, Service, Target


@require_GET
def services(request: HttpRequest) -> HttpResponse:
    """Every service with its targets, and every environment."""
    return _page(request)


@require_POST
@may_edit_targets
def add_service(request: HttpRequest) -> HttpResponse:
    """A new service."""
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, service_form=form, status=422)
    service = registry.add_service(name=form.cleaned_data["name"], by=request.user)
    messages.success(request, f"{service.name} is added. Next: say where it runs.")
    return redirect("services")


@require_POST
@may_edit_targets
def add_environment(request: HttpRequest) -> HttpResponse:
    """A new environment."""
    form = EnvironmentForm(request.POST)
    if not form.is_valid():
        return _page(request, environment_form=form, status=422)
    environment = registry.add_environment(**form.cleaned_data, by=request.user)
    messages.success(request, f"{environment.name} is added.")
    return redirect("services")


@require_POST
@may_edit_targets
def change_service(request: HttpRequest, slug: str) -> HttpResponse:
    """Another name, or removal of a service that nothing refers to."""
    return _change(request, get_object_or_404(Service, slug=slug))


@require_POST
@may_edit_targets
def change_environment(request: HttpRequest, slug: str) -> HttpResponse:
    """Another name, the production mark, or removal."""
    return _change(request, get_object_or_404(Environment, slug=slug))


def _change(request: HttpRequest, thing: Service | Environment) -> HttpResponse:
    act = request.POST.get("act")
    try:
        if act == "remove":
            registry.remove(thing, by=request.user)
            messages.success(request, f"{thing.name} is removed.")
        elif act in ("production", "not-production") and isinstance(thing, Environment):
            registry.set_production(thing, act == "production", by=request.user)
            messages.success(request, f"{thing.name} is {'' if thing.is_production else 'not '}production from now on.")
        else:
            return _rename(request, thing)
    except Refused as refused:
        return _page(request, refusal=str(refused), status=409)
    return redirect("services")


def _rename(request: HttpRequest, thing: Service | Environment) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, refusal="A name cannot be empty; nothing was changed.", status=422)
    registry.rename(thing, name=form.cleaned_data["name"], by=request.user)
    messages.success(request, f"It is called {thing.name} now.")
    return redirect("services")


def _page(request: HttpRequest, *, refusal: str = "", status: int = 200, **forms: Any) -> HttpResponse:
    targets = Prefetch("targets", Target.objects.select_related("environment", "plan", "service"))
    context = {
        "services": Service.objects.prefetch_related(targets),
        "environments": Environment.objects.annotate(target_count=Count("targets")),
        "service_form": forms.get("service_form") or NameForm(auto_id="service_%s"),
        "environment_form": forms.get("environment_form") or EnvironmentForm(auto_id="environment_%s"),
        "refusal": refusal,
    }
    return render(request, "rollbacks/services.html", context, status=status)
