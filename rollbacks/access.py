"""How pages get at services, targets and runs. Everybody who is signed in may read; acting is a permission."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from rollbacks.models import Run, Service, StepRun, Target

may_operate = permission_required("rollbacks.operate", raise_exception=True)
may_edit_targets = permission_required("rollbacks.edit_target", raise_exception=True)


def service_for(request: HttpRequest, slug: str) -> Service:
    """The service with this slug, or 404."""
    return get_object_or_404(Service, slug=slug)


def target_for(request: HttpRequest, pk: int) -> Target:
    """A target with its service, environment and plan, or 404."""
    return get_object_or_404(Target.objects.select_related("service", "environment", "plan"), pk=pk)


def run_for(request: HttpRequest, pk: int) -> Run:
    """A run with everything that its pages name, or 404."""
    related = (
        "target__plan",
        "service",
        "environment",
        "revision__plan",
        "stream",
        "requested_by",
        "supersedes",
        "undoes",
        "undoes_step",
    )
    return get_object_or_404(Run.objects.select_related(*related), pk=pk)


def step_for(request: HttpRequest, run_pk: int, pk: int) -> StepRun:
    """A step of that run, or 404."""
    run = run_for(request, run_pk)
    step = get_object_or_404(StepRun, pk=pk, run=run)
    step.run = run
    return step
