"""Reads settings from the environment; an odd value stops the start with a sentence.

Every reader also accepts `NAME_FILE`, the path of a file that holds the value (Docker and Kubernetes secrets).
"""

import base64
import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def env_str(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file named by NAME_FILE, or the default."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: cannot read {file} ({error.strerror}).") from error
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    """True or False from 1/0, true/false, yes/no, on/off."""
    raw = env_str(name, "1" if default else "0").strip().lower()
    if raw in TRUE:
        return True
    if raw in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={raw!r} is neither true nor false. Use 1 or 0.")


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of the words."""
    raw = env_str(name, default).strip().lower()
    if raw not in choices:
        raise ImproperlyConfigured(f"{name}={raw!r} is none of {', '.join(choices)}.")
    return raw


def env_int(name: str, default: int) -> int:
    """A whole number."""
    raw = env_str(name, str(default)).strip()
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number.") from None


def env_float(name: str, default: float) -> float:
    """A number, usually seconds."""
    raw = env_str(name, str(default)).strip()
    try:
        return float(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a number.") from None


def env_keys(name: str) -> list[str]:
    """Keys of 32 bytes in URL-safe base64, by comma, newest first."""
    found = env_list(name)
    for number, key in enumerate(found, start=1):
        try:
            fits = len(base64.urlsafe_b64decode(key)) == 32
        except ValueError:
            fits = False
        if not fits:
            raise ImproperlyConfigured(
                f"{name}: key {number} is no key of 32 bytes in base64. Make one with `manage.py secrets new-key`."
            )
    return found


def env_list(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty entries."""
    return [item.strip() for item in env_str(name, default).split(",") if item.strip()]
