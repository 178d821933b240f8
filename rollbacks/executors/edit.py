"""Changes one file under the target's root: whole or not at all, with a backup and the written way back."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from rollbacks.context import Outcome, Sink, Surroundings
from rollbacks.executors import diff, host_lock

BIGGEST = 8 * 1024 * 1024  # bytes: a configuration file, not a database


class NotDone(Exception):
    """The file was left as it is; the sentence says why."""


def change(around: Surroundings, path: str, new_text: Callable[[str], str], sink: Sink) -> Outcome:
    """Reads, computes, compares, backs up, writes and reads back. Doing it twice changes nothing the second time."""
    try:
        place = find(around.root, path)
        old = read(place)
        new = new_text(old)
    except (NotDone, ValueError) as error:
        return Outcome("failed", detail=str(error))
    mark = around.marks.get("FIREBREAK_TOKEN", "by-hand")
    if new == old:
        data: dict[str, Any] = {"changed": False, "sha256": digest(old)}
        if inverse := way_back(mark, path, new_text):
            # An attempt before this one changed it and could not say so: its way back is not lost.
            return Outcome(
                "succeeded", detail=f"{path} is so since an earlier attempt.", data=data | {"inverse": inverse}
            )
        return Outcome("succeeded", detail=f"{path} is so already.", data=data)
    try:
        with host_lock.held(around.service, lambda: False):
            backup = back_up(place, mark)
            write(place, old, new)
    except host_lock.Locked as locked:
        return Outcome("failed", detail=str(locked))
    except (NotDone, OSError) as error:
        words = str(error) if isinstance(error, NotDone) else f"{path} cannot be written: {error.strerror or error}."
        return Outcome("failed", detail=words)
    shown = diff.make(old, new, path)
    sink("stdout", shown)
    data = {
        "changed": True,
        "sha256": digest(new),
        "sha256_before": digest(old),
        "backup": str(backup),
        "inverse": {"path": path, "diff": diff.make(new, old, path)},
    }
    return Outcome("succeeded", detail=f"{path} changed.", data=data)


def find(root: Path, path: str) -> Path:
    """The file; symbolic links are followed, and must stay under the root."""
    base = root.resolve()
    place = (base / path).resolve()
    if not path or base not in place.parents:
        raise NotDone(f"The path {path or '(none)'} does not lie under the target's root {base}.")
    if not place.is_file():
        raise NotDone(f"The file {place} does not exist on this worker's host.")
    return place


def read(place: Path) -> str:
    if place.stat().st_size > BIGGEST:
        raise NotDone(f"{place.name} is larger than 8 MiB; a step does not edit it.")
    try:
        # newline="": carriage returns stay as they are.
        with place.open(encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        raise NotDone(f"{place.name} is not UTF-8 text; a step does not edit it.") from None
    except OSError as error:
        raise NotDone(f"{place.name} cannot be read: {error.strerror}.") from error


def back_up(place: Path, token: str) -> Path:
    """A copy in the installation's own data folder, named by the attempt."""
    folder = settings.DATA_DIR / "backups" / token
    shutil.rmtree(folder, ignore_errors=True)  # of an older database that counted from 1 too
    folder.mkdir(parents=True, mode=0o700)
    return Path(shutil.copy2(place, folder / place.name))


def way_back(mark: str, path: str, new_text: Callable[[str], str], *, since: float = 0.0) -> dict[str, str] | None:
    """The inverse of a step whose outcome nobody saw, from the backup that an attempt before `mark` made; None without.

    The last part of a mark is the attempt's token. `since` (epoch seconds): older backups are of another database.
    """
    step, _, token = mark.rpartition(".")
    for earlier in range(1, int(token) if step and token.isdecimal() else 1):
        folder = settings.DATA_DIR / "backups" / f"{step}.{earlier}"
        for backup in folder.iterdir() if folder.is_dir() and folder.stat().st_mtime >= since else ():
            try:
                before = read(backup)
                after = new_text(before)
            except (NotDone, ValueError):
                continue
            if after != before:
                return {"path": path, "diff": diff.make(after, before, path)}
    return None


def write(place: Path, old: str, new: str) -> None:
    """Temporary file, fsync, rename; refused when somebody else changed the file since it was read."""
    number, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    temporary = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        shutil.copystat(place, temporary)
        with contextlib.suppress(PermissionError):
            os.chown(temporary, place.stat().st_uid, place.stat().st_gid)
        if digest(read(place)) != digest(old):
            raise NotDone(
                f"{place.name} was changed by somebody else in this moment. Nothing was written; look, then retry."
            )
        temporary.replace(place)
        sync_folder(place.parent)
    finally:
        temporary.unlink(missing_ok=True)
    if read(place) != new:
        raise NotDone(f"{place.name} does not hold what was written to it.")


def sync_folder(folder: Path) -> None:
    """The rename itself survives a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
