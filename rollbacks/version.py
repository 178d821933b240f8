"""Which Firebreak a process runs: two hosts with different code should be seen before a rollback is started."""

import hashlib
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def own_version() -> str:
    """ "0.1.0+3f2a91bc": the release, and the first letters of a hash over the engine's own code."""
    return f"{_release()}+{_code()}"


def _release() -> str:
    try:
        return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "dev"


def _code() -> str:
    found = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        found.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:8]


# Once, when the process starts: files that change later are not what it runs.
VERSION = own_version()
