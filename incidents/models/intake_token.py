"""The bearer tokens of monitoring systems; only a hash is kept."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, When

from timeline import domain_time
from timeline.models import Event

# A storm of 10,000 alerts in a minute passes even when each comes alone.
PER_MINUTE = 12_000


def hash_of(token: str) -> str:
    """SHA-256 is enough: the token is 32 random bytes, not a password."""
    return hashlib.sha256(token.encode()).hexdigest()


def _is_recent(timestamp: str) -> bool:
    """Within five minutes: a body that somebody recorded is not taken again later."""
    return timestamp.isdigit() and abs(domain_time.now().timestamp() - int(timestamp)) <= 300


class IntakeToken(models.Model):
    """One sender's key; shown once, revoked by a mark."""

    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=8)  # to tell tokens apart
    hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # True: a body without a good signature is refused, even with the token.
    signed = models.BooleanField(default=False, db_default=False)
    # True: this sender may declare incidents by the API, not only send alerts.
    may_declare = models.BooleanField(default=False, db_default=False)
    per_minute = models.PositiveIntegerField(default=PER_MINUTE, db_default=PER_MINUTE)
    # The minute that is counted, and its calls: one UPDATE a call, shared by every process.
    minute = models.PositiveBigIntegerField(default=0, db_default=0)
    calls = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def make(
        cls, *, name: str, by: Any = None, signed: bool = False, may_declare: bool = False
    ) -> tuple["IntakeToken", str]:
        """The row and the token itself, which is shown once and never kept."""
        token = f"fb_{secrets.token_urlsafe(32)}"
        with transaction.atomic():
            row = cls.objects.create(
                name=name, prefix=token[:8], hash=hash_of(token), created_at=domain_time.now(), created_by=by,
                signed=signed, may_declare=may_declare,
            )  # fmt: skip
            data = {"name": name, "prefix": row.prefix, "signed": signed, "may_declare": may_declare}
            Event.record("installation", "intake_token.made", actor=by, data=data)
        return row, token

    @property
    def signing_secret(self) -> str:
        """What the sender signs its bodies with: derived, so that the database alone cannot sign."""
        made = hmac.new(settings.SECRET_KEY.encode(), f"intake signature {self.hash}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(made.digest()).decode().rstrip("=")

    def signs(self, body: bytes, signature: str, timestamp: str = "") -> bool:
        """True for the HMAC-SHA256 of the body in hex, also as `sha256=…`; with a timestamp, of `timestamp:body`."""
        said = f"{timestamp}:".encode() + body if timestamp else body
        if timestamp and not _is_recent(timestamp):
            return False
        wanted = hmac.new(self.signing_secret.encode(), said, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, signature.strip().lower().removeprefix("sha256="))

    def may_call(self, *, at: datetime | None = None) -> bool:
        """Counts one call of this minute; False once there are more than allowed. One UPDATE, shared by all processes."""
        minute = int((at or domain_time.now()).timestamp()) // 60
        calls = Case(When(minute=minute, then=F("calls") + 1), default=1)
        IntakeToken.objects.filter(pk=self.pk).update(calls=calls, minute=minute)
        before = self.calls if self.minute == minute else 0
        return before < self.per_minute

    @classmethod
    def known(cls, token: str) -> "IntakeToken | None":
        """The row of a token that is known and not revoked. The hash is looked up, so no comparison leaks time."""
        row = cls.objects.filter(hash=hash_of(token), revoked_at=None).first()
        at = domain_time.now()
        if row and (row.last_used_at is None or at - row.last_used_at > timedelta(minutes=1)):
            cls.objects.filter(pk=row.pk).update(last_used_at=at)
        return row

    def revoke(self, *, by: Any) -> None:
        """The sender is refused from now on."""
        with transaction.atomic():
            if IntakeToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=domain_time.now()):
                Event.record(
                    "installation", "intake_token.revoked", actor=by, data={"name": self.name, "prefix": self.prefix}
                )
        self.refresh_from_db()
