"""How an incident ends: resolved (verified or not), reopened, dismissed, merged, closed."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from incidents.models.incident_record import IncidentRecord, Status, clean, needs_reason, present
from plans.models import Refused
from rollbacks.models.run import Run
from rollbacks.models.watch import Watch
from rollbacks.promise import newer_run

RECOVERED = "recovered"


class EndingVerbs(IncidentRecord):
    """Resolve, reopen, dismiss, merge, close."""

    class Meta:
        abstract = True

    def resolve(self, *, by: Any, verdict: Any = None, reason: str = "", at: datetime | None = None) -> None:
        """Ends the incident.

        With a verdict *recovered* whose watch has ended it is verified. Anything else needs a reason and is marked
        unverified for good: a tired person may end an incident, but not call it proved.
        """
        at = present(at)
        self._refuse_while_it_runs()
        verified = verdict is not None and self._proves(verdict)
        if not verified:
            reason = needs_reason(reason, "resolving without a finished watch that says recovered")
        word = verdict.verdict if verdict is not None else None
        with transaction.atomic():
            self._move_to(
                Status.RESOLVED,
                resolved_at=at,
                verified=verified,
                verdict_id=verdict.pk if verdict is not None else None,
                ending_reason=clean(reason),
                next_update_at=None,
            )
            data = {"verified": verified, "verdict": word, "reason": clean(reason)}
            self.record("incident.resolved", by=by, at=at, data=data)

    def reopen(self, *, by: Any, reason: str, at: datetime | None = None) -> None:
        """Takes a resolution or a dismissal back; the clock runs on from the detection."""
        reason = needs_reason(reason, "reopening")
        with transaction.atomic():
            self._move_to(
                Status.OPEN, resolved_at=None, verified=None, verdict_id=None, ending_reason="", closed_at=None
            )
            self.record("incident.reopened", by=by, at=at, data={"reason": reason})

    def dismiss(self, *, by: Any, reason: str, at: datetime | None = None) -> None:
        """Says that this was no incident."""
        at = present(at)
        reason = needs_reason(reason, "dismissing")
        with transaction.atomic():
            self._move_to(Status.DISMISSED, resolved_at=at, ending_reason=reason, next_update_at=None)
            self.record("incident.dismissed", by=by, at=at, data={"reason": reason})

    def merge(self, *, into: Any, by: Any, reason: str = "", at: datetime | None = None) -> None:
        """Says that this is the same as another incident: its alerts move there, and both timelines say so.

        Refused while a run of this one may still change the service: the other page would not show it.
        """
        at = present(at)
        self._refuse_merging(into)
        self._refuse_while_it_runs()
        reason = clean(reason)
        with transaction.atomic():
            # The lower number first: two people who merge two incidents into each other wait, and one is refused.
            rows = type(self)._default_manager.select_for_update().filter(pk__in=(self.pk, into.pk)).order_by("pk")
            if any(row.status != Status.OPEN for row in rows):
                raise Refused("One of the two is not open any more. Look again, then decide.")
            self._move_to(
                Status.MERGED, resolved_at=at, merged_into=into, ending_reason=reason or f"Same as {into.reference}",
                next_update_at=None,
            )  # fmt: skip
            moved = self.alerts.update(incident=into)  # type: ignore[attr-defined]
            self.record("incident.merged", by=by, at=at, data={"into": into.reference, "reason": reason})
            data = {"from": self.reference, "title": self.title, "alerts": moved, "detected_at": self.detected_at}
            into.record("incident.merged", by=by, at=at, data={**data, "reason": reason})

    def _refuse_merging(self, into: Any) -> None:
        if into.pk == self.pk:
            raise Refused("An incident cannot be merged into itself.")
        if into.kind != self.kind:
            raise Refused("A drill and a real incident stay apart.")
        self.require_live()
        into.require_live()

    def close(self, *, by: Any, reason: str = "", at: datetime | None = None) -> None:
        """Ends the work on a resolved incident; without a published retrospective it needs a reason.

        Open action items ask for a reason, refuse, or do not matter: `FIREBREAK_CLOSE_WITH_OPEN_ITEMS`.
        """
        from incidents.models.retrospective import Retrospective

        at = present(at)
        if not Retrospective.objects.published().filter(incident_id=self.pk).exists():
            reason = needs_reason(reason, "closing without a published retrospective")
        reason = self._with_open_items(reason)
        with transaction.atomic():
            self._move_to(Status.CLOSED, closed_at=at)
            self.record("incident.closed", by=by, at=at, data={"reason": clean(reason)})

    def _with_open_items(self, reason: str) -> str:
        waiting = [item.text for item in self.action_items.filter(done_at=None)[:3]]  # type: ignore[attr-defined]
        if not waiting or settings.CLOSE_WITH_OPEN_ITEMS == "allow":
            return reason
        if settings.CLOSE_WITH_OPEN_ITEMS == "refuse":
            raise Refused(f"Closing waits for the action items: {'; '.join(waiting)}.")
        return needs_reason(reason, f"closing with open action items ({'; '.join(waiting)})")

    def _refuse_while_it_runs(self) -> None:
        """An incident does not end under a run that still changes the service."""
        run = Run.objects.of_stream(self.stream_key).exclusive().active().first()
        if run:
            raise Refused(f"{run.what} is still {run.get_status_display().lower()}; let it end or stop it first.")

    def _proves(self, verdict: Any) -> bool:
        """True for *recovered*, the last word of this incident's newest watch, after that watch has ended."""
        watch = verdict.watch
        if watch.stream.key != self.stream_key:
            raise Refused("That verdict belongs to another incident.")
        newest = Watch.objects.filter(stream__key=self.stream_key).order_by("-pk").first()
        said_last = newest == watch and watch.latest == verdict
        ended_well = verdict.verdict == RECOVERED and watch.status == Watch.Status.ENDED
        # A later run, even one that failed half-way, has changed what was measured.
        return bool(said_last and ended_well and newer_run(watch.run) is None)
