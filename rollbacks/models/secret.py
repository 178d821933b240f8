"""A named secret of a target: sealed in the database, given to commands by environment, never shown again."""

import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction

from rollbacks import sealing
from rollbacks.models.states import Refused
from rollbacks.models.target import Target
from timeline import domain_time
from timeline.models import Event

if TYPE_CHECKING:
    from datetime import datetime

log = logging.getLogger(__name__)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
# Shorter ones could not be masked without masking half of every output.
SHORTEST, LONGEST = 4, 32 * 1024


class Secret(models.Model):
    """One sealed value. Its verbs never put the value anywhere else."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="sealed")
    name = models.CharField(max_length=60)
    sealed = models.TextField()
    key_name = models.CharField(max_length=12)  # which key opens it; `rotate` looks for the others
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["target_id", "name"]
        constraints = [models.UniqueConstraint(fields=["target", "name"], name="one_secret_per_name")]

    def __str__(self) -> str:
        return self.name

    # Questions

    @property
    def problem(self) -> str:
        """Why it cannot be opened in this process, as a sentence; empty when it can."""
        try:
            self.value()
        except sealing.CannotOpen as why:
            return str(why)
        return ""

    def value(self) -> str:
        """The value itself, for the environment of a command or a header. Raises CannotOpen."""
        return sealing.open_sealed(self.sealed, key_name=self.key_name, target=self.target_id, name=self.name)

    @classmethod
    def values_of(cls, target_id: int, names: Iterable[str]) -> dict[str, str]:
        """The values by name; what cannot be opened here is left out and said in the log."""
        found: dict[str, str] = {}
        for secret in cls.objects.filter(target_id=target_id, name__in=list(names)):
            try:
                found[secret.name] = secret.value()
            except sealing.CannotOpen as why:
                log.error("Target %s: %s", target_id, why)
        return found

    # Verbs

    @classmethod
    def keep(cls, target: Target, *, name: str, value: str, by: Any = None, at: "datetime | None" = None) -> "Secret":
        """Sets or replaces a secret. Raises Refused with a sentence that does not hold the value."""
        if problem := why_refused(name, value):
            raise Refused(problem)
        sealed, key_name = sealing.seal(value, target=target.pk, name=name)
        changes = {"sealed": sealed, "key_name": key_name, "set_by": by, "set_at": at or domain_time.now()}
        with transaction.atomic():
            secret, is_new = cls.objects.update_or_create(target=target, name=name, defaults=changes)
            said = {"target": target.pk, "secret": name}
            Event.record(target.stream, "secret.set" if is_new else "secret.replaced", actor=by, data=said)
        return secret

    def forget(self, *, by: Any = None) -> None:
        """Removes it; steps that name it are refused from now on."""
        with transaction.atomic():
            said = {"target": self.target_id, "secret": self.name}
            Event.record(self.target.stream, "secret.removed", actor=by, data=said)
            self.delete()

    def reseal(self) -> bool:
        """Seals it with the newest key; False when it is so already. Raises CannotOpen."""
        if self.key_name == sealing.newest_name():
            return False
        sealed, key_name = sealing.seal(self.value(), target=self.target_id, name=self.name)
        # Guarded: a value that somebody sets in this moment stays.
        rows = type(self).objects.filter(pk=self.pk, sealed=self.sealed)
        return bool(rows.update(sealed=sealed, key_name=key_name))


def why_refused(name: str, value: str) -> str:
    """Why this cannot be kept, as a sentence without the value; empty when it can."""
    if not NAME.fullmatch(name):
        return "A secret's name is the variable that commands see: letters, digits and _, such as API_TOKEN."
    if len(value) < SHORTEST:
        return f"A value of fewer than {SHORTEST} characters cannot be masked in output, so it is not kept."
    if len(value) > LONGEST:
        return f"A secret may have {LONGEST // 1024} KiB at most."
    if "\0" in value:
        return "A secret cannot hold a NUL character: no environment can carry it."
    return ""
