"""Warns of commands that do more, less or other than they seem to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from plans.document import shell
from plans.document.crossing import every_step
from plans.document.finding import Findings

_DROP = re.compile(
    r"\bDROP\s+(TABLE|DATABASE|SCHEMA|COLUMN|INDEX|VIEW|USER|ROLE)\b|\bTRUNCATE\s+TABLE\b", re.IGNORECASE
)
_LATEST = re.compile(r"[:@]latest\b|\b--tag[= ]latest\b")
_FORCE = frozenset({"--force", "--force-with-lease", "--hard"})
_VALUED = frozenset(
    [
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "-t",
        "--target",
        "-c",
        "--constraint",
        "--python",
        "--prefix",
        "--root",
        "--platform",
        "--only-binary",
        "--no-binary",
        "--log",
        "--proxy",
        "--timeout",
        "--retries",
        "--cache-dir",
        "--build",
        "--src",
        "--report",
        "--progress-bar",
        "--implementation",
        "--abi",
        "--python-version",
        "-w",
        "--wheel-dir",
        "--index",
        "--group",
    ]
)
_MOVING = re.compile(r"^['\"]?git\+[^@]*//[^@]*(@(?![0-9a-f]{7,40}\b)(?!v?\d)[^@]*)?$")
"""A repository installed from a branch, or from whatever is newest."""
_OWN_UNIT = re.compile(r"firebreak", re.IGNORECASE)


def look(compiled: dict[str, Any], findings: Findings) -> None:
    for step in [*every_step(compiled), *_script(compiled)]:
        if step["kind"] not in ("shell", "exec"):
            continue
        for line, command in commands_of(step):
            _relative(command, line, findings)
            _destructive(command, line, findings)
            _install(command, line, findings)
            _curl(command, line, findings)
            _sed(command, line, step, findings)
            _own(command, line, step, findings)


def _script(compiled: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the test script as the step that it would be: it never runs by itself, and people run it."""
    script = compiled["test_script"]
    if script is None:
        return []
    body_line = script["line"] + 1
    return [{"kind": "shell", "body": script["body"], "body_line": body_line, "verify": None, "detached": False}]


def commands_of(step: dict[str, Any]) -> Iterator[tuple[int, shell.Command]]:
    """Yields each command of a step with its line."""
    for logical in shell.logical_lines(step["body"]):
        if not logical.is_comment and not logical.is_blank:
            for command in shell.commands(logical.text):
                yield step["body_line"] + logical.offset, command


def _relative(command: shell.Command, line: int, findings: Findings) -> None:
    words, name = command.bare, command.name
    rest = " ".join(words[1:])
    hint = "Name the revision to go back to; run twice, it goes forward again."
    if name in ("kubectl", "oc") and "rollout undo" in rest and "--to-revision" not in rest:
        findings.warn(
            line, "relative-undo", "`rollout undo` without `--to-revision` goes back from wherever it stands.", hint
        )
    elif name == "git" and re.search(r"\b(revert|reset)\b.*\bHEAD\b", rest):
        findings.warn(line, "relative-undo", f"`git {words[1]} HEAD` depends on what is newest at that moment.", hint)
    elif name == "helm" and len(words) == 3 and words[1] == "rollback":
        findings.warn(
            line, "relative-undo", "`helm rollback` without a revision goes back from wherever it stands.", hint
        )
    elif re.search(r"\b(migrate|downgrade|migration|db:rollback)\b", f"{name} {rest}") and re.search(
        r"(^|\s)-1(\s|$)|\bdb:rollback\b(?!.*VERSION)", rest
    ):
        findings.warn(line, "relative-undo", "The migration goes back by one from wherever it stands.", hint)


def _destructive(command: shell.Command, line: int, findings: Findings) -> None:
    words, name = command.bare, command.name
    text = " ".join(command.words)
    if name == "rm" and any(re.fullmatch(r"-\w*(r\w*f|f\w*r)\w*", word, re.IGNORECASE) for word in words):
        findings.warn(line, "rm-rf", "`rm -rf` deletes without a way back.", "Move the folder aside instead.")
    if _DROP.search(text):
        findings.warn(line, "drop", "The command drops data.", "Take a dump first, and say how it comes back.")
    forced = next((word for word in words if word in _FORCE), None)
    if forced or (name == "git" and "push" in words and "-f" in words):
        findings.warn(
            line, "force", f"`{forced or '-f'}` overrides a safety of {name}.", "Say why it is needed, or leave it out."
        )
    if _LATEST.search(text):
        findings.warn(line, "latest", "`latest` is another version each time.", "Name the version.")


def _install(command: shell.Command, line: int, findings: Findings) -> None:
    loose = unpinned(command)
    if loose:
        findings.warn(
            line, "unpinned", f"`{loose}` is installed without a version.", "Name the version, as in `name==1.2.2`."
        )


def unpinned(command: shell.Command) -> str:
    """Returns the first package that an install names without a version."""
    words = list(command.bare)
    text = " ".join(words)
    if re.search(r"\b(pip3?|uv)( pip)? install\b", text):
        separators: tuple[str, ...] = ("==", "@", ".whl", "/", "~=", "<")
    elif re.match(r"(npm (install|i)|pnpm add|yarn add)\b", text):
        separators = ("@", "/", ".tgz")
    else:
        return ""
    moving = next((word for word in words if _MOVING.search(word)), "")
    if moving:
        return moving.strip("'\"")
    rest = words[
        max((place for place, word in enumerate(words) if word in ("install", "i", "add")), default=len(words)) + 1 :
    ]
    skip = False
    for word in rest:
        if skip or word in ("-r", "--requirement", "-e", "--editable"):
            skip = not skip
        elif word in _VALUED:
            skip = True
        elif not word.startswith(("-", "$", ".")):
            name = word.strip("'\"")
            if not any(mark in name.lstrip("@") for mark in separators):
                return name
    return ""


def _curl(command: shell.Command, line: int, findings: Findings) -> None:
    if command.name != "curl":
        return
    short = "".join(word[1:] for word in command.bare[1:] if re.fullmatch(r"-[A-Za-z]+", word))
    fails = "f" in short or any(word.startswith("--fail") for word in command.bare)
    bounded = "m" in short or any(
        word.startswith("--max-time") or re.fullmatch(r"-\w*m\d+", word) for word in command.bare
    )
    lacking = [what for what, has in (("-f", fails), ("-m", bounded)) if not has]
    if lacking:
        why = {"-f": "it succeeds on an error page", "-m": "it may hang"}
        findings.warn(
            line,
            "curl",
            f"`curl` without {' and '.join(f'`{one}`' for one in lacking)}: {' and '.join(why[one] for one in lacking)}.",
            "Write `curl -fsS -m 10 …`.",
        )


def _sed(command: shell.Command, line: int, step: dict[str, Any], findings: Findings) -> None:
    in_place = command.name == "sed" and any(re.match(r"-\w*i|--in-place", word) for word in command.bare[1:])
    if in_place and not step["verify"]:
        findings.warn(
            line,
            "sed-unverified",
            "`sed -i` succeeds even where nothing matched, and nothing verifies it.",
            "Add `verify=` with a read step, or use a flag step.",
        )


def _own(command: shell.Command, line: int, step: dict[str, Any], findings: Findings) -> None:
    if (
        command.name in ("systemctl", "docker", "kubectl", "docker-compose")
        and _OWN_UNIT.search(" ".join(command.words))
        and not step["detached"]
    ):
        findings.warn(
            line,
            "self-rollback",
            "The command acts on Firebreak itself: the step would lose its own worker.",
            "Add `detached=true`.",
        )
