"""Makes the PDF in a process of its own, which is ended when it takes too long: a text can never hold up the pages.

The process reads one template of ours and gets the document as data. It inherits no setting and no secret, starts in an empty
folder, finds no package there, and has nothing to ask the network for.
"""

import json
import logging
import subprocess
import sys
import tempfile
import threading
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

CHILD = Path(__file__).parent / "child.py"
SECONDS = 30.0
MOST_BYTES = 8 * 1024**2  # of the document
AT_ONCE = threading.BoundedSemaphore(2)
MISSING = (
    "PDF export is not installed here. Whoever runs Firebreak installs it with “.venv/bin/pip install --require-hashes"
    " -r requirements-pdf.txt” and restarts; printing this page, Markdown and JSON work without it."
)


class NoPdf(Exception):
    """A sentence for the reader: why there is no file, and what to do instead."""


def is_installed() -> bool:
    """True when the extra is there; nothing is imported for the answer."""
    return find_spec("typst") is not None


def typeset(document: dict[str, Any], at: datetime) -> bytes:
    """The file. `at` is what the file says of its own making. Raises NoPdf with a sentence."""
    asked = json.dumps({"document": document, "timestamp": int(at.timestamp())}, ensure_ascii=False).encode()
    if len(asked) > MOST_BYTES:
        raise NoPdf("This retrospective is too long for a PDF. Export it as Markdown, or print the page.")
    if not AT_ONCE.acquire(timeout=SECONDS):
        raise NoPdf("Other PDFs are being made just now. Try again in a minute.")
    try:
        done = _run(asked)
    except subprocess.TimeoutExpired:
        raise NoPdf(
            f"The PDF took more than {SECONDS:.0f} seconds and was given up. Export Markdown, or print the page."
        ) from None
    finally:
        AT_ONCE.release()
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        log.error("No PDF: exit %s, %s", done.returncode, done.stderr[-2000:].decode(errors="replace"))
        raise NoPdf("The PDF could not be made; the log says why. Export Markdown, or print the page.")
    return done.stdout


def _run(asked: bytes) -> "subprocess.CompletedProcess[bytes]":
    with tempfile.TemporaryDirectory() as empty:
        return subprocess.run(
            [sys.executable, "-I", str(CHILD)],
            input=asked,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd=empty,
            env={"HOME": empty, "TMPDIR": empty, "LANG": "C.UTF-8", "PYTHONUTF8": "1"},
        )
