"""A target's secrets: set, replaced, removed. A value goes in and never comes out on a page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from rollbacks.access import may_edit_targets, target_for
from rollbacks.forms import SecretForm
from rollbacks.models import Refused, Secret
from rollbacks.views.targets import target_page


@require_POST
@may_edit_targets
@sensitive_post_parameters("value_typed")
@sensitive_variables()
def set_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Sets a secret, or replaces the one of that name."""
    target = target_for(request, pk)
    form = SecretForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            secret = Secret.keep(target, name=form.cleaned_data["name"], value=form.value, by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"The secret {secret.name} is set. It is not shown again.")
            return redirect(target)
    return target_page(request, target, secret_form=form, status=422)


@require_POST
@may_edit_targets
def remove_secret(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Removes a secret."""
    target = target_for(request, pk)
    get_object_or_404(Secret.objects.select_related("target"), target=target, name=name).forget(by=request.user)
    messages.success(request, f"The secret {name} is removed. Steps that name it cannot start any more.")
    return redirect(target)
