"""The first words of a retrospective, from the report alone: what people leave as it is, the timeline said. Pure.

Nothing is written that no event holds. The root cause is never guessed: it stays empty until somebody writes it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from incidents.clock import length
from incidents.report_lines import Figure, Report, RunLine

SOON = 60.0  # seconds: an acknowledgement within a minute went well


def drafted(report: Report, issues: Iterable[Mapping[str, Any]] = ()) -> dict[str, str]:
    """`{field: text}` for every field that the timeline can begin. `issues`: the known issues that matched."""
    known = list(issues)
    return {
        "summary": _summary(report),
        "impact": _impact(report),
        "contributing_factors": _bullets(_factors(report, known)),
        "root_cause": "",
        "went_well": _bullets(_went_well(report)),
        "lucky": _bullets(_lucky(report)),
        "surprised": _bullets(_surprised(report)),
        "bug_report": bug_report(report, known),
        "permanent_fix": _bullets(str(issue["permanent_fix"]) for issue in known if issue.get("permanent_fix")),
    }


def bug_title(report: Report) -> str:
    """One line for a tracker."""
    return f"{report.title} ({report.service}, {report.reference})"


def bug_report(report: Report, issues: Iterable[Mapping[str, Any]] = ()) -> str:
    """What whoever fixes it needs: what was seen, since when, what was tried, what was kept."""
    parts = [
        f"Seen as: {report.symptom or report.title}",
        f"Where: {report.service}",
        f"Detected: {report.detected_at:%Y-%m-%d %H:%M:%S} UTC, {report.impact.get('minutes', '–')}",
        *(f"Measured: {line}" for line in report.impact.get("counted") or []),
        "",
        "What was tried:",
        *([f"- {_tried(run)}" for run in report.runs] or ["- no run was started"]),
    ]
    if report.evidence:
        parts += ["", "Kept as evidence:", *(f"- {_kept(item)}" for item in report.evidence)]
    known = [f"- {issue.get('title')}" for issue in issues]
    if known:
        parts += ["", "Known issues of the plan that match:", *known]
    if errors := _notes(report):
        parts += ["", "Noted while it lasted:", *(f"- {note}" for note in errors)]
    return "\n".join(parts)


def _summary(report: Report) -> str:
    sentences = [
        f"{report.title} on {report.service}, {report.severity} severity, detected {report.detected_at:%Y-%m-%d %H:%M} UTC.",
        *(_decided(item) for item in report.chosen),
        f"{report.worked.rstrip('.')}.",
        _ended(report),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _decided(item: Mapping[str, Any]) -> str:
    what = f"Level {item['level']}" if item.get("level") else "no rollback"
    return f"{item.get('by') or 'The plan'} chose {what}{': ' + str(item['reason']).rstrip('.') if item.get('reason') else ''}."


def _ended(report: Report) -> str:
    if report.resolved_at is None:
        return "It is not resolved."
    resolve = _seconds(report, "resolve")
    return f"Resolved {report.resolved_at:%Y-%m-%d %H:%M} UTC" + (f", after {length(resolve)}." if resolve else ".")


def _impact(report: Report) -> str:
    said = [str(report.impact.get("said") or "")]
    lasted = report.impact.get("minutes")
    lines = [f"It lasted {lasted}." if lasted and lasted != "–" else ""]
    return "\n".join(line for line in [*said, *lines, *(report.impact.get("counted") or [])] if line)


def _factors(report: Report, issues: Iterable[Mapping[str, Any]]) -> list[str]:
    found = [
        f"Known issue of the plan: {issue['title']}" + (f" ({issue['when']})" if issue.get("when") else "")
        for issue in issues
    ]
    found += [f"{run.name} did not help: {run.reason}" for run in report.runs if run.verdict == "not_recovered"]
    found += [f"{run.name} ended {run.outcome.replace('_', ' ')}" for run in report.runs if run.outcome in FAILED]
    found += [
        f"{run.name} broke its promise of {length(run.promised_seconds or 0)}"
        for run in report.runs
        if run.kept is False
    ]
    late = [duty for duty in report.late if duty.late_seconds]
    if late:
        worst = max(late, key=lambda duty: duty.late_seconds or 0)
        found.append(f"{len(late)} of the plan's tasks were late; the latest was “{worst.text}”")
    return found


def _went_well(report: Report) -> list[str]:
    found = []
    acknowledged, informed = _seconds(report, "acknowledge"), _seconds(report, "inform")
    if acknowledged is not None and acknowledged <= 5 * SOON:
        found.append(f"Acknowledged {length(acknowledged)} after the detection")
    if informed is not None:
        found.append(f"Stakeholders had the first message {length(informed)} after the detection")
    found += [
        f"{run.name} recovered the service in {length(run.recovered_seconds or 0)}, promised {length(run.promised_seconds or 0)}"
        for run in report.runs
        if run.kept
    ]
    kept = sum(item.get("status") == "gathered" for item in report.evidence)
    if kept:
        found.append(f"{kept} items of evidence were kept before anything was changed")
    return found


def _lucky(report: Report) -> list[str]:
    found = []
    begun = _seconds(report, "begin")
    if report.resolved_at and not report.runs:
        found.append("It ended without a rollback")
    if begun is None and report.runs:
        found.append("A run was prepared and never began")
    found += [f"The outcome of a step was unknown: {line}" for line in report.caveats if "was unknown" in line]
    return found


def _surprised(report: Report) -> list[str]:
    found = [f"{run.name}: {run.reason or 'not recovered'}" for run in report.runs if run.verdict == "not_recovered"]
    if len({item.get("level") for item in report.chosen}) > 1:
        found.append(f"{len(report.chosen)} decisions were needed")
    if any(line.startswith("Reopened") for line in report.caveats):
        found.append("It came back after it was resolved")
    return found


def _tried(run: RunLine) -> str:
    verdict = VERDICTS.get(run.verdict, "no verdict")
    return f"{run.name}: {run.outcome.replace('_', ' ')}, {verdict}" + (f" ({run.reason})" if run.reason else "")


def _kept(item: Mapping[str, Any]) -> str:
    digest = f", SHA-256 {str(item['hash'])[:16]}" if item.get("hash") else ""
    return f"{item.get('title')}: {item.get('status') or 'skipped'}{digest}"


def _notes(report: Report) -> list[str]:
    return [" ".join(entry.quote.split()) for entry in report.chronology if entry.text == "noted" and entry.quote][:10]


def _seconds(report: Report, key: str) -> float | None:
    found: Figure | None = next((figure for figure in report.figures if figure.key == key), None)
    return found.seconds if found else None


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in dict.fromkeys(line.rstrip(".") for line in lines if line))


FAILED = frozenset({"failed", "timed_out", "canceled"})
VERDICTS = {"recovered": "recovered", "not_recovered": "not recovered", "inconclusive": "cannot tell yet"}
