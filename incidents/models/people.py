"""Who has the incident: acknowledging, escalating, roles."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction

from incidents.models.incident_record import IncidentRecord, present
from incidents.models.role import RoleAssignment, RoleName
from plans.models import Refused

if TYPE_CHECKING:
    from incidents.models.page import Page


class PeopleVerbs(IncidentRecord):
    """Acknowledge, withdraw, escalate, assign."""

    class Meta:
        abstract = True

    def role(self, role: str) -> RoleAssignment | None:
        """Who holds the role now."""
        return RoleAssignment.objects.current().filter(incident_id=self.pk, role=role).select_related("user").first()

    def acknowledge(self, *, by: Any, page: "Page | None" = None, at: datetime | None = None) -> None:
        """Says "I have it": the pager stops, and free roles (on call, incident manager) go to this person."""
        at = present(at)
        with transaction.atomic():
            self.require_live()
            if (
                not type(self)
                ._default_manager.filter(pk=self.pk, acknowledged_at=None)
                .update(acknowledged_at=at, acknowledged_by=by)
            ):
                self.refresh_from_db(fields=["acknowledged_at", "acknowledged_by"])
                raise Refused(f"{self.reference} is already acknowledged by {self.acknowledged_by or 'somebody'}.")
            self.acknowledged_at, self.acknowledged_by = at, by
            contact = page.contact_order if page else None
            self.record("incident.acknowledged", by=by, at=at, data={"contact": contact})
            if page:
                page.mark_acknowledged(by=by, at=at)
            for role in (RoleName.ON_CALL, RoleName.MANAGER):
                if self.role(role) is None:
                    self.assign_role(role=role, user=by, by=by, at=at)

    def withdraw_acknowledgement(self, *, by: Any, at: datetime | None = None) -> None:
        """Takes "I have it" back; the pager goes on with the next contact."""
        at = present(at)
        with transaction.atomic():
            if (
                not type(self)
                ._default_manager.filter(pk=self.pk, acknowledged_at__isnull=False)
                .update(acknowledged_at=None, acknowledged_by=None)
            ):
                raise Refused(f"{self.reference} is not acknowledged.")
            self.acknowledged_at = self.acknowledged_by = None
            self.record("incident.acknowledgement_withdrawn", by=by, at=at)

    def escalate(self, *, by: Any = None, order: int | None = None, at: datetime | None = None) -> "Page":
        """Pages a contact: the given one, or the next that was not paged yet. `by` is None when the timer did it."""
        from incidents.models.contact import Contact
        from incidents.models.page import Page

        at = present(at)
        with transaction.atomic():
            self.require_live()
            contacts = Contact.objects.filter(target_id=self.target_id).order_by("order")
            round = Page.objects.filter(incident_id=self.pk).aggregate(top=models.Max("round"))["top"] or 1
            if order:
                contact = contacts.filter(order=order).first()
            else:
                asked = Page.objects.filter(incident_id=self.pk, round=round).values_list("contact_order", flat=True)
                contact = contacts.exclude(order__in=list(asked)).first()
                if contact is None and round < settings.PAGE_ROUNDS:
                    contact, round = contacts.first(), round + 1
            if contact is None:
                raise Refused(self._nobody_left(round))
            data = {"contact": contact.order, "role": contact.role, "round": round}
            self.record("incident.escalated", by=by, at=at, data=data)
            return Page.request(incident_id=self.pk, contact=contact, at=at, round=round)

    def say_exhausted(self, why: str) -> None:
        """Keeps, once a round, that the whole path was walked and nobody answered."""
        round = self.pages.aggregate(top=models.Max("round"))["top"] or 1  # type: ignore[attr-defined]
        if not self.events.filter(kind="escalation.exhausted", data__round=round).exists():
            self.record("escalation.exhausted", data={"round": round, "reason": why})

    def _nobody_left(self, round: int) -> str:
        from incidents.models.contact import Contact

        if not Contact.objects.filter(target_id=self.target_id).exists():
            return f"{self.reference}: there is no further contact. Add one on the target's page."
        times = {1: "once", 2: "twice"}.get(round, f"{round} times")
        return f"{self.reference}: every contact was asked {times} and nobody took it. Page one by hand, or call."

    def assign_role(self, *, role: str, user: Any, by: Any, at: datetime | None = None) -> RoleAssignment:
        """Gives a role to a person; whoever held it before is relieved."""
        at = present(at)
        with transaction.atomic():
            RoleAssignment.objects.current().filter(incident_id=self.pk, role=role).update(ended_at=at)
            assignment = RoleAssignment.objects.create(incident_id=self.pk, role=role, user=user, by=by, at=at)
            self.record(
                "role.assigned", by=by, at=at, data={"role": role, "user": user.get_full_name() or user.get_username()}
            )
        return assignment
