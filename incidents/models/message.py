"""What goes to stakeholders: drafted from the timeline, completed and sent by a person."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Coalesce

from incidents import drafts, template_fields
from incidents.channels import email
from incidents.models.audience import Audience
from incidents.models.contact import read_addresses
from incidents.models.drafting import facts_of, lines_of, recipients_of, zone_of
from incidents.models.incident_record import clean, present
from incidents.models.message_sending import SendingVerbs
from incidents.story import Story, clock_time
from plans.models import Refused

__all__ = ["Message", "MessageKind", "MessageStatus", "facts_of", "lines_of", "recipients_of", "zone_of"]


class MessageKind(models.TextChoices):
    FIRST = "first", "First message"
    UPDATE = "update", "Update"
    FINAL = "final", "Final message"
    CORRECTION = "correction", "Correction"


class MessageStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    SENT = "sent", "Sent"
    DISCARDED = "discarded", "Discarded"


class MessageQuerySet(models.QuerySet["Message"]):
    def drafts(self) -> "MessageQuerySet":
        return self.filter(status=MessageStatus.DRAFT)

    def sent(self) -> "MessageQuerySet":
        return self.filter(status=MessageStatus.SENT)

    def for_list(self) -> "MessageQuerySet":
        """With who sent it and how many mails are in which state, in one query whatever the number of recipients."""
        from incidents.models.delivery import Delivery, DeliveryStatus

        # No join: grouping ten thousand rows by a message's long texts took minutes on SQLite.
        mine = Delivery.objects.filter(message=models.OuterRef("pk")).order_by().values("message")
        counted = mine.annotate(n=models.Count("pk")).values("n")
        counts = {
            f"n_{state}": Coalesce(models.Subquery(counted.filter(status=state)), 0) for state in DeliveryStatus.values
        }
        return self.select_related("sent_by").annotate(**counts).order_by("pk")


class Message(SendingVerbs):
    """One message of an incident. What was sent never changes; a mistake is corrected in the same thread."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=12, choices=MessageKind.choices, default=MessageKind.FIRST)
    status = models.CharField(max_length=10, choices=MessageStatus.choices, default=MessageStatus.DRAFT)
    subject = models.CharField(max_length=300)  # the template, with its fields unfilled
    body = models.TextField()
    # [{"name", "raw", "label", "value", "choices", "source"}]: what a person must fill, choose or confirm.
    fields = models.JSONField(default=list, blank=True)
    recipients = models.JSONField(default=list, blank=True)
    next_update_at = models.DateTimeField(null=True, blank=True)
    corrects = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="corrections")
    # What was sent, exactly; empty while it is a draft.
    sent_subject = models.CharField(max_length=300, blank=True, default="")
    sent_text = models.TextField(blank=True, default="")
    sent_html = models.TextField(blank=True, default="")
    header_id = models.CharField(max_length=200, blank=True, default="")  # Message-ID
    in_reply_to = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    by_hand_at = models.DateTimeField(null=True, blank=True)  # "I sent it by hand at hh:mm"
    audience = models.CharField(
        max_length=20, choices=Audience.choices, default=Audience.STAKEHOLDERS, db_default=Audience.STAKEHOLDERS
    )
    # [{"text", "seq", "kind"}]: the draft's sentences about what changed, each with its line of the timeline.
    changes = models.JSONField(default=list, blank=True, db_default=[])
    # State and severity: the first line and the preview in a list of mails.
    lead = models.CharField(max_length=200, blank=True, default="", db_default="")
    reply_to = models.CharField(max_length=254, blank=True, default="", db_default="")
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Somebody else read exactly these words; another text needs another look.
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reviewed_hash = models.CharField(max_length=64, blank=True, default="", db_default="")

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["incident_id", "pk"]

    def __str__(self) -> str:
        return self.sent_subject or self.subject

    @property
    def place(self) -> str:
        """Where its readers are, for `Presence`."""
        return f"message:{self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.status == MessageStatus.DRAFT

    @property
    def rendered_subject(self) -> str:
        """The subject as the reader gets it."""
        return self.sent_subject or template_fields.fill(self.subject, self.fields, in_subject=True)

    @property
    def written_text(self) -> str:
        """What the author wrote; fields that are not filled stay visible as written in the template."""
        return template_fields.fill(self.body, self.fields)

    @property
    def rendered_text(self) -> str:
        """The whole text as the reader gets it: state and severity first, the promise and the way to answer last."""
        if self.sent_text:
            return self.sent_text
        parts = [self.lead, self.written_text.strip("\n"), "\n".join(self._closing())]
        return "\n\n".join(part for part in parts if part) + "\n"

    @property
    def rendered_html(self) -> str:
        """The same words as a mail client shows them."""
        mark = "Drill" if self.incident.is_drill else ""
        return self.sent_html or email.html_of(self.rendered_subject, self.rendered_text, mark=mark, lead=self.lead)

    @property
    def missing(self) -> list[str]:
        """What keeps it from being sent, as sentences; empty = ready."""
        missing = template_fields.missing(self.fields)
        return missing if self.recipients else [*missing, "Nobody would get it: add at least one recipient."]

    @property
    def tally(self) -> dict[str, int]:
        """How many mails are in which state; from `for_list()`, else by one query."""
        from incidents.models.delivery import DeliveryStatus

        if hasattr(self, f"n_{DeliveryStatus.PENDING}"):
            counts = {state: getattr(self, f"n_{state}") for state in DeliveryStatus.values}
        else:
            rows = self.deliveries.order_by().values_list("status").annotate(n=models.Count("pk"))
            counts = dict(rows)
        return {state: count for state, count in counts.items() if count}

    @property
    def linked_changes(self) -> list[dict[str, Any]]:
        """The draft's sentences about what changed that still stand in the text, each with its line of the timeline."""
        return [change for change in self.changes if str(change["text"]) in self.body]

    @property
    def has_frozen_subject(self) -> bool:
        """True once this audience got a first mail: a thread keeps its subject."""
        sent = Message.objects.sent().filter(incident_id=self.incident_id, audience=self.audience)
        return sent.exists()

    @classmethod
    def draft_for(
        cls,
        incident: Any,
        *,
        by: Any = None,
        corrects: "Message | None" = None,
        audience: str = Audience.STAKEHOLDERS,
    ) -> "Message":
        """A new draft, filled from the incident's events; an older draft for this audience is replaced."""
        audience = corrects.audience if corrects else audience
        draft = drafts.draft(facts_of(incident, corrects, audience))
        with transaction.atomic():
            message = cls.objects.create(
                incident_id=incident.pk,
                kind=draft.kind,
                audience=audience,
                subject=draft.subject,
                body=draft.body,
                fields=draft.fields,
                changes=draft.changes,
                lead=draft.lead,
                next_update_at=draft.next_update_at,
                recipients=recipients_of(incident, audience),
                corrects=corrects,
                created_at=present(None),
                created_by=by,
            )
            older = cls.objects.drafts().filter(incident_id=incident.pk, audience=audience).exclude(pk=message.pk)
            older.update(status=MessageStatus.DISCARDED)
            incident.record("message.drafted", by=by, data={"message": message.pk, "audience": audience})
        return message

    def change(
        self,
        *,
        by: Any,
        subject: str | None = None,
        body: str | None = None,
        values: dict[str, str] | None = None,
        recipients: str | list[str] | None = None,
        next_update_at: datetime | None = None,
    ) -> None:
        """Saves what a person edited; `values` are the fields by name, `recipients` text or a list."""
        self._require_draft()
        if recipients is not None:
            self.recipients = read_addresses(recipients if isinstance(recipients, str) else "\n".join(recipients))
        frozen = self.has_frozen_subject
        if subject is not None and not frozen:
            self.subject = " ".join(clean(subject).split())[:300]
        self.body = clean((body if body is not None else self.body).replace("\r\n", "\n")) + "\n"
        values = {name: clean(value) for name, value in (values or {}).items()}
        self.fields = template_fields.refound(self.fields, "" if frozen else self.subject, self.body, values)
        if next_update_at is not None:
            self._promise(next_update_at)
        self.edited_by = by
        changed = ("recipients", "subject", "body", "next_update_at", "fields", "edited_by")
        self.save(update_fields=[*changed])

    def review(self, *, by: Any) -> None:
        """Another person stands for exactly these words."""
        self._require_draft()
        author = self.edited_by or self.created_by
        if author == by:
            raise Refused("You wrote it: somebody else must read it.")
        with transaction.atomic():
            self.reviewed_by, self.reviewed_hash = by, self.content_hash
            self.save(update_fields=["reviewed_by", "reviewed_hash"])
            self.incident.record("message.reviewed", by=by, data={"message": self.pk})

    @property
    def needs_review(self) -> bool:
        """True while the setting asks for a second reader and nobody has read exactly these words."""
        return settings.REVIEW_MESSAGES and self.is_draft and self.reviewed_hash != self.content_hash

    @property
    def content_hash(self) -> str:
        """SHA-256 over what would go out to whom."""
        said = [self.rendered_subject, self.written_text, sorted(self.recipients)]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def discard(self, *, by: Any) -> None:
        """Throws a draft away."""
        self._require_draft()
        Message.objects.filter(pk=self.pk, status=MessageStatus.DRAFT).update(status=MessageStatus.DISCARDED)

    def refresh_lead(self) -> None:
        """State and severity as they are now, also when the draft is older."""
        facts = facts_of(self.incident, self.corrects, self.audience)
        self.lead = Story(facts).lead[:200]

    def _promise(self, at: datetime) -> None:
        """Another time of the next update, also where the text says it."""
        zone = zone_of(self.incident.target)
        if self.next_update_at and self.next_update_at != at:
            old, new = clock_time(self.next_update_at, zone), clock_time(at, zone)
            self.body = self.body.replace(old, new)
            self.fields = [{**blank, "value": str(blank.get("value", "")).replace(old, new)} for blank in self.fields]
        self.next_update_at = at

    def _closing(self) -> list[str]:
        zone = zone_of(self.incident.target)
        lines = []
        if self.next_update_at and self.kind != MessageKind.FINAL:
            lines.append(f"Next update: {clock_time(self.next_update_at, zone)}")
        if self.reply_to:
            lines.append("An answer to this mail reaches the incident manager.")
        return lines

    def _require_draft(self) -> None:
        if self.status != MessageStatus.DRAFT:
            raise Refused(f"This message is {self.get_status_display().lower()} already; correct it in a new one.")
