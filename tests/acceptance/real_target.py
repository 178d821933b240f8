"""The real service of one acceptance session: set up from the folder given, broken, asked what is true, taken down."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from tests.postgres import free_port

SET_UP_SECONDS = 600  # wheels are downloaded the first time


def python313() -> str | None:
    """Returns an interpreter that the service can use; a shim may be on PATH and yet start nothing."""
    kept = sorted(Path.home().glob(".pyenv/versions/3.13*/bin/python3.13"), reverse=True)
    for found in (os.environ.get("PYTHON313"), shutil.which("python3.13"), *kept):
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(found)
    return None


class RealTarget:
    """A folder of the service on ports of its own; `set_up` again brings back the state before the incident."""

    def __init__(self, source: Path) -> None:
        self.source = source
        # The database server runs as another user, who must be able to come in.
        self.root = Path(tempfile.mkdtemp(prefix="firebreak-acceptance-")).resolve()
        self.root.chmod(0o755)
        self.port, self.database_port = free_port(), free_port()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"http://{self.host}"

    @property
    def path(self) -> str:
        """The PATH on which the service's own sudo and systemctl come first."""
        return f"{self.root}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    @property
    def log(self) -> Path:
        return self.root / "log" / "app.log"

    def set_up(self) -> None:
        env = {**os.environ, "APP_PORT": str(self.port), "PG_PORT": str(self.database_port)}
        interpreter = python313()
        if interpreter:
            env["PYTHON313"] = interpreter
        self._stop_quietly()
        done = subprocess.run(
            ["bash", str(self.source / "setup.sh"), str(self.root)],
            env=env,
            capture_output=True,
            text=True,
            timeout=SET_UP_SECONDS,
            check=False,
        )
        assert done.returncode == 0, (
            f"setup.sh failed ({done.returncode}):\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )

    def ctl(self, *words: str) -> str:
        done = subprocess.run(
            [str(self.root / "bin" / "ctl"), *words], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"ctl {' '.join(words)} failed ({done.returncode}): {done.stdout} {done.stderr}"
        return done.stdout

    def break_it(self, **fault: Any) -> None:
        """Injects a fault, such as when="registry", graphql_error_rate=0.4."""
        self.ctl("fault", json.dumps(fault))

    def facts(self) -> dict[str, Any]:
        """What is true of the service now, asked past the product: answers, version, flag, log, process."""
        facts: dict[str, Any] = json.loads(self._probe())
        return facts

    def _probe(self) -> str:
        env = {**os.environ, "APP_PORT": str(self.port), "TARGET": str(self.root)}
        command = [str(self.root / "venv" / "bin" / "python"), str(self.root / "bin" / "probe.py")]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=True).stdout

    def nested_type(self) -> str:
        """Returns the type that a nested object carries; asks again while an injected fault answers."""
        for _ in range(30):
            got = self.facts()["nested"]["got"]
            if got:
                return str(got["__typename"])
        raise AssertionError("The service answered no nested query in 30 tries.")

    def answers(self) -> bool:
        """True when the service answers requests."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    def health(self) -> int:
        """The status of /health, which says little: it is asked here to prove just that."""
        return httpx.get(f"{self.base_url}/health", timeout=10, trust_env=False).status_code

    def is_active(self) -> bool:
        """What the supervisor says."""
        return self.ctl("is-active").strip() == "active"

    def die_at_import(self, *, workers: int) -> None:
        """From the next start on every worker dies while it imports the application; their parent lives on."""
        with (self.root / "target.env").open("a", encoding="utf-8") as env:
            env.write(f"UVICORN_ARGS='--workers {workers}' START_TIMEOUT=5\n")
        api = self.root / "app" / "api.py"
        api.write_text(f'raise RuntimeError("no import today")\n{api.read_text(encoding="utf-8")}', encoding="utf-8")

    def rotate_log(self) -> None:
        """As logrotate does without a signal: the process writes on into the old file."""
        self.log.rename(self.log.with_suffix(".log.1"))
        self.log.touch()

    def starts(self) -> int:
        """Returns how often the service was started, by its log."""
        return self.log.read_text(errors="replace").count("=== start ")

    def on_disk(self) -> dict[str, str]:
        """Flag, pinned and installed version as the files say them; "" for none."""
        flag = re.search(
            r"^[^#\n]*enable_schema_registry\s*=\s*(\w+)", (self.root / "app" / "main.py").read_text(), re.M
        )
        pinned = re.search(r"^fraiseql==(\S+)$", (self.root / "app" / "requirements.txt").read_text(), re.M)
        installed = sorted(self.root.glob("venv/lib/python3.13/site-packages/fraiseql-*.dist-info"))
        return {
            "flag": flag[1] if flag else "",
            "pinned": pinned[1] if pinned else "",
            "version": installed[0].name.removeprefix("fraiseql-").removesuffix(".dist-info") if installed else "",
        }

    def started_since(self, moment: float) -> bool:
        """True when the process that serves now was started after that moment (epoch seconds)."""
        found = re.search(r"pid[=: ]+(\d+)", self.ctl_says("status"), re.I)
        if not found or not Path(f"/proc/{found[1]}").exists():
            return False
        ticks = float(Path(f"/proc/{found[1]}/stat").read_text().rsplit(") ", 1)[1].split()[19])
        boot = time.time() - float(Path("/proc/uptime").read_text().split()[0])
        return boot + ticks / os.sysconf("SC_CLK_TCK") >= moment

    def ctl_says(self, *words: str) -> str:
        """What `ctl` prints, whatever its exit status."""
        done = subprocess.run(
            [str(self.root / "bin" / "ctl"), *words], capture_output=True, text=True, timeout=120, check=False
        )
        return done.stdout + done.stderr

    def take_down(self) -> None:
        self._stop_quietly()
        if (self.root / "target.env").is_file():
            subprocess.run([str(self.root / "bin" / "ctl"), "pg-stop"], capture_output=True, timeout=60, check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def _stop_quietly(self) -> None:
        if (self.root / "target.env").is_file():
            subprocess.run([str(self.root / "bin" / "ctl"), "stop"], capture_output=True, timeout=60, check=False)
