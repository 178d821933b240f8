"""What is decided: corrections, the recommendation, the chosen level."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from incidents.models.incident_record import IncidentRecord, Severity, clean, needs_reason, present
from plans.models import Refused
from timeline import domain_time

CORRECTABLE = ("title", "severity", "symptom", "matrix_line", "impact", "detected_at", "target")


class DecisionVerbs(IncidentRecord):
    """Correct, recommend, choose."""

    class Meta:
        abstract = True

    def correct(self, *, field: str, value: Any, by: Any, at: datetime | None = None) -> None:
        """Replaces one fact of the declaration; the old one stays on the timeline and the level is recommended anew."""
        if field not in CORRECTABLE:
            raise Refused(f"{field} cannot be corrected; only {', '.join(CORRECTABLE)}.")
        at = present(at)
        value = self._read_correction(field, value)
        old = getattr(self, field)
        if old == value:
            return
        with transaction.atomic():
            self._change(**{field: value})
            if field == "target":
                self._begin_again_with_plan_of(value)
            self._move_the_clock(field, at)
            self.record("incident.corrected", by=by, at=at, data={"field": field, "old": said(old), "new": said(value)})

    def remember_recommendation(self, recommendation: dict[str, Any], *, at: datetime | None = None) -> bool:
        """Keeps what the plan recommends now; an event is written only when the answer changed. True when it did."""
        same = same_answer(self.recommendation, recommendation)
        with transaction.atomic():
            # The numbers and the runner-up move on; only another answer is a line of the timeline.
            self._change(recommendation=recommendation)
            if same:
                return False
            keys = ("level", "level_name", "rule", "sentence", "runner_up")
            self.record("recommendation.made", at=at, data={key: recommendation.get(key) for key in keys})
        return True

    def choose_level(self, *, level: int | None, by: Any, reason: str = "", at: datetime | None = None) -> None:
        """Chooses a level, or None for "no rollback: watch". Another answer than the recommended one needs a reason."""
        at = present(at)
        self.require_live()
        numbers = [item["number"] for item in self.compiled.get("levels", [])]
        if level is not None and level not in numbers:
            raise Refused(f"The plan has no Level {level}; it has {', '.join(map(str, numbers)) or 'none'}.")
        recommended = self.recommendation.get("level")
        answered = self.recommendation.get("answer") in ("rollback", "none", "not_applicable")
        if level != recommended if answered else level is None:
            reason = needs_reason(reason, "another answer than the recommended one" if answered else "no rollback")
        with transaction.atomic():
            self._change(chosen_level=level, chosen_at=at, choice_reason=clean(reason))
            data = {"level": level, "recommended": recommended, "reason": clean(reason)}
            self.record("level.chosen", by=by, at=at, data=data)

    def remember_measurement(self, *, metric: str, value: float, unit: str, source: str, at: datetime) -> None:
        """Keeps the latest measured value of a metric as a fact for the recommendation."""
        self.remember_measurements({metric: {"value": value, "unit": unit, "source": source}}, at=at)

    def remember_measurements(self, facts: dict[str, dict[str, Any]], *, at: datetime) -> None:
        """Several at once: `{metric: {"value", "unit", "source"}}`."""
        if not facts:
            return
        kept = {
            metric: {"value": fact["value"], "unit": fact["unit"], "from": fact["source"], "at": at.isoformat()}
            for metric, fact in facts.items()
        }
        self._change(measured={**self.measured, **kept})

    def _read_correction(self, field: str, value: Any) -> Any:
        """The typed value; refuses what the field cannot hold."""
        value = clean(value) if isinstance(value, str) else value
        if field == "severity" and value not in Severity.values:
            raise Refused(f"{value!r} is not a severity. Use {', '.join(Severity.values)}.")
        if field == "title" and not value:
            raise Refused("The title is empty: say in a few words what is broken.")
        if field == "detected_at":
            value = parse_datetime(value) if isinstance(value, str) else value
            if value is None or value > domain_time.now():
                raise Refused("The time of detection must be a moment in the past.")
        return value

    def _begin_again_with_plan_of(self, target: Any) -> None:
        """Another target may have another plan: its phases replace the old ones, equal tasks keep ticks."""
        from incidents.models.contact import Contact
        from incidents.models.phase import Phase

        revision = revision_of(target)
        self.revision = revision
        self._change(revision=revision)
        Phase.objects.snapshot_again(self)
        Contact.objects.ensure_for(target, self.compiled)

    def _move_the_clock(self, field: str, at: datetime) -> None:
        """Phases follow a corrected detection; a raised severity makes conditional tasks due at once."""
        from incidents.models.phase import Phase
        from incidents.models.task import Task

        if field == "detected_at":
            Phase.objects.move_to(self)
        if field in ("severity", "target"):
            Task.objects.require_for(self, at=at)


def revision_of(target: Any) -> Any:
    """The text an incident begins with: the latest approved revision, else the newest, else none."""
    return (target.plan.runnable or target.plan.current) if target.plan_id else None


def said(value: Any) -> Any:
    """A value as the timeline keeps it: JSON or words."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def same_answer(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """True when level, row and rule are the same; a moved number alone is no new answer."""
    keys = ("level", "row_line", "tie", "uncovered", "answer", "hold")
    return bool(old) and all((old.get(key) or None) == (new.get(key) or None) for key in keys)
