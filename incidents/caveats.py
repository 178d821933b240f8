"""What a reader must know before trusting a green word: overrides and lone approvals first. Pure."""

from collections.abc import Iterator, Sequence

from incidents.report_lines import RunLine
from incidents.story import Line
from incidents.told import Told


def caveats(told: Told, runs: Sequence[RunLine]) -> list[str]:
    """Sentences, the weightiest first."""
    found = [*_overrides(told), *_alone(told), *_unproved(told, runs)]
    found += [f"Reopened: {line.data.get('reason', '')}" for line in told.all("incident.reopened")]
    skipped = told.all("evidence.skipped")
    if skipped:
        found.append(f"{len(skipped)} item{'s' if len(skipped) > 1 else ''} of evidence skipped.")
    return found


def _overrides(told: Told) -> Iterator[str]:
    """Another level than the recommended one."""
    for line in told.all("level.chosen"):
        level, wanted = line.data.get("level"), line.data.get("recommended")
        if level == wanted or (wanted is None and not line.data.get("reason")):
            continue
        chose = f"Level {level}" if level else "no rollback"
        instead = f"where Level {wanted} was recommended" if wanted else "where no level was recommended"
        yield f"Override: {_who(line)} chose {chose} {instead}: {line.data.get('reason') or 'no reason given'}"


def _alone(told: Told) -> Iterator[str]:
    """A run that one person asked for and let go, where the plan asks for two; a skipped pre-flight check."""
    for line in told.all("run.approved", "step.approved"):
        if line.data.get("alone"):
            yield f"Lone approval: {_who(line)} went on alone: {line.data.get('reason') or 'nobody else answered in time'}"
    for line in told.all("run.queued", "run.started"):
        if line.data.get("overridden"):
            yield f"Override: {_who(line)} started although: {_words(line.data['overridden'])}"


def _unproved(told: Told, runs: Sequence[RunLine]) -> Iterator[str]:
    if told.resolved and not told.resolved.data.get("verified"):
        yield f"Resolved without proof (unverified): {told.resolved.data.get('reason') or 'no reason given'}"
    for run in runs:
        if run.shortened:
            yield f"The watch after {run.name} was shortened; it says less than the plan's own."
    for line in told.all("step.settled"):
        yield f"The outcome of “{line.data.get('title', 'a step')}” was unknown and was settled by a person."


def _words(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def _who(line: Line) -> str:
    return line.actor_name or "somebody"
