"""Who is asked and who is told, per target."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.db.models import F
from django.forms import modelformset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from incidents.forms import ContactForm, StakeholdersForm
from incidents.models import Contact, Refused, Stakeholder
from incidents.models.contact import read_addresses
from rollbacks.models import Target

ASIDE = 1000
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
    changed = rungs.save(commit=False)
    kept = [form.cleaned_data["order"] for form in rungs.forms if form.cleaned_data and form not in rungs.deleted_forms]
    if len(kept) != len(set(kept)):
        raise Refused("Two contacts have the same order: who is asked first?")
    with transaction.atomic():
        for contact in rungs.deleted_objects:
            contact.delete()
        # Out of the way first: two contacts may change places, and the database keeps one per rung.
        known = [contact.pk for contact in changed if contact.pk]
        Contact.objects.filter(target=target, pk__in=known).update(order=F("order") + ASIDE)
        for contact in changed:
            contact.target = target
            contact.save()
        Stakeholder.objects.filter(target=target).exclude(address__in=wanted).delete()
        told = set(Stakeholder.objects.filter(target=target).values_list("address", flat=True))
        Stakeholder.objects.bulk_create(Stakeholder(target=target, address=new) for new in wanted if new not in told)
