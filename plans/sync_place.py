"""`manage.py plan sync`: the folder or repository it was given, and what is said about each file."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from plans.models import Refused
from plans.repository import NoRepository, checked_out, is_address, without_secret
from plans.sync import Report, sync
from plans.wording import count

Say = Callable[[str], object]
_WORDS = {"added": "added as", "changed": "changed in", "same": "unchanged in"}


def sync_place(place: str, match: str, *, say: Say, warn: Say) -> int:
    """0 when all is well, 1 when a plan cannot run or a file is gone or odd, 2 when nothing could be read."""
    try:
        folder = checked_out(place, settings.DATA_DIR / "plan-repositories") if is_address(place) else Path(place)
        if not folder.is_dir():
            warn(f"{place} is no folder and no address of a repository. Nothing was changed.")
            return 2
        known_as = without_secret(place) if is_address(place) else str(folder.resolve())
        report = sync(folder, known_as, match=match)
    except (NoRepository, Refused, OSError) as error:
        warn(f"{without_secret(place)} cannot be read: {error} Nothing was changed.")
        return 2
    _tell(report, say, warn)
    return 0 if report.is_clean else 1


def _tell(report: Report, say: Say, warn: Say) -> None:
    for one in report.outcomes:
        if one.what in ("odd", "gone"):
            warn(f"{one.path}: {one.sentence}")
            continue
        if one.plan is not None and one.what != "same":
            say(f"{one.path}: {_WORDS[one.what]} plan {one.plan.slug}")
        for problem in one.problems:
            warn(f"{one.path}:{problem}")
    kinds = [one.what for one in report.outcomes]
    told = [f"{kinds.count(what)} {what}" for what in ("added", "changed", "same", "odd", "gone") if what in kinds]
    others = f"; {count(report.others, 'other Markdown file')} left alone" if report.others else ""
    say(f"{count(len(kinds), 'plan')}: {', '.join(told) or 'none found'}{others}.")
