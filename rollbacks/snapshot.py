"""Renders one procedure of a revision for one target: the exact steps that a person confirms, and their hash."""

import hashlib
import json
from typing import Any


def hash_of(snapshot: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a snapshot."""
    return hashlib.sha256(
        json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()
