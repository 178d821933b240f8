"""What goes to stakeholders: drafted from the timeline, completed and sent by a person."""

from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.mail import make_msgid
from django.db import models, transaction

from incidents import drafts, template_fields
from incidents.channels import email
from incidents.models.audience import Audience
from incidents.models.contact import Stakeholder, read_addresses
from incidents.models.incident_record import clean, present
from plans.models import Refused


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
        """With who sent it and the state of every recipient, in two queries."""
        return self.select_related("sent_by").prefetch_related("deliveries").order_by("pk")


class Message(models.Model):
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
    def is_draft(self) -> bool:
        return self.status == MessageStatus.DRAFT

    @property
    def rendered_subject(self) -> str:
        """The subject as the reader gets it."""
        return self.sent_subject or template_fields.fill(self.subject, self.fields, in_subject=True)

    @property
    def rendered_text(self) -> str:
        """The body as the reader gets it; fields that are not filled stay visible as written in the template."""
        return self.sent_text or template_fields.fill(self.body, self.fields)

    @property
    def rendered_html(self) -> str:
        """The same words as a mail client shows them."""
        mark = "Drill" if self.incident.is_drill else ""
        return self.sent_html or email.html_of(self.rendered_subject, self.rendered_text, mark=mark)

    @property
    def missing(self) -> list[str]:
        """What keeps it from being sent, as sentences; empty = ready."""
        missing = template_fields.missing(self.fields)
        return missing if self.recipients else [*missing, "Nobody would get it: add at least one recipient."]

    @classmethod
    def draft_for(cls, incident: Any, *, by: Any = None, corrects: "Message | None" = None) -> "Message":
        """A new draft, filled from the incident's events; an untouched older draft is replaced."""
        draft = drafts.draft(facts_of(incident, corrects))
        with transaction.atomic():
            message = cls.objects.create(
                incident_id=incident.pk,
                kind=draft.kind,
                subject=draft.subject,
                body=draft.body,
                fields=draft.fields,
                next_update_at=draft.next_update_at,
                recipients=recipients_of(incident),
                corrects=corrects,
                created_at=present(None),
                created_by=by,
            )
            cls.objects.drafts().filter(incident_id=incident.pk).exclude(pk=message.pk).update(
                status=MessageStatus.DISCARDED
            )
            incident.record("message.drafted", by=by, data={"message": message.pk})
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
        self.subject = " ".join(clean(subject if subject is not None else self.subject).split())[:300]
        self.body = clean((body if body is not None else self.body).replace("\r\n", "\n")) + "\n"
        values = {name: clean(value) for name, value in (values or {}).items()}
        if next_update_at is not None:
            self.next_update_at = next_update_at
        self.fields = template_fields.refound(self.fields, self.subject, self.body, values)
        self.save(update_fields=["recipients", "subject", "body", "next_update_at", "fields"])

    def send(self, *, by: Any, at: datetime | None = None) -> None:
        """Freezes the words, one delivery a recipient; refuses empty fields, unchosen choices, no recipients."""
        from incidents.models.delivery import Delivery

        at = self._freeze(by=by, at=at)
        with transaction.atomic():
            self._mark_sent(by=by, at=at)
            Delivery.queue(message=self, recipients=self.recipients)
            self._say_sent(by=by, at=at, by_hand=False)

    def sent_by_hand(self, *, by: Any, happened_at: datetime | None = None, at: datetime | None = None) -> None:
        """Keeps that a person told the stakeholders outside Firebreak, with the words and the time."""
        from incidents.models.delivery import Delivery

        if self.status == MessageStatus.SENT:
            at = present(at)
            with transaction.atomic():
                self.by_hand_at = happened_at or at
                self.save(update_fields=["by_hand_at"])
                Delivery.objects.filter(message=self).exclude(status="accepted").update(
                    status="by_hand", finished_at=at
                )
                self._say_sent(by=by, at=self.by_hand_at, by_hand=True)
            return
        at = self._freeze(by=by, at=at)
        with transaction.atomic():
            self.by_hand_at = happened_at or at
            self._mark_sent(by=by, at=at)
            Delivery.queue(message=self, recipients=self.recipients, status="by_hand")
            self._say_sent(by=by, at=self.by_hand_at, by_hand=True)

    def discard(self, *, by: Any) -> None:
        """Throws a draft away."""
        self._require_draft()
        Message.objects.filter(pk=self.pk, status=MessageStatus.DRAFT).update(status=MessageStatus.DISCARDED)

    def _freeze(self, *, by: Any, at: datetime | None) -> datetime:
        """Checks that it may go out and sets what exactly will."""
        self._require_draft()
        if self.missing:
            raise Refused(" ".join(self.missing))
        self.sent_subject, self.sent_text = self.rendered_subject[:300], self.rendered_text
        self.sent_html = self.rendered_html
        self.header_id = make_msgid(idstring=f"{self.incident.reference.lower()}.{self.pk}", domain="firebreak")
        first = Message.objects.sent().filter(incident_id=self.incident_id).order_by("sent_at", "pk").first()
        self.in_reply_to = first.header_id if first else ""
        return present(at)

    def _mark_sent(self, *, by: Any, at: datetime) -> None:
        """Compare-and-swap from draft: a double click sends once."""
        columns = ("sent_subject", "sent_text", "sent_html", "header_id", "in_reply_to", "by_hand_at")
        frozen = {name: getattr(self, name) for name in columns}
        if not Message.objects.filter(pk=self.pk, status=MessageStatus.DRAFT).update(
            status=MessageStatus.SENT, sent_at=at, sent_by=by, **frozen
        ):
            raise Refused("This message was sent already.")
        self.refresh_from_db()
        self.incident._change(next_update_at=None if self.kind == MessageKind.FINAL else self.next_update_at)

    def _say_sent(self, *, by: Any, at: datetime, by_hand: bool) -> None:
        count = len(self.recipients)
        data = {
            "message": self.pk,
            "subject": self.sent_subject,
            "recipients": count,
            "by_hand": by_hand,
            "outbox": not by_hand and not self.leaves_the_house,
            # A mail that leaves counts when a server accepts it; one that cannot leave, where nobody must be told.
            "counts": by_hand or not (self.leaves_the_house or self.incident.must_reach_people),
            "next_update_at": self.next_update_at,
        }
        self.incident.record("message.sent", by=by, at=at, data=data)

    @property
    def leaves_the_house(self) -> bool:
        """False in a drill, and without a mail server: the outbox then shows what would have been sent."""
        return settings.MAIL_CONFIGURED and not self.incident.is_drill

    def _require_draft(self) -> None:
        if self.status != MessageStatus.DRAFT:
            raise Refused(f"This message is {self.get_status_display().lower()} already; correct it in a new one.")


def lines_of(incident: Any) -> list[drafts.Line]:
    """The timeline as plain data."""
    rows = incident.events.values_list("kind", "at", "data", "actor_name", "seq")
    return [drafts.Line(*row) for row in rows]


def facts_of(incident: Any, corrects: "Message | None" = None) -> drafts.DraftFacts:
    """What a draft may use: the events, the plan's template, the words a person wrote about the impact."""
    sent = list(Message.objects.sent().filter(incident_id=incident.pk).order_by("sent_at", "pk"))
    return drafts.DraftFacts(
        reference=incident.reference,
        lines=lines_of(incident),
        now=present(None),
        zone=zone_of(incident.target),
        template=incident.compiled.get("template"),
        levels=incident.compiled.get("levels") or [],
        impact=incident.impact,
        corrects_sent_at=corrects.sent_at if corrects else None,
        sent_before=len(sent),
        earlier={str(blank["name"]): str(blank["value"]) for blank in sent[-1].fields} if sent else {},
    )


def zone_of(target: Any) -> tzinfo:
    """The service's zone: the target's TZ variable, else the installation's."""
    try:
        return ZoneInfo(str(target.env.get("TZ") or settings.TIME_ZONE))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def recipients_of(incident: Any) -> list[str]:
    """Whom a message goes to when nobody says otherwise: those of the last message, else the target's stakeholders."""
    last = Message.objects.sent().filter(incident_id=incident.pk).order_by("-sent_at").first()
    if last:
        return list(last.recipients)
    return list(Stakeholder.objects.filter(target_id=incident.target_id).values_list("address", flat=True))
