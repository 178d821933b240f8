"""A further way to reach a contact: an apprise address (chat, push, SMS) or a webhook. What it holds is encrypted."""

from typing import Any

from django.db import models

from rollbacks.encryption import decrypt, encrypt


class ChannelKind(models.TextChoices):
    MAIL = "mail", "Mail"
    APPRISE = "apprise", "Chat, push or SMS (apprise)"
    WEBHOOK = "webhook", "Webhook"


class ContactChannel(models.Model):
    """One way to one contact besides their mail address, and what its last test said."""

    contact = models.ForeignKey("incidents.Contact", on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField(max_length=10, choices=[c for c in ChannelKind.choices if c[0] != ChannelKind.MAIL])
    label = models.CharField(max_length=80)  # "Ben's phone": shown instead of the address
    sealed_url = models.TextField()
    sealed_secret = models.TextField(blank=True, default="")  # signs webhooks (HMAC-SHA256)
    tested_at = models.DateTimeField(null=True, blank=True)
    test_state = models.CharField(max_length=10, blank=True, default="")
    test_reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["contact_id", "pk"]

    def __str__(self) -> str:
        return f"{self.label} ({self.get_kind_display()})"

    @property
    def url(self) -> str:
        """The address in clear; raises `rollbacks.encryption.Unreadable` when the key changed."""
        return decrypt(self.sealed_url)

    @property
    def secret(self) -> str:
        return decrypt(self.sealed_secret)

    @classmethod
    def add(cls, contact: Any, *, kind: str, label: str, url: str, secret: str = "") -> "ContactChannel":
        """Keeps the address encrypted."""
        return cls.objects.create(
            contact=contact, kind=kind, label=label[:80], sealed_url=encrypt(url), sealed_secret=encrypt(secret)
        )
