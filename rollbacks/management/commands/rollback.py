"""`manage.py rollback ACT RUN`: everything that a run needs from a person, without a browser; `drive` also without a
broker."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from rollbacks.driving import drive, stay_with_watch
from rollbacks.dry_run import dry_run, in_words
from rollbacks.models import Refused, Run, StepRun
from rollbacks.models.states import RunStatus, StepStatus
from rollbacks.preflight import preflight

ACTS = (
    "status",
    "start",
    "approve",
    "reject",
    "retry",
    "skip",
    "pause",
    "resume",
    "cancel",
    "settle",
    "drive",
    "dry-run",
)


class Command(BaseCommand):
    help = "Shows, starts, approves, stops, settles or drives a run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=ACTS)
        parser.add_argument("run", type=int, help="the number in the run's address")
        parser.add_argument("--by", default="", help="your user name: every act has an author")
        parser.add_argument("--reason", default="", help="why; it stands on the timeline")
        parser.add_argument(
            "--as", dest="as_", choices=("succeeded", "failed", "skipped", "again"), help="settle: what became of it"
        )
        parser.add_argument("--kill", action="store_true", help="cancel: end the running command now")
        parser.add_argument("--watch", action="store_true", help="drive: stay until the watch after the run has ended")
        parser.add_argument("--wait", action="store_true", help="drive: wait where a person is needed")

    def handle(self, *args: Any, **options: Any) -> None:
        run = Run.objects.select_related("target", "revision", "stream").filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no run {options['run']}.")
        try:
            getattr(self, options["act"].replace("-", "_"))(run, options)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None

    def status(self, run: Run, options: dict[str, Any]) -> None:
        """The run, its steps and what stands before it."""
        self.stdout.write(f"Run {run.pk}: {run}. {run.get_status_display()}. {run.detail}".strip())
        for step in run.steps.order_by("position"):
            words = f"{step.title}: {step.get_status_display()}. {step.detail or step.skipped_reason}"
            self.stdout.write(f"  {step.number:>4} {words}".rstrip())
        if run.status in (RunStatus.DRAFT, RunStatus.AWAITING_APPROVAL):
            for reason in preflight(run):
                self.stdout.write(f"  [{reason.state}] {reason.sentence}")

    def start(self, run: Run, options: dict[str, Any]) -> None:
        if not run.prepared_at:
            run.prepare()
        run = run.start(by=self.person(options))
        self.stdout.write(f"Run {run.pk} is {run.get_status_display().lower()}.")

    def approve(self, run: Run, options: dict[str, Any]) -> None:
        """The snapshot, else the step that waits: an approval or a manual step."""
        by = self.person(options)
        if run.status == RunStatus.AWAITING_APPROVAL:
            run.approve(by=by)
        elif (step := self.step(run, StepStatus.WAITING)).kind == "manual":
            step.confirm(by=by, note=options["reason"])
        else:
            step.approve(by=by, reason=options["reason"])
        self.told(run)

    def reject(self, run: Run, options: dict[str, Any]) -> None:
        by = self.person(options)
        if run.status == RunStatus.AWAITING_APPROVAL:
            run.reject(by=by, reason=options["reason"])
        else:
            self.step(run, StepStatus.WAITING).reject(by=by, reason=options["reason"])
        self.told(run)

    def retry(self, run: Run, options: dict[str, Any]) -> None:
        self.undecided(run).retry(by=self.person(options), reason=options["reason"])
        self.told(run)

    def skip(self, run: Run, options: dict[str, Any]) -> None:
        self.undecided(run).skip(by=self.person(options), reason=options["reason"])
        self.told(run)

    def pause(self, run: Run, options: dict[str, Any]) -> None:
        run.pause(by=self.person(options), reason=options["reason"])
        self.told(run)

    def resume(self, run: Run, options: dict[str, Any]) -> None:
        run.resume(by=self.person(options))
        self.told(run)

    def cancel(self, run: Run, options: dict[str, Any]) -> None:
        run.request_cancel(by=self.person(options), kill=options["kill"], reason=options["reason"])
        self.told(run)

    def settle(self, run: Run, options: dict[str, Any]) -> None:
        if not options["as_"]:
            raise CommandError("Say what became of the step: --as succeeded, failed, skipped or again.")
        self.step(run, StepStatus.LOST).settle(by=self.person(options), as_=options["as_"], reason=options["reason"])
        self.told(run)

    def drive(self, run: Run, options: dict[str, Any]) -> None:
        over = drive(run, self.stdout.write, wait=options["wait"])
        self.told(run)
        if not over:
            raise SystemExit(2)
        if options["watch"]:
            stay_with_watch(run, self.stdout.write)

    def dry_run(self, run: Run, options: dict[str, Any]) -> None:
        """Every command as it is rendered; those that read are done in this terminal, the others are not."""
        if not run.prepared_at:
            run.prepare()
        shown = dry_run(run, by=self.person(options))
        drive(shown, lambda _: None)
        for line in in_words(shown):
            self.stdout.write(line)
        self.told(shown)

    def told(self, run: Run) -> None:
        run.refresh_from_db()
        self.stdout.write(f"Run {run.pk} is {run.get_status_display().lower()}. {run.detail}".strip())

    def person(self, options: dict[str, Any]) -> Any:
        """The author of the act, who must be allowed to operate runs."""
        person = get_user_model().objects.filter(username=options["by"], is_active=True).first()
        if person is None:
            raise CommandError("Say who you are: --by USERNAME.")
        if not person.has_perm("rollbacks.operate"):
            raise CommandError(f"{person} may not operate runs.")
        return person

    def step(self, run: Run, status: str) -> StepRun:
        step = run.steps.filter(status=status).order_by("position").first()
        if step is None:
            raise CommandError(f"No step of run {run.pk} is {StepStatus(status).label.lower()}.")
        return step

    def undecided(self, run: Run) -> StepRun:
        step = run.undecided_step
        if step is None:
            raise CommandError(f"No step of run {run.pk} waits for that decision.")
        return step
