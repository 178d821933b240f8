"""The questions that pages and the engine ask about many runs."""

from typing import TYPE_CHECKING

from django.db import models

from rollbacks.models.states import ACTIVE, EXCLUSIVE, RunKind, RunStatus
from rollbacks.models.target import Target

if TYPE_CHECKING:
    from rollbacks.models.run import Run  # noqa: F401


class RunQuerySet(models.QuerySet["Run"]):
    def active(self) -> "RunQuerySet":
        """Runs that hold the slot, or would if they were not evidence."""
        return self.filter(status__in=ACTIVE)

    def exclusive(self) -> "RunQuerySet":
        """Kinds of which a service and environment has one active run at most."""
        return self.filter(kind__in=EXCLUSIVE)

    def of_stream(self, key: str) -> "RunQuerySet":
        """The runs of one incident, oldest first."""
        return self.filter(stream__key=key).order_by("pk")

    def standing(self, target: Target) -> "RunQuerySet":
        """Rollbacks of a target that are still in force, newest first: not undone, and not older than the last
        restore."""
        back = self.filter(target=target, kind=RunKind.RESTORE, status=RunStatus.SUCCEEDED).order_by("-pk").first()
        standing = self.filter(
            target=target, kind=RunKind.ROLLBACK, status__in=[RunStatus.SUCCEEDED, RunStatus.SUPERSEDED]
        )
        standing = standing.exclude(undone_by__status=RunStatus.SUCCEEDED)
        return (standing.filter(pk__gt=back.pk) if back else standing).order_by("-pk")
