"""Changes one file under the target's root: whole or not at all, with a backup and the written way back."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from rollbacks.context import Outcome, Sink, Surroundings
from rollbacks.executors import diff

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
    if new == old:
        return Outcome("succeeded", detail=f"{path} is so already.", data={"changed": False, "sha256": digest(old)})
    try:
        backup = back_up(place, around.marks.get("FIREBREAK_TOKEN", "by-hand"))
        write(place, old, new)
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
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Path(shutil.copy2(place, folder / place.name))


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
