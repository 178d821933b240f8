"""Refuses what must never run unseen: blanks that are not filled, commands that wait for a person, odd characters."""

from __future__ import annotations

import re
import unicodedata

from plans.document import shell
from plans.document.attributes import Attributes
from plans.document.finding import Findings
from plans.document.header import Header
from plans.document.step import StepFence

_CURLY = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "«": '"', "»": '"'}
_HIDDEN = re.compile("[\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff\u00ab\u00bb\u2018-\u201f]")
_EDITORS = frozenset(["vim", "vi", "nano", "emacs", "less", "more", "most", "top", "htop", "man"])
_FOLLOWS = re.compile(r"^-\w*f\w*$|^--follow$")
_SSH_OPTIONS = frozenset(
    [
        "-b",
        "-c",
        "-D",
        "-E",
        "-e",
        "-F",
        "-I",
        "-i",
        "-J",
        "-L",
        "-l",
        "-m",
        "-O",
        "-o",
        "-p",
        "-Q",
        "-R",
        "-S",
        "-W",
        "-w",
    ]
)


def refuse_text(fence: StepFence, findings: Findings) -> None:
    """Refuses an unclosed fence and characters that look like others."""
    if not fence.closed and not fence.indented:
        findings.problem(fence.line, "The fence is never closed.", "End it with the same marks on a line of their own.")
    for offset, line in enumerate(fence.body.split("\n")):
        match = _HIDDEN.search(line)
        if match is None:
            continue
        sign = match.group(0)
        if sign in _CURLY:
            findings.problem(
                fence.first + offset, f"A curly quote {sign} stands in a fence.", f"Write {_CURLY[sign]} instead."
            )
        else:
            name = unicodedata.name(sign, f"U+{ord(sign):04X}").lower()
            findings.problem(
                fence.first + offset,
                f"A character that nobody sees stands in a fence: {name}.",
                "Remove it, or write a plain space.",
            )


def refuse_placeholders(texts: list[tuple[int, str]], header: Header, findings: Findings, *, every: bool) -> None:
    """Refuses blanks that no parameter fills; `every` also refuses those that only look like one (in commands)."""
    for line, text in texts:
        for offset, part in enumerate(text.split("\n")):
            for match in shell.PLACEHOLDER.finditer(part):
                name = match.group(1)
                if name not in header.params and (every or name.islower()):
                    findings.problem(
                        line + offset, f"`<{name}>` is not declared.", "Add it under `params:` in the front matter."
                    )
            if every:
                for match in shell.LOOSE_PLACEHOLDER.finditer(part):
                    findings.problem(
                        line + offset,
                        f"`<{match.group(1)}>` is no placeholder that can be filled.",
                        "Use one word in the brackets and declare it under `params:`.",
                    )


def refuse_blanks_in_brackets(line: int, text: str, findings: Findings) -> None:
    """Refuses `[VERSION]` and `{{ tag }}` in what runs: it would be given these very letters."""
    for raw in dict.fromkeys(match.group(0) for match in _OPEN.finditer(text)):
        if not _NO_BLANK.fullmatch(raw):
            findings.problem(
                line,
                f"`{raw}` is no placeholder that can be filled.",
                "Write it as one word in angle brackets and declare it under `params:`.",
            )


_OPEN = re.compile(r"\[[A-Z][A-Z0-9]{2,}(?:[ _-][A-Z0-9]+)*\]|\{\{ ?[A-Za-z]\w{1,40} ?\}\}")
_NO_BLANK = re.compile(
    r"\{\{ ?(end|else|json|range|with|if|block|define|template|break|continue) ?\}\}"
    r"|\[(?:[A-Z]+-\d+|ERROR|INFO|WARN|WARNING|DEBUG|FATAL|CRITICAL|FAIL|FAILED|PASS|DONE|NOTE|SUCCESS|ROLLBACK|REVERT|HOTFIX|INCIDENT|EMERGENCY|"
    r"ALERT|URGENT|NOTICE|WIP|SKIP CI|SKIP-CI|CI SKIP)\]"
)
"""Actions of a template language; marks in front of a message, and numbers of tickets."""
_OF_PATTERNS = frozenset(
    ["echo", "printf", "logger", "grep", "egrep", "zgrep", "rg", "sed", "awk", "tr", "perl", "find", "expr"]
)


def refuse_commands(fence: StepFence, body: str, attributes: Attributes, findings: Findings) -> None:
    """Refuses commands that would wait, ask, stay behind, or write into a blank."""
    bounded = attributes.get("timeout") is not None or attributes.get("detached") == "true"
    for logical in shell.logical_lines(body):
        if logical.is_comment or logical.is_blank:
            continue
        line = fence.first + logical.offset
        for command in shell.commands(logical.text):
            _refuse_blank_use(command, line, findings)
            if command.name not in _OF_PATTERNS:
                refuse_blanks_in_brackets(line, " ".join(command.argv), findings)
            waiting = interactive(command)
            if waiting and not bounded:
                findings.problem(
                    line,
                    f"`{waiting}` waits for a person or never ends.",
                    "Give it a `timeout=` or `detached=true`, or use a command that ends by itself.",
                )
            if command.after == "&" and attributes.get("detached") != "true":
                findings.problem(
                    line,
                    "A trailing `&` leaves a process behind that nobody watches.",
                    "Remove it, or write `detached=true`.",
                )
            if asks_for_password(command):
                findings.problem(line, "`sudo` may ask for a password.", "Write `sudo -n`: it fails instead of asking.")


def _refuse_blank_use(command: shell.Command, line: int, findings: Findings) -> None:
    if command.bare and shell.PLACEHOLDER.match(command.bare[0]):
        findings.problem(
            line,
            f"`{command.bare[0]}` stands where the command's name belongs.",
            "Write the command itself; a parameter may only be an argument.",
        )
    for operator, word in command.redirects:
        if ">" in operator and shell.PLACEHOLDER.search(word) and not word.startswith(("'", '"')):
            findings.problem(
                line,
                f"`{word}` stands behind an unquoted `>`.",
                "A parameter may not name the file that is written; write the path out.",
            )


def asks_for_password(command: shell.Command) -> bool:
    words = command.argv
    for place, word in enumerate(words):
        if word.rsplit("/", 1)[-1] == "sudo":
            options = []
            for option in words[place + 1 :]:
                if not option.startswith("-"):
                    break
                options.append(option)
            return not any(
                option == "--non-interactive" or re.fullmatch(r"-[A-Za-z]*n[A-Za-z]*", option) for option in options
            )
    return False


def interactive(command: shell.Command) -> str:
    """Returns the words of a command that waits for a person or runs on for ever; empty for all others."""
    words, name = command.bare, command.name
    rest = words[1:]
    if name in _EDITORS and not (name == "top" and any(re.match(r"-\w*b", word) for word in rest)):
        return name
    if name == "watch":
        return "watch"
    if name in ("journalctl", "tail") and any(_FOLLOWS.match(word) for word in rest):
        return f"{name} -f"
    if name in ("kubectl", "oc") and "logs" in rest and any(_FOLLOWS.match(word) for word in rest):
        return f"{name} logs -f"
    if name in ("kubectl", "oc") and rest[:1] == ("get",) and any(word in ("-w", "--watch") for word in rest):
        return f"{name} get -w"
    if name in ("docker", "docker-compose", "podman", "kubectl", "oc"):
        return _container(name, rest)
    if name == "ssh" and _is_bare_ssh(rest):
        return "ssh without a command"
    if name in ("uvicorn", "flask", "gunicorn") and any(word in ("--reload", "--debug") for word in rest):
        return f"{name} --reload"
    return ""


def _container(name: str, rest: tuple[str, ...]) -> str:
    act = next((word for word in rest if word in ("exec", "run", "logs", "attach")), "")
    if act in ("exec", "run") and any(
        re.fullmatch(r"-[a-z]*(it|ti)[a-z]*|--tty", word) or word == "-t" for word in rest
    ):
        return f"{name} {act} -it"
    if act == "logs" and any(_FOLLOWS.match(word) for word in rest):
        return f"{name} logs -f"
    return f"{name} attach" if act == "attach" else ""


def _is_bare_ssh(rest: tuple[str, ...]) -> bool:
    words = list(rest)
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in _SSH_OPTIONS and words:
            words.pop(0)
    return len(words) <= 1
