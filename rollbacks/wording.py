"""What a run does, in the words of its button: act, service, environment. The same words on every page."""

from typing import TYPE_CHECKING, Any

from plans import wording

if TYPE_CHECKING:
    from rollbacks.models import Run

KINDS = wording.KINDS
EFFECTS = wording.EFFECTS


def act_of(run: "Run") -> str:
    """ "Roll orders-api production back to 1.2.2", "Turn the flag new_pricing off for orders-api production"."""
    where = f"{run.service.name} {run.environment.name}"
    steps = run.snapshot.get("steps", []) if run.snapshot else []
    if run.kind == "undo":
        return f"Undo {run.undoes_step or level_of(run)} on {where}"
    if run.kind == "restore":
        return f"Bring {where} back to normal"
    if run.kind == "evidence":
        return f"Gather evidence from {where}"
    if run.kind == "dry_run":
        return f"Dry run: {level_of(run)} on {where}"
    prefix = "Rehearse: " if run.kind == "drill" else ""
    if version := target_version(run, steps):
        verb = "roll" if prefix else "Roll"
        return f"{prefix}{verb} {where} back to {version}"
    if flag := flag_words(steps):
        return f"{prefix}{flag if prefix else flag[:1].upper() + flag[1:]} for {where}"
    return f"{prefix}{level_of(run)} on {where}" if prefix else f"Run {level_of(run)} on {where}"


def level_of(run: "Run") -> str:
    """ "Level 2", or "the run" for one without a level."""
    return f"Level {run.level}" if run.level is not None else "the run"


def level_title(run: "Run") -> str:
    """ "Level 2 · Version rollback"."""
    level = next((one for one in run.revision.compiled.get("levels", []) if one["number"] == run.level), None)
    if level is None:
        return str(run.get_kind_display())
    title = level.get("title") or level["name"]
    return f"Level {run.level} · {title[:1].upper()}{title[1:]}"


def target_version(run: "Run", steps: list[dict[str, Any]]) -> str:
    """The version that a step installs: the value of a parameter named …version that stands in a changing step."""
    for name, value in run.params.items():
        if "version" not in name or name.startswith("running"):
            continue
        if any(step.get("effect") != "read" and value in str(step.get("body") or "") for step in steps):
            return str(value)
    return ""


def flag_words(steps: list[dict[str, Any]]) -> str:
    """ "turn the flag enable_schema_registry off" for the first flag step that is not skipped."""
    for step in steps:
        words = str(step.get("body") or "").split()
        if step.get("kind") == "flag" and not step.get("skip") and len(words) == 3 and words[0] == "set":
            return f"remove the flag {words[1]}" if words[2] == "absent" else f"turn the flag {words[1]} {words[2]}"
    return ""


def steps_in_words(steps: list[dict[str, Any]]) -> str:
    """ "5 steps, 1 of them once, 1 skipped"."""
    acting = [step for step in steps if not step.get("skip")]
    parts = [wording.count(len(acting), "step")]
    once = sum(
        step.get("effect") == "once" and step.get("kind") not in ("manual", "approval", "wait") for step in acting
    )
    parts += [f"{once} of them once"] if once else []
    parts += [f"{len(steps) - len(acting)} skipped"] if len(acting) < len(steps) else []
    return ", ".join(parts)
