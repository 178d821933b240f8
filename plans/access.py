"""How pages get at plans. Everybody who is signed in may read; writing is a permission."""

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from plans.models import Guide, Plan, Revision

# A reader gets 403, so that the page can say who may.
may_edit = permission_required("plans.edit_plan", raise_exception=True)
may_approve = permission_required("plans.approve_revision", raise_exception=True)


def plan_for(request: HttpRequest, slug: str) -> Plan:
    """The plan with this slug, or 404."""
    return get_object_or_404(Plan, slug=slug)


def revision_for(request: HttpRequest, slug: str, number: int) -> Revision:
    """One revision with its plan, author and approvals, or 404."""
    revisions = Revision.objects.select_related("plan__source", "author").prefetch_related(
        "approvals__by", "approvals__withdrawn_by"
    )
    return get_object_or_404(revisions, plan__slug=slug, number=number)


def current_for(request: HttpRequest, slug: str) -> Revision:
    """The latest revision of a plan, or 404."""
    number = Revision.objects.filter(plan__slug=slug).order_by("-number").values_list("number", flat=True).first()
    if number is None:
        raise Http404("No such plan.")
    return revision_for(request, slug, number)


def guide_for(request: HttpRequest, slug: str) -> Guide:
    """This person's working text of a plan, or 404 for a plan without a text."""
    plan = current_for(request, slug).plan
    guide = Guide.of(plan, by=request.user)
    guide.plan = plan
    return guide
