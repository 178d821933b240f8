"""The structure as it is promised in docs/architecture.md."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_database
ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("config", "timeline", "plans", "rollbacks", "incidents", "practice")


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, "NO_COLOR": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_page_carries_inline_script_or_style() -> None:
    """The Content-Security-Policy forbids them: they would silently not work. Mail needs its styles inline and is no page."""
    inline = re.compile(
        r"<style\b|\sstyle=|\son[a-z]+=[\"']|<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if "emails" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if inline.search(line)
    ]
    assert found == []


def test_no_file_of_the_product_is_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > 300
    ]
    assert long == []
