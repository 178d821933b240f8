"""What `manage.py up` itself reads from the environment; everything else is read by Django's settings."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from config.data_folder import CannotStart

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class UpSettings:
    """Where the installation lives and listens."""

    data: Path
    host: str
    port: int
    url: str
    redis_url: str
    practice: bool
    practice_port: int
    child_environment: dict[str, str] = field(default_factory=dict)


def read_up_settings() -> UpSettings:
    """Raises CannotStart with a sentence for an odd value."""
    # The one module that reads the environment needs Django's exception class, and nothing else of Django.
    from django.core.exceptions import ImproperlyConfigured

    from config.environment import env_bool, env_int, env_str

    try:
        host, port = env_str("FIREBREAK_BIND", "127.0.0.1"), env_int("FIREBREAK_PORT", 8100)
        practice_port = env_int("FIREBREAK_PRACTICE_PORT", 8190)
        if not 0 < port < 65536 or not 0 < practice_port < 65536:
            raise ImproperlyConfigured("FIREBREAK_PORT and FIREBREAK_PRACTICE_PORT are between 1 and 65535.")
        production = env_bool("FIREBREAK_PRODUCTION", False)
        return UpSettings(
            data=Path(env_str("FIREBREAK_DATA", str(REPOSITORY / "var"))).resolve(),
            host=host,
            port=port,
            url=env_str("FIREBREAK_URL", f"http://127.0.0.1:{port}").rstrip("/"),
            redis_url=env_str("REDIS_URL"),
            practice=env_bool("FIREBREAK_PRACTICE", not production),
            practice_port=practice_port,
            child_environment=_for_children(),
        )
    except ImproperlyConfigured as error:
        raise CannotStart(str(error)) from error


def _for_children() -> dict[str, str]:
    """Two malloc arenas instead of eight a core: a threads worker is 10 MiB smaller."""
    found = {"PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2")}
    if os.geteuid() == 0:
        # Celery would say it five lines long from each worker; the supervisor says it once.
        found["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser privileges"
    return found
