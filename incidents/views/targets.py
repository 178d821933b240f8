"""Who is asked and who is told, per target."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.forms import modelformset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from incidents.forms import ContactForm, StakeholdersForm
from incidents.models import Contact, Refused, Stakeholder
from incidents.models.contact import read_addresses
from rollbacks.models import Target

Contacts = modelformset_factory(Contact, form=ContactForm, extra=1, can_delete=True)


@require_http_methods(["GET", "POST"])
@permission_required("rollbacks.edit_target", raise_exception=True)
def contacts(request: HttpRequest, target: int) -> HttpResponse:
    """The rungs of the escalation path and the stakeholders of one target."""
    found = get_object_or_404(Target.objects.select_related("service", "environment"), pk=target)
    rungs = Contacts(request.POST or None, queryset=Contact.objects.filter(target=found))
    told = StakeholdersForm(request.POST or None, initial={"addresses": _addresses(found)})
    if request.method == "POST" and rungs.is_valid() and told.is_valid():
        try:
            _save(found, rungs, told.cleaned_data["addresses"])
        except Refused as why:
            told.add_error("addresses", str(why))
        else:
            messages.success(request, "Saved.")
            return redirect("contacts", found.pk)
    context = {"target": found, "rungs": rungs, "told": told}
    return render(request, "incidents/contacts.html", context, status=422 if request.method == "POST" else 200)


def _addresses(target: Target) -> str:
    return "\n".join(Stakeholder.objects.filter(target=target).values_list("address", flat=True))


def _save(target: Target, rungs: Any, addresses: str) -> None:
    wanted = read_addresses(addresses)
    with transaction.atomic():
        for contact in rungs.save(commit=False):
            contact.target = target
            contact.save()
        for contact in rungs.deleted_objects:
            contact.delete()
        Stakeholder.objects.filter(target=target).exclude(address__in=wanted).delete()
        known = set(Stakeholder.objects.filter(target=target).values_list("address", flat=True))
        Stakeholder.objects.bulk_create(Stakeholder(target=target, address=new) for new in wanted if new not in known)
