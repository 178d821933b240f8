"""`python -m practice_orders --root DIR --port 8190`: runs the shop until it is told to stop."""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from .release import SETTINGS, VERSION
from .settings import UnknownSetting, read_settings
from .web import Shop, make_server

LONGEST_LOG = 4 * 1024 * 1024
log = logging.getLogger("practice_orders")


def main() -> int:
    """Exit status 1 when the settings are not understood, with the reason in the log."""
    parser = argparse.ArgumentParser(prog="practice-orders")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    _open_log(options.root / "log" / "orders.log")
    try:
        shop = Shop(options.root, read_settings(options.root / "config.env", known=SETTINGS))
    except (UnknownSetting, OSError) as error:
        log.error("cannot start: %s", error)
        print(f"practice-orders {VERSION} cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 1
    server = make_server(shop, options.port)
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the loop, which runs in this very thread: ask from another one.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    log.info("practice-orders %s answers on port %d", VERSION, server.server_port)
    server.serve_forever(poll_interval=0.1)
    log.info("stopped")
    return 0


def _open_log(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LONGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    with path.open("a", encoding="utf-8") as file:
        file.write(
            f"=== start {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} version={VERSION} pid={os.getpid()}\n"
        )
    logging.basicConfig(filename=path, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


if __name__ == "__main__":
    sys.exit(main())
