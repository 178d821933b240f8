"""The folder in which the practice service lives, as a small team would keep it on its server.

```
wheelhouse/     two wheels            venv/     the service's own environment, pip included
config.env      ORDERS_NEW_PRICING=on log/      orders.log, appended to; `=== start` before each start
bin/ordersctl   start stop restart status       faults.json  only while something is broken on purpose
run/            the keeper's socket   state.json  what the keeper saw last
```
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from practice.build import AFTER, build

CONFIG = """# Settings of the practice service. A name that the running version does not know stops its start.
ORDERS_CURRENCY=eur
ORDERS_NEW_PRICING=on
"""
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
SLOWEST = 180  # seconds that making the environment may take on a busy machine


class CannotPrepare(Exception):
    """The folder could not be made; the message is a whole sentence."""


class Premises:
    """Paths below the root, and how they come to be."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.python = root / "venv" / "bin" / "python"
        self.config = root / "config.env"
        self.wheelhouse = root / "wheelhouse"
        self.state = root / "state.json"

    def prepare(self, port: int) -> None:
        """Makes what is missing and keeps what is there: a rolled back service stays rolled back over a restart."""
        try:
            for name in ("log", "run", "bin"):
                (self.root / name).mkdir(parents=True, exist_ok=True)
            wheels = build(self.wheelhouse)
            if not self.config.exists():
                self.config.write_text(CONFIG, encoding="utf-8")
            self._write_ctl()
            (self.root / "port").write_text(f"{port}\n", encoding="utf-8")
        except OSError as error:
            raise CannotPrepare(f"The practice folder {self.root} cannot be written ({error.strerror}).") from error
        self._make_environment(wheels)

    def installed(self) -> str | None:
        """The version on disk, by its metadata, without starting the service's Python."""
        found = sorted((self.root / "venv").glob("lib/python3*/site-packages/practice_orders-*.dist-info"))
        return found[-1].name.removeprefix("practice_orders-").removesuffix(".dist-info") if found else None

    def flag(self) -> str:
        """What config.env says of the new pricing: its value, or "absent"."""
        try:
            lines = self.config.read_text(encoding="utf-8").splitlines()
        except OSError:
            return "absent"
        values = [line.partition("=")[2].strip() for line in lines if line.strip().startswith("ORDERS_NEW_PRICING=")]
        return values[-1] if values else "absent"

    def write_state(self, state: dict[str, object]) -> None:
        """Replaces state.json in one move, so that a reader never sees half of it."""
        unfinished = self.state.with_suffix(".part")
        unfinished.write_text(json.dumps(state), encoding="utf-8")
        unfinished.replace(self.state)

    def _make_environment(self, wheels: list[Path]) -> None:
        if not self.python.exists():
            self._run([sys.executable, "-m", "venv", "--clear", str(self.root / "venv")])
        # A new Firebreak may bring the same versions with other bytes.
        mark = self.root / "wheelhouse" / "installed-from"
        digest = hashlib.sha256(b"".join(wheel.read_bytes() for wheel in wheels)).hexdigest()
        version = self.installed()
        if version and mark.exists() and mark.read_text(encoding="utf-8") == digest:
            return
        self.install(version or AFTER)
        mark.write_text(digest, encoding="utf-8")

    def install(self, version: str) -> None:
        """Puts one version into the environment with pip, from the wheelhouse only."""
        self._run(
            [
                str(self.python),
                *PIP,
                "--force-reinstall",
                "--find-links",
                str(self.wheelhouse),
                f"practice-orders=={version}",
            ]
        )

    def _run(self, command: list[str]) -> None:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SLOWEST, stdin=subprocess.DEVNULL, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CannotPrepare(f"The practice environment could not be made: {error}.") from error
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise CannotPrepare(f"The practice environment could not be made: {' '.join(last)}")

    def _write_ctl(self) -> None:
        """`bin/ordersctl`, the stand-in for systemctl that the practice plan calls."""
        script = self.root / "bin" / "ordersctl"
        ctl = Path(__file__).resolve().parent / "ctl.py"
        script.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -I "{ctl}" --root "{self.root}" "$@"\n', encoding="utf-8"
        )
        os.chmod(script, 0o700)
