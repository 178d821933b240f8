"""Plans that are kept in a folder or a Git repository: each file becomes a plan, each changed text a revision."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from django.db import IntegrityError, transaction

from plans.document import read_plan
from plans.document import words as plan_words
from plans.models import Plan, PlanSource, Refused
from plans.models.revision import MAX_BYTES
from plans.repository import Commit, last_commit
from timeline import domain_time
from timeline.models import Event

# A folder with more Markdown is no folder of plans.
MOST_FILES = 2000
_NEVER = {"node_modules", "venv", "vendor", "site-packages"}


@dataclass(frozen=True)
class Outcome:
    """What became of one file: added, changed, same, odd (not read), gone. `problems` keep the plan from running."""

    path: str
    what: str
    sentence: str = ""
    plan: Plan | None = None
    problems: tuple[str, ...] = ()


@dataclass
class Report:
    """All files of one sync, in the order of their paths."""

    outcomes: list[Outcome] = field(default_factory=list)
    others: int = 0
    """Markdown files that are no plans."""

    @property
    def is_clean(self) -> bool:
        """True when every file was read, is still there, and can run."""
        return not any(one.problems or one.what in ("odd", "gone") for one in self.outcomes)


def sync(folder: Path, known_as: str, *, match: str = "") -> Report:
    """Brings the plans of a folder up to date; safe to call again at any time, nothing is ever deleted.

    `known_as` is how the folder is named on the plan's page; `match` takes exactly the files of a pattern as plans.
    """
    report, seen = Report(), set()
    for path in _files(folder, match):
        name = path.relative_to(folder).as_posix()
        followed = PlanSource.objects.filter(folder=known_as, path=name).select_related("plan").first()
        try:
            text = _text(path)
        except (OSError, Refused) as error:
            seen.add(name)
            if followed or match:
                report.outcomes.append(Outcome(name, "odd", f"{error}", followed.plan if followed else None))
            continue
        if not followed and not match and not is_plan(text, name):
            report.others += 1
            continue
        seen.add(name)
        report.outcomes.append(_bring(text, name, known_as, last_commit(folder, name), followed))
    report.outcomes += list(_gone(known_as, seen))
    report.outcomes.sort(key=lambda one: one.path)
    return report


def is_plan(text: str, name: str) -> bool:
    """Says whether a Markdown file is a rollback plan: it says `plan:` itself, or it speaks of rolling back and has levels."""
    document = read_plan(text, name)
    if "plan" in document.header.data:
        return True
    title = f"{document.title} {PurePosixPath(name).stem.replace('-', ' ').replace('_', ' ')}"
    return plan_words.speaks_of_rollback(title) and bool(document.parts.levels)


def _files(folder: Path, match: str) -> Iterator[Path]:
    """Markdown files inside the folder, never those that a link leads to elsewhere."""
    root = folder.resolve()
    found = sorted(path for path in folder.rglob(match or "*.md") if path.is_file())
    kept = [
        path
        for path in found
        if not any(part.startswith(".") or part in _NEVER for part in path.relative_to(folder).parts)
        and path.resolve().is_relative_to(root)
    ]
    if len(kept) > MOST_FILES:
        raise Refused(
            f"{folder} holds {len(kept)} files; at most {MOST_FILES} are read. Name a smaller folder, or use --match."
        )
    yield from kept


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused("larger than 1 MiB; nothing was changed. Move logs and pictures to another file.")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Refused(f"not UTF-8 text (byte {error.start}); nothing was changed. Save it as UTF-8.") from error
    if "\x00" in text or not text.strip():
        raise Refused("holds no text; nothing was changed. Save the plan as UTF-8 Markdown.")
    return text


def _bring(text: str, name: str, known_as: str, commit: Commit, followed: PlanSource | None) -> Outcome:
    """One file into its plan; another sync at the same moment does it once."""
    try:
        with transaction.atomic():
            plan, what = _follow(text, name, known_as, commit, followed)
    except IntegrityError:
        return Outcome(name, "same", "another sync brings it at this moment")
    current = plan.current
    problems = tuple(f"{row['line']}: {row['message']} {row['hint']}" for row in current.problems) if current else ()
    return Outcome(name, what, "", plan, problems)


def _follow(text: str, name: str, known_as: str, commit: Commit, source: PlanSource | None) -> tuple[Plan, str]:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    reason = f"{name} {commit.words()}".strip()
    what = "same"
    plan = source.plan if source else _same_text(sha256)
    if plan is None:
        plan, what = Plan.create(text=text, reason=reason), "added"
    elif (current := plan.current) is None or current.sha256 != sha256:
        plan.add_revision(text=text, reason=reason, synced=True)
        what = "changed"
    if source is None:
        source = PlanSource(plan=plan, folder=known_as, path=name)
        Event.record(plan.stream, "plan.followed", data={"plan": plan.slug, "folder": known_as, "path": name})
    source.commit, source.committed_by = commit.id, commit.author[:200]
    source.sha256, source.synced_at, source.missing_since = sha256, domain_time.now(), None
    source.save()
    return plan, what


def _same_text(sha256: str) -> Plan | None:
    """A plan that was written here with exactly this text: it follows the file from now on."""
    plans = [plan for plan in Plan.objects.filter(source=None, revisions__sha256=sha256).distinct()[:9]
             if (current := plan.current) and current.sha256 == sha256]  # fmt: skip
    return plans[0] if len(plans) == 1 else None


def _gone(known_as: str, seen: set[str]) -> Iterator[Outcome]:
    """Plans whose file is no longer there: kept, told, and open to changes in the browser again."""
    for source in PlanSource.objects.filter(folder=known_as).select_related("plan").order_by("path"):
        if source.path in seen:
            continue
        if source.missing_since is None:
            with transaction.atomic():
                source.missing_since = domain_time.now()
                source.save(update_fields=["missing_since"])
                data = {"plan": source.plan.slug, "folder": known_as, "path": source.path}
                Event.record(source.plan.stream, "plan.file_missing", data=data)
        yield Outcome(source.path, "gone", "is no longer there; its plan stays as it is", source.plan)
