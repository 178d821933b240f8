"""Reads a folder or a Git repository: which commit changed a file last, by whom. Changes nothing in it."""

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

# A fetch over a slow line; everything else answers in milliseconds.
LONGEST = 120
ADDRESS = re.compile(r"(?:https?|ssh|git|file)://\S+|[\w.-]+@[\w.-]+:\S+")
_SECRET = re.compile(r"(?<=://)[^/@\s]+@")
# Nothing of a repository's own configuration may run a program, no transport but these may be used, nobody is asked.
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never")
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh", "GIT_OPTIONAL_LOCKS": "0"}


class NoRepository(Exception):
    """It cannot be read; `str(error)` says why and what to do."""


@dataclass(frozen=True)
class Commit:
    """The last commit that changed a file; all empty outside Git."""

    id: str = ""
    author: str = ""
    subject: str = ""

    def words(self) -> str:
        """ "at 3f2a9c1b04 by Ana: Pin the version"; empty outside Git."""
        return f"at {self.id[:10]} by {self.author}: {self.subject}" if self.id else ""


def is_address(place: str) -> bool:
    return bool(ADDRESS.fullmatch(place))


def without_secret(place: str) -> str:
    """An address without the name or token that may stand in it."""
    return _SECRET.sub("", place)


def checked_out(address: str, below: Path) -> Path:
    """A checkout of the repository's default branch under this folder: cloned once, then brought up to date."""
    folder = below / hashlib.sha256(address.encode()).hexdigest()[:16]
    if not (folder / ".git").is_dir():
        below.mkdir(parents=True, exist_ok=True)
        _git("clone", "--quiet", "--", address, str(folder))
        return folder
    _git("-C", str(folder), "fetch", "--quiet", "--", address, "HEAD")
    _git("-C", str(folder), "reset", "--quiet", "--hard", "FETCH_HEAD")
    return folder


def last_commit(folder: Path, path: str) -> Commit:
    """Who changed the file last, as far as Git knows; empty in a folder that is no repository."""
    try:
        said = _git("-C", str(folder), "log", "-1", "--format=%H%x00%an%x00%s", "--", path)
    except NoRepository:
        return Commit()
    parts = said.strip().split("\x00")
    return Commit(*parts) if len(parts) == 3 else Commit()


def _git(*arguments: str) -> str:
    command = ["git", *_SAFE, *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=LONGEST, env={**os.environ, **_QUIET}
        )
    except FileNotFoundError as error:
        raise NoRepository("git is not installed. Install it, or sync a plain folder.") from error
    except subprocess.TimeoutExpired as error:
        raise NoRepository(f"git did not answer within {LONGEST} s. Try again later.") from error
    if done.returncode:
        said = without_secret((done.stderr.strip().splitlines() or ["no reason given"])[-1])
        raise NoRepository(f"git says: {said}")
    return done.stdout
