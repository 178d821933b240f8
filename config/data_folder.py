"""The installation's own folder: private, writable, held by one Firebreak at a time. Plain Python, no Django."""

import errno
import fcntl
import os
import secrets
import socket
import uuid
from contextlib import suppress
from pathlib import Path

FIRST_PORT_TRIES = 20


class CannotStart(Exception):
    """Firebreak cannot start here; the message is the one sentence that is shown."""


def open_folder(path: Path) -> int:
    """Makes the folder (0700), proves that it can be written, and locks it for as long as the descriptor lives."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        probe = path / f".probe-{uuid.uuid4().hex}"
        with probe.open("wb") as file:
            file.write(b"\0" * 65536)
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()
        lock = os.open(path / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(why_not(path, error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
        raise CannotStart(
            f"Another Firebreak (process {holder}) already runs on {path}. Stop it, or set FIREBREAK_DATA."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def why_not(path: Path, error: OSError) -> str:
    """The sentence for an error of the file system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk that holds {path} is full. Free some space, or set FIREBREAK_DATA to another folder."
    return f"The data folder {path} cannot be written ({error.strerror}). Set FIREBREAK_DATA to a folder of your own."


def kept_secret(path: Path) -> str:
    """The content of a file that only we can read; made on the first start."""
    try:
        if not path.exists() or not path.read_text(encoding="utf-8").strip():
            write_private(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CannotStart(why_not(path.parent, error)) from error


def write_private(path: Path, text: str) -> None:
    """Writes a file with mode 0600 in one move."""
    unfinished = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
    unfinished.replace(path)


def listen(host: str, port: int) -> socket.socket:
    """The socket on which pages and stream will be served, taken before anything else is started."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"Port {port} is taken by another program. Stop it, or set FIREBREAK_PORT to a free port."
            ) from error
        raise CannotStart(f"Firebreak cannot listen on {host}:{port} ({error.strerror}).") from error
    return listener


def kept_port(path: Path, wanted: int) -> int:
    """A loopback port that stays the same from start to start while it is free; the wanted one at first."""
    with suppress(OSError, ValueError):
        wanted = int(path.read_text(encoding="utf-8"))
    port = next((port for port in range(wanted, wanted + FIRST_PORT_TRIES) if _is_free(port)), 0)
    if port == 0:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    write_private(path, str(port))
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True
