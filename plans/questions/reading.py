"""Whether a block of shell commands only looks: a suggestion for the person who is asked, never a decision."""

from __future__ import annotations

import re

from plans.document import shell

_NAMES = (
    "ls cat grep egrep zgrep head tail wc jq yq df du free ps date whoami id hostname uptime ping dig nslookup host "
    "pg_isready test [ echo printf stat file sort uniq cut tr diff cmp which ss netstat lsof journalctl true printenv "
    "md5sum sha256sum column nl less"
)
_LOOKS = frozenset(_NAMES.split())
"""Programs that change nothing, whatever their options."""
_WAYS: dict[str, str] = {
    "kubectl": r"(?:get|describe|top|logs|version|explain|cluster-info|rollout (?:status|history)|auth can-i)\b",
    "oc": r"(?:get|describe|logs|status|rollout (?:status|history))\b",
    "helm": r"(?:list|ls|status|history|get|show|version)\b",
    "git": r"(?:status|log|diff|show|rev-parse|describe|ls-remote|ls-files|blame|branch(?: -[avr]+)*$|tag(?: -l\b|$))",
    "docker": r"(?:ps|logs|inspect|images|version|info|stats --no-stream|compose (?:ps|logs|config|images))\b",
    "docker-compose": r"(?:ps|logs|config|images)\b",
    "systemctl": r"(?:status|is-active|is-enabled|show|list-units|cat)\b",
    "pm2": r"(?:list|ls|status|show|describe|info)\b",
    "gh": r"(?:run|pr|issue|release|workflow) (?:list|view|status)\b",
    "redis-cli": r"(?:.* )?(?:ping|info|dbsize)\b",
    "nginx": r"-[tTvV]\b",
    "aws": r"(?:--\S+ \S+ )*[a-z0-9-]+ (?:describe|list|get)-",
    "python": r"-m json\.tool\b|--version",
    "python3": r"-m json\.tool\b|--version",
    "alembic": r"(?:current|history|heads|show)\b",
}
"""Programs that only look with these words behind their name."""
_SENDS = re.compile(
    r"\s(?:-X\s*|--request[ =])(?!(?:GET|HEAD)\b)|\s(?:-[a-zA-Z]*[dFT]|--data\S*|--form|--upload-file|--json)(?:[\s=]|$)|"
    r"\s(?:-[a-zA-Z]*[oO]|--output|--remote-name)(?=[\s=])(?!\s*/dev/null)"
)
_SELECTS = re.compile(r"(?is)\s*\W*(?:select|show|explain|\\d\w*)\b(?!.*\b(?:insert|update|delete|drop|alter|into)\b)")
_GLOBAL = re.compile(r"^(?:(?:-n|--namespace|--context|-C|-f|-p|--kubeconfig)[ =]\S+\s+|--namespace=\S+\s+)+")


def only_reads(body: str) -> bool:
    """Says whether every command of a block is known to change nothing."""
    found = False
    for line in shell.logical_lines(body):
        if line.is_comment or line.is_blank:
            continue
        for command in shell.commands(line.text):
            if not _looks(command):
                return False
            found = True
    return found and "$(" not in body and "`" not in body


def _looks(command: shell.Command) -> bool:
    if any(mark.lstrip("0123456789").startswith((">", "&>")) and not _nowhere(to) for mark, to in command.redirects):
        return False
    words = command.bare
    if not words:
        return False
    name, rest = words[0].rsplit("/", 1)[-1], _GLOBAL.sub("", " ".join(words[1:]))
    if name in _LOOKS:
        return True
    if name == "curl":
        return not _SENDS.search(f" {rest} ")
    if name in ("psql", "mysql", "sqlite3"):
        said = re.search(r"(?:^|\s)-(?:c|e)\s+(.*)", rest, re.DOTALL)
        return bool(said and _SELECTS.match(said[1]))
    if name == "sed":
        return not re.search(r"(?:^|\s)(?:-[a-zA-Z]*i|--in-place)", rest)
    return name in _WAYS and bool(re.match(_WAYS[name], rest))


def _nowhere(target: str) -> bool:
    return target in ("/dev/null", "&1", "&2", "1", "2")
