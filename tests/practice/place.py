"""A keeper with its practice service, on a folder and a port of its own."""

import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.postgres import free_port

REPOSITORY = Path(__file__).resolve().parents[2]


def wait_for(question, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, KeyError):
            if answer := question():
                return answer
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


class Place:
    """A keeper on a folder of its own."""

    def __init__(self, root):
        self.root, self.port = root, free_port()
        (root / "token").write_text("secret")
        self.keeper = subprocess.Popen(
            [
                *(sys.executable, "-m", "practice.keeper", "--root", str(root), "--port", str(self.port)),
                *("--alert-url", "http://127.0.0.1:1/none", "--token-file", str(root / "token")),
            ],
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
        )
        wait_for(lambda: self.about()["pid"], 120)

    def about(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/about", timeout=2) as answer:
            return json.load(answer)

    def ask(self, query):
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/graphql", body)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def ctl(self, *words):
        command = [str(self.root / "bin" / "ordersctl"), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def install(self, version):
        command = [*("venv/bin/python", "-m", "pip", "install", "-q", "--no-index"), "--find-links", "wheelhouse"]
        subprocess.run([*command, "--no-deps", f"practice-orders=={version}"], cwd=self.root, check=True, timeout=60)

    def state(self):
        return json.loads((self.root / "state.json").read_text())
