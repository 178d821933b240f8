"""The rungs of the escalation path and the people to be told, per target: staging wakes nobody of production."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

from plans.models import Refused

ADDRESS = re.compile(r"[^\s<>@,;]+@[^\s<>@,;]+")


class ContactQuerySet(models.QuerySet["Contact"]):
    def ensure_for(self, target: Any, compiled: dict[str, Any]) -> None:
        """Adds the rungs that the plan names and the target does not have; addresses that people set are kept."""
        known = set(self.filter(target=target).values_list("order", flat=True))
        for part in compiled.get("contacts", []):
            if part["order"] in known:
                continue
            found = ADDRESS.search(part.get("contact") or "")
            self.create(
                target=target, order=part["order"], role=part["role"][:120], address=found.group() if found else ""
            )


class Contact(models.Model):
    """One rung: contact 1 is asked first. Without an address nobody can be asked, and the page says so in red."""

    target = models.ForeignKey("rollbacks.Target", on_delete=models.CASCADE, related_name="contacts")
    order = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=120)
    name = models.CharField(max_length=120, blank=True, default="")
    address = models.EmailField(blank=True, default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Minutes until the next contact is asked; empty: what the plan says, else five.
    next_after_minutes = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["target_id", "order"]
        constraints = [models.UniqueConstraint(fields=["target", "order"], name="one_contact_per_rung")]

    def __str__(self) -> str:
        return f"Contact {self.order} · {self.role}"

    @property
    def reachable_at(self) -> str:
        """The address to use: the contact's own, else the account's; empty when nobody can be asked."""
        return self.address or (self.user.email if self.user else "")


class Stakeholder(models.Model):
    """Somebody who gets the messages about a target."""

    target = models.ForeignKey("rollbacks.Target", on_delete=models.CASCADE, related_name="stakeholders")
    address = models.EmailField()
    name = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        ordering = ["target_id", "address"]
        constraints = [models.UniqueConstraint(fields=["target", "address"], name="one_row_per_stakeholder")]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def read_addresses(text: str) -> list[str]:
    """Mail addresses separated by commas, semicolons or lines, each once; refuses by name what is none."""
    addresses: list[str] = []
    for part in re.split(r"[,;\n]+", text):
        found = re.search(r"<([^<>]*)>", part)
        address = (found.group(1) if found else part).strip()
        if not address:
            continue
        try:
            validate_email(address)
        except ValidationError:
            raise Refused(f"{address!r} is not a mail address.") from None
        if address.lower() not in [known.lower() for known in addresses]:
            addresses.append(address)
    return addresses
