"""`ordersctl start|stop|restart|status|version`: asks the keeper, as systemctl asks systemd.

The service is never a child of the caller: a rollback step may end, or be killed, without taking the service along.
Exit status 0 when done, 1 when the service did not become ready, 2 when no keeper answers, 3 when it is not running,
4 when `status --since EPOCH` finds a process that is older than that.
Standard library only, and no import from this package: it is started by path.
"""

import argparse
import json
import os
import socket
import sys
from pathlib import Path

SOCKET = Path("run") / "keeper.sock"


def ask(root: Path, verb: str, deadline: float) -> dict[str, object]:
    """The keeper's answer; raises OSError when nobody listens and ValueError for half an answer."""
    # A unix socket's path may have 107 bytes at most: connect by the short relative one.
    os.chdir(root)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(deadline + 5)
        connection.connect(str(SOCKET))
        connection.sendall(json.dumps({"verb": verb, "deadline": deadline}).encode() + b"\n")
        answer = connection.makefile("rb").readline()
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise ValueError("not an answer")
    return found


def main() -> int:
    """Says in one line what happened."""
    parser = argparse.ArgumentParser(prog="ordersctl", description="Ask the keeper of the practice service.")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--deadline", type=float, default=20.0, help="seconds until the service must be ready")
    parser.add_argument("--since", type=float, help="epoch seconds that the main process must be younger than")
    parser.add_argument("verb", choices=["start", "stop", "restart", "status", "version"])
    options = parser.parse_args()
    try:
        answer = ask(options.root, options.verb, options.deadline)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The keeper of the practice service does not answer ({error}). Is Firebreak running?\n")
        return 2
    print(answer["text"])  # noqa: T201
    status, started_at = answer["status"], answer.get("started_at")
    if options.since is not None and isinstance(started_at, float) and started_at < options.since:
        print(f"It was started {options.since - started_at:.1f} s before the moment asked for.")  # noqa: T201
        return 4
    return status if isinstance(status, int) else 1


if __name__ == "__main__":
    sys.exit(main())
