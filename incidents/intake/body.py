"""What every kind of intake shares: plain alerts, checked texts, times and values. Pure: no database, no Django.

A body is somebody else's text: every field is checked, and a sentence says what is wrong with it.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MAX_ALERTS = 500
MAX_TEXT = 4000  # letters of one label or annotation
# Alertmanager writes this for "has not ended".
NOT_ENDED = "0001-01-01"
# Outside of them a time cannot be moved between zones, and no alert began then.
SANE_YEARS = range(2000, 2200)
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
VALUE_NAMES = ("value", "current_value", "measured", "measurement")


class Malformed(ValueError):
    """The body is not what its sender should send; the sentence says what is wrong."""


@dataclass(frozen=True)
class IncomingAlert:
    """One alert of a notification."""

    name: str
    fingerprint: str
    status: str  # "firing" | "resolved"
    starts_at: datetime
    ends_at: datetime | None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    link: str = ""
    value: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Notification:
    """One webhook call: a group of alerts."""

    group_key: str
    status: str
    alerts: tuple[IncomingAlert, ...]
    truncated: int = 0


def parse(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None
    except ValueError as error:
        raise Malformed(f"The body is not JSON: {error}.") from None
    if not isinstance(data, dict):
        raise Malformed("The body is JSON, but not an object.")
    return data


def value_of(annotations: Mapping[str, str], labels: Mapping[str, str]) -> tuple[float | None, str]:
    """A measured value under a well-known name: "12.4", "12.4%", "1.24e+01 %". NaN and infinity are no values."""
    for texts in (annotations, labels):
        for name in VALUE_NAMES:
            text = texts.get(name, "").strip()
            found = NUMBER.match(text)
            if found is None:
                continue
            value = float(found.group())
            if math.isfinite(value):
                return value, text[found.end() :].strip()[:10]
    return None, ""


def texts(holder: Mapping[str, Any], key: str, where: str = "The body") -> dict[str, str]:
    """An object of texts, as labels and annotations are."""
    texts = holder.get(key) or {}
    if not isinstance(texts, dict):
        raise Malformed(f"{where} has “{key}” that is not an object.")
    return {storable(name, 200): storable(text, MAX_TEXT) for name, text in texts.items()}


def storable(text: Any, letters: int) -> str:
    """A text that every database takes: no NUL, no half of a surrogate pair (JSON can carry both), not too long."""
    if text is None:
        return ""
    return str(text).replace("\x00", "").encode("utf-8", "replace").decode()[:letters]


def time(text: Any, where: str, key: str) -> datetime:
    """An RFC 3339 time; Go writes nanoseconds, which Python cuts."""
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", str(text)))
    except ValueError:
        raise Malformed(f"{where} has {key} {text!r}, which is not a time.") from None
    if moment.year not in SANE_YEARS:
        raise Malformed(f"{where} has {key} {text!r}, which cannot be when it happened.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
