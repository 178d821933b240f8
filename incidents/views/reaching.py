"""How people are reached, per target: further channels of contacts with a test, groups of recipients, templates."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.forms import modelformset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents import notifications
from incidents.models import Contact, ContactChannel, MessageTemplate, RecipientGroup
from incidents.reaching_forms import ChannelForm, RecipientGroupForm, TemplateForm
from rollbacks.models import Target

EDIT = permission_required("rollbacks.edit_target", raise_exception=True)
Groups = modelformset_factory(RecipientGroup, form=RecipientGroupForm, extra=1, can_delete=True)
Templates = modelformset_factory(MessageTemplate, form=TemplateForm, extra=1, can_delete=True)


@require_http_methods(["GET", "POST"])
@EDIT
def channels(request: HttpRequest, target: int) -> HttpResponse:
    """Every way to every contact, with what its last test said; POST adds one."""
    found = _target(target)
    form = ChannelForm(request.POST or None, target=found)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        messages.success(request, f"{made.label} is kept, encrypted. Test it now: an untested way is a hope.")
        return redirect("channels", target)
    contacts = Contact.objects.filter(target=found).select_related("user").prefetch_related("channels")
    context = {"target": found, "contacts": contacts, "form": form}
    return render(request, "incidents/channels.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@EDIT
def channel_test(request: HttpRequest, target: int, channel: int) -> HttpResponse:
    """Sends a test over one channel; the outcome is shown at once and stays beside it."""
    found = get_object_or_404(ContactChannel, pk=channel, contact__target_id=target)
    _say(request, found.label, notifications.test_channel(found))
    return redirect("channels", target)


@require_POST
@EDIT
def contact_test(request: HttpRequest, target: int, contact: int) -> HttpResponse:
    """Sends a test mail to one contact."""
    found = get_object_or_404(Contact.objects.select_related("user"), pk=contact, target_id=target)
    if found.reachable_at:
        _say(request, found.reachable_at, notifications.test_mail(found.reachable_at))
    else:
        messages.error(request, f"{found} has no mail address.")
    return redirect("channels", target)


@require_POST
@EDIT
def channel_removal(request: HttpRequest, target: int, channel: int) -> HttpResponse:
    """Forgets a channel and what it holds."""
    found = get_object_or_404(ContactChannel, pk=channel, contact__target_id=target)
    found.delete()
    messages.success(request, f"{found.label} is removed.")
    return redirect("channels", target)


@require_http_methods(["GET", "POST"])
@EDIT
def audiences(request: HttpRequest, target: int) -> HttpResponse:
    """Who gets which messages at which severity, and in which words."""
    found = _target(target)
    groups = Groups(request.POST or None, queryset=RecipientGroup.objects.filter(target=found), prefix="groups")
    templates = Templates(
        request.POST or None, queryset=MessageTemplate.objects.filter(target=found), prefix="templates"
    )
    if request.method == "POST" and groups.is_valid() and templates.is_valid():
        for formset in (groups, templates):
            _save(formset, found)
        messages.success(request, "Saved.")
        return redirect("audiences", target)
    context = {"target": found, "groups": groups, "templates": templates}
    return render(request, "incidents/audiences.html", context, status=422 if request.method == "POST" else 200)


def _save(formset: Any, target: Target) -> None:
    for row in formset.save(commit=False):
        row.target = target
        row.save()
    for row in formset.deleted_objects:
        row.delete()


def _target(pk: int) -> Target:
    return get_object_or_404(Target.objects.select_related("service", "environment"), pk=pk)


def _say(request: HttpRequest, to: str, sent: Any) -> None:
    say = messages.success if sent.status == "accepted" else messages.error
    say(request, f"Test to {to}: {sent.word}. {sent.reason}".strip())
