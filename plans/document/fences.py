"""What a fenced block is for: a command, output that one should see, a message template, code, or words."""

from __future__ import annotations

import re
from functools import lru_cache

from plans.document import shell
from plans.document.blocks import Fence, remembered

SHELLS = frozenset(
    [
        "bash",
        "sh",
        "shell",
        "console",
        "zsh",
        "powershell",
        "ps1",
        "pwsh",
        "shell-session",
        "shellsession",
        "terminal",
        "cmd",
        "bat",
        "batch",
        "ksh",
        "fish",
    ]
)
POSIX_SHELLS = frozenset(["bash", "sh", "shell", "console"])
RUNNABLE = frozenset({"http", "graphql", "file", "flag", "check", "wait"})
"""Languages that are kinds of their own."""
_WORDS = frozenset(
    "text txt plain plaintext none markdown md mdx rst log logs output csv email mermaid plantuml dot ascii".split()  # noqa: SIM905
)
"""Tags of what is read or looked at; any other tag that is no shell's is code."""
_SYSTEM = (
    "kubectl helm docker docker-compose podman git gh aws gcloud az terraform pip pip3 uv uvx npm npx pnpm yarn bun "
    "node python python3 pytest "
    "curl wget ssh scp rsync sudo systemctl service journalctl cd cp mv rm ls cat echo export source chmod chown mkdir "
    "ln tar gunzip gzip unzip sed awk grep "
    "psql pg_restore pg_dump mysql mysqldump mongo mongosh mongorestore mongodump redis-cli sqlite3 alembic flyway "
    "liquibase rails rake bundle make cargo go "
    "heroku fly flyctl vercel netlify pm2 nginx apt apt-get yum dnf brew supervisorctl ansible ansible-playbook etcdctl "
    "etcdutl consul vault nomad "
    "gradle ./gradlew mvn adb fastlane dotnet php composer artisan cast forge hardhat truffle solana anchor wrangler firebase doctl linode "
    "tail head ps top kill pkill pgrep jq xargs find diff touch test watch sleep uvicorn gunicorn manage.py bin poetry "
    "conda nvm asdf cf argocd flux istioctl "
    "velero rclone restic borg aws-vault bosh cp7 screen tmux openssl ping dig nslookup netstat ss lsof df du free "
    "uptime env set unset read"
)
COMMAND_WORDS = frozenset(_SYSTEM.split())
_LOG_LINE = re.compile(r'^\s*(\{"|\[?\d{4}-\d\d-\d\d[T ]|(INFO|ERROR|WARN(ING)?|DEBUG)\b[: ]|\d{2}:\d{2}:\d{2}\b)')
_PROGRAMMING = re.compile(
    r"^\w+\s*=\s|^(from|import|def|class|return|print)\b|"
    r"^export (const|let|default|async|function|class|type|interface)\b|\)\s*:?$|^[A-Z]"
)
_SCRIPT_LINE = re.compile(r"\s*((await|const|var)\s+[\w$.{(]|console\.\w+\(|[})\]]+;?\s*$)")
"""A line of JavaScript, which no shell knows, whatever the block's tag."""
_USAGE = re.compile(r"\s*(usage|options|arguments|flags|commands|parameters)\s*:\s*(\S.*)?$", re.IGNORECASE)
"""The help of a program, which somebody put into a shell's block."""
_NUMBERED_WORDS = re.compile(r"^\s*\d{1,2}[.)]\s+\S*[^\W\d_]{2}")
_PROGRAM_PATH = re.compile(r"^\.{0,2}/?[\w.-]+(/[\w.<>{}$*-]+)+$")


def is_settings(language: str) -> bool:
    """Says whether a block shows settings, which nobody carries out."""
    return language.lower() in (
        "yaml",
        "yml",
        "json",
        "toml",
        "ini",
        "xml",
        "html",
        "css",
        "properties",
        "hcl",
        "nginx",
        "dockerfile",
        "proto",
        "env",
        "dotenv",
        "conf",
        "config",
        "cfg",
        "apache",
        "caddyfile",
        "jsonc",
        "json5",
    )


def is_shell(language: str) -> bool:
    return language.lower() in SHELLS


def role_of(fence: Fence, before: str = "") -> str:
    """Returns command, output, template, code or doc; `before` is the sentence that introduces the block."""
    language = fence.language.lower()
    if is_shell(language):
        return _role_of_shell(fence)
    if _is_template(fence.body):
        return "template"
    if is_numbered_prose(fence.body):
        return "doc"
    if language in RUNNABLE:
        return "code"
    if holds_commands(fence.body, strict=bool(language)):
        return "doc" if _announces_output(before) and not language else "command"
    if language and language not in _WORDS:
        return "code"
    if _announces_output(before) or _looks_like_output(fence.body):
        return "output"
    return "doc"


@remembered
def _role_of_shell(fence: Fence) -> str:
    lines = [line for line in shell.logical_lines(fence.body) if not line.is_blank]
    if not lines or all(line.is_comment for line in lines):
        return "doc"
    running = [line.text for line in lines if not line.is_comment]
    if is_numbered_prose(fence.body) or (_USAGE.match(running[0]) and not _opens_with_program(running[0])):
        return "doc"
    if all(_SCRIPT_LINE.match(text) for text in running):
        return "code"
    return "output" if all(_LOG_LINE.match(text) for text in running) else "command"


@lru_cache(maxsize=1024)
def is_numbered_prose(body: str) -> bool:
    """Says whether a block, whatever its tag, tells a person in numbered lines what to do."""
    lines = [line for line in body.split("\n") if line.strip() and not line.lstrip().startswith(("#", "//", "-"))]
    numbered = sum(bool(_NUMBERED_WORDS.match(line)) for line in lines)
    return numbered > 0 and numbered * 3 >= len(lines) * 2


@lru_cache(maxsize=1024)
def holds_commands(body: str, *, strict: bool) -> bool:
    """Says whether a block without a shell's tag holds shell commands: most of its lines open with a known program."""
    lines = [line for line in shell.logical_lines(body) if not line.is_blank and not line.is_comment]
    if not lines or len(lines) > 400:
        return False
    hits = sum(_opens_with_program(line.text) for line in lines)
    return hits == len(lines) if strict else hits * 2 > len(lines)


def _opens_with_program(text: str) -> bool:
    words = text.split()
    first = words[1] if words[:1] == ["$"] and len(words) > 1 else words[0] if words else ""
    if _PROGRAMMING.search(text):
        return False
    plain = first.split("=", 1)[-1] if re.match(r"[A-Z_]+=", first) else first
    return plain in COMMAND_WORDS or (len(words) > 1 and plain.startswith("./"))


@lru_cache(maxsize=1024)
def _is_template(body: str) -> bool:
    head = body[:4000]
    if re.search(r"^\s*(\*\*)?(Subject|Betreff|Objet|Asunto|主题)(\*\*)?\s*[:：]", head, re.MULTILINE | re.IGNORECASE):
        return True
    blanks = len(re.findall(r"\{\{\s*\w+\s*\}\}|\[[A-Z][^\]\n]{1,60}\]", head))
    return blanks >= 2 and bool(
        re.search(
            r"^\W*(status|impact|incident|issue|eta|next update|time|severity|resolution)\b.*:",
            head,
            re.MULTILINE | re.IGNORECASE,
        )
    )


def _announces_output(before: str) -> bool:
    return bool(
        re.search(
            r"\b(expect(ed)?|output|should (see|look|show|not see|return|be)|NOT see|looks like|response|result|example log)\b",
            before,
            re.IGNORECASE,
        )
    )


def _looks_like_output(body: str) -> bool:
    lines = [line for line in body.split("\n") if line.strip()]
    return bool(lines) and all(_LOG_LINE.match(line) for line in lines)


def kind_of(language: str) -> str:
    """Returns the step kind that a language gives by itself."""
    language = language.lower()
    if language in POSIX_SHELLS:
        return "shell"
    return language if language in RUNNABLE or language in ("manual", "approval") else "doc"
