"""`manage.py rollback ACT RUN`: everything that a run needs from a person, without a browser; `drive` also without a
broker."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from rollbacks.driving import drive, stay_with_watch, what_next
from rollbacks.dry_run import dry_run, in_words
from rollbacks.models import Refused, Run, StepRun, Target
from rollbacks.models.states import RunStatus, StepStatus
from rollbacks.preflight import expect_unblocked, preflight
from rollbacks.way_back import way_back

ACTS = (
    "draft",
    "status",
    "start",
    "approve",
    "go-alone",
    "reject",
    "retry",
    "skip",
    "pause",
    "resume",
    "cancel",
    "settle",
    "undo",
    "drive",
    "dry-run",
)
KINDS = ("rollback", "drill", "evidence", "restore")


class Command(BaseCommand):
    help = "Shows, starts, approves, stops, settles or drives a run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=ACTS)
        parser.add_argument("run", type=int, nargs="?", help="the number in the run's address")
        parser.add_argument("--target", default="", help="draft: SERVICE/ENVIRONMENT, both as in addresses")
        parser.add_argument("--level", type=int, help="draft: the level's number")
        parser.add_argument("--kind", choices=KINDS, default="rollback", help="draft: rollback, unless said otherwise")
        parser.add_argument("--incident", type=int, help="draft: the incident whose timeline it belongs to")
        parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="draft: a parameter")
        parser.add_argument(
            "--takes-over", type=int, metavar="RUN", help="draft: the active run that ends when it starts"
        )
        parser.add_argument("--step", default="", help="undo: the name of one step; without it the whole run")
        parser.add_argument("--by", default="", help="your user name: every act has an author")
        parser.add_argument("--reason", default="", help="why; it stands on the timeline")
        parser.add_argument(
            "--as", dest="as_", choices=("succeeded", "failed", "skipped", "again"), help="settle: what became of it"
        )
        parser.add_argument("--kill", action="store_true", help="cancel: end the running command now")
        parser.add_argument("--watch", action="store_true", help="drive: stay until the watch after the run has ended")
        parser.add_argument("--wait", action="store_true", help="drive: wait where a person is needed")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "draft":
            self.refusing(lambda: self.draft(options))
            return
        if options["run"] is None:
            raise CommandError(f"Say which run: manage.py rollback {options['act']} RUN.")
        run = Run.objects.select_related("target", "revision", "stream").filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no run {options['run']}.")
        self.refusing(lambda: getattr(self, options["act"].replace("-", "_"))(run, options))

    def refusing(self, act: Callable[[], None]) -> None:
        """A refusal of the engine is the command's last sentence."""
        try:
            act()
        except Refused as refusal:
            raise CommandError(str(refusal)) from None

    def draft(self, options: dict[str, Any]) -> None:
        """A new run with its rendered steps; its number is the last word."""
        by = self.person(options)
        target = self.target(options["target"])
        if target.plan is None or target.plan.runnable is None:
            raise CommandError(f"{target} has no plan with an approved revision.")
        if wrong := [one for one in options["param"] if "=" not in one]:
            raise CommandError(f"“{wrong[0]}” is no parameter. Write --param NAME=VALUE.")
        older = Run.objects.filter(pk=options["takes_over"]).first() if options["takes_over"] else None
        run = Run.draft(
            target=target,
            revision=target.plan.runnable,
            kind=options["kind"],
            level=options["level"],
            stream=f"incident:{options['incident']}" if options["incident"] else target.stream,
            by=by,
            params=dict(one.split("=", 1) for one in options["param"]),
            supersedes=older,
        ).prepare()
        self.status(run, options)
        self.stdout.write(f"Start it: manage.py rollback start {run.pk} --by {by}")

    def target(self, words: str) -> Target:
        service, _, environment = words.partition("/")
        found = Target.objects.filter(service__slug=service, environment__slug=environment).first()
        if found is None:
            known = [f"{one.service.slug}/{one.environment.slug}" for one in Target.objects.all()[:20]]
            raise CommandError(
                f"There is no target “{words}”. Write --target {' or '.join(known) or 'SERVICE/ENVIRONMENT'}."
            )
        return found

    def status(self, run: Run, options: dict[str, Any]) -> None:
        """The run, its steps, what stands before it and what a person does next."""
        self.stdout.write(f"Run {run.pk}: {run}. {run.get_status_display()}. {run.detail}".strip())
        for step in run.steps.order_by("position"):
            words = f"{step.title}: {step.get_status_display()}. {step.detail or step.skipped_reason}"
            self.stdout.write(f"  {step.number:>4} {words}".rstrip())
        if run.status in (RunStatus.DRAFT, RunStatus.AWAITING_APPROVAL):
            for reason in preflight(run):
                self.stdout.write(f"  [{reason.state}] {reason.key}: {reason.sentence}")
        for sentence in what_next(run):
            self.stdout.write(sentence)

    def start(self, run: Run, options: dict[str, Any]) -> None:
        if not run.prepared_at:
            run.prepare()
        expect_unblocked(run)
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

    def go_alone(self, run: Run, options: dict[str, Any]) -> None:
        run.go_alone(by=self.person(options), reason=options["reason"])
        self.told(run)

    def undo(self, run: Run, options: dict[str, Any]) -> None:
        """Drafts the run that takes this one, or one step of it, back; a draft that waits already serves again."""
        how: dict[str, Any] = {"undoes": run}
        if options["step"]:
            step = run.steps.filter(name=options["step"]).first()
            if step is None:
                names = ", ".join(run.steps.values_list("name", flat=True))
                raise CommandError(f"Run {run.pk} has no step {options['step']}. It has {names}.")
            how = {"undoes_step": step}
        by = self.person(options)
        undo, is_new = way_back(run, by=by, **how)
        if not is_new:
            self.stdout.write(f"Run {undo.pk} was drafted for that already; it is prepared anew.")
        self.status(undo.prepare(), options)
        self.stdout.write(f"Start it: manage.py rollback start {undo.pk} --by {by}")

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
