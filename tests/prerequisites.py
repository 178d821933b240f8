"""Gets what the suite needs and the requirements cannot bring: a browser. `python -m tests.prerequisites`.

As root on Debian it installs Chromium by apt; elsewhere the browser tests skip and the summary says why.
"""

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """The path of a Chromium, from FIREBREAK_CHROMIUM or PATH."""
    named = os.environ.get("FIREBREAK_CHROMIUM")
    if named:
        return named
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def main() -> None:
    if find_browser():
        return
    if os.getuid() != 0 or not shutil.which("apt-get"):
        print("No browser was found: the journeys in a browser will skip. Install chromium, or set FIREBREAK_CHROMIUM.")
        return
    print("Installing Chromium for the journeys in a browser …", flush=True)
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    }
    subprocess.call(["apt-get", "update", "-qq"], **quiet)  # type: ignore[call-overload]
    subprocess.call(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], **quiet)  # type: ignore[call-overload]
    if not find_browser():
        print("Chromium could not be installed: the journeys in a browser will skip.", file=sys.stderr)


if __name__ == "__main__":
    main()
