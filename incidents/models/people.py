"""Who has the incident: acknowledging, escalating, roles."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

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
            paged = list(Page.objects.filter(incident_id=self.pk).values_list("contact_order", flat=True))
            contacts = Contact.objects.filter(target_id=self.target_id).order_by("order")
            contacts = contacts.filter(order=order) if order else contacts.exclude(order__in=paged)
            contact = contacts.first()
            if contact is None:
                raise Refused(f"{self.reference}: there is no further contact. Add one on the target's page.")
            self.record("incident.escalated", by=by, at=at, data={"contact": contact.order, "role": contact.role})
            return Page.request(incident_id=self.pk, contact=contact, at=at)

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
