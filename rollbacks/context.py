"""What an executor or a probe is told, and what it says back. Plain data: no database, no Django."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

# A sink takes the stream's name ("stdout", "stderr" or "note") and text that is already UTF-8.
Sink = Callable[[str, str], None]
# Asked between reads: True means "end what you started now".
Stop = Callable[[], bool]

OutcomeStatus = Literal["succeeded", "failed", "timed_out", "canceled"]
AnswerResult = Literal["pass", "fail", "cannot_tell"]


@dataclass(frozen=True)
class Surroundings:
    """Where a step acts: the target as the run's snapshot holds it, and the run's own marks."""

    root: Path
    hosts: tuple[str, ...] = ()  # "127.0.0.1:8000"; nothing else is asked over HTTP
    env: Mapping[str, str] = field(default_factory=dict)  # the target's variables; a step names those it needs
    secrets: Mapping[str, str] = field(default_factory=dict)  # by name; never stored, never shown
    params: Mapping[str, str] = field(default_factory=dict)
    flag_services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by name: what via=http: asks
    service: str = ""  # "orders-api production": what a lock on this host is named for
    since: float | None = None  # epoch seconds: end of the run's last changing step
    attempt_since: float | None = None  # epoch seconds: start of the attempt that a `verify` asks about
    marks: Mapping[str, str] = field(default_factory=dict)  # FIREBREAK_RUN, FIREBREAK_STEP, FIREBREAK_TOKEN
    leaving: Callable[[], bool] | None = None  # True when this worker is about to stop: a detached step is let go
    started: Callable[[int], None] | None = None  # told the process id (= group id) as soon as a command runs

    @classmethod
    def for_target(
        cls,
        target: Any,
        *,
        params: Mapping[str, str] | None = None,
        since: float | None = None,
        attempt_since: float | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> "Surroundings":
        """The surroundings of a target as it is now (a run uses its snapshot instead).

        Secrets come from its page, else from the environment.
        """
        return cls(
            root=Path(target.root or "/"),
            hosts=tuple(target.hosts or ()),
            env={name: str(value) for name, value in (target.env or {}).items()},
            secrets=dict(secrets if secrets is not None else secrets_of(target.pk, target.secret_names)),
            params={name: str(value) for name, value in {**(target.params or {}), **(params or {})}.items()},
            flag_services=target.flag_services or {},
            service=str(target),
            since=since,
            attempt_since=attempt_since,
        )

    @classmethod
    def for_snapshot(cls, snapshot: Mapping[str, Any], *, since: float | None = None) -> "Surroundings":
        """The surroundings that a run froze when its snapshot was made."""
        target = snapshot.get("target", {})
        return cls(
            root=Path(target.get("root") or "/"),
            hosts=tuple(target.get("hosts", ())),
            env=dict(target.get("env", {})),
            secrets=secrets_of(target.get("id"), target.get("secrets", [])),
            params=dict(snapshot.get("params", {})),
            flag_services=target.get("flag_services", {}),
            service=f"{target.get('service', '')} {target.get('environment', '')}".strip(),
            since=since,
        )

    def with_(self, **changes: Any) -> "Surroundings":
        """A copy with some fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Outcome:
    """What became of one step's action.

    `detail` is one sentence; `data` is JSON and may hold the `inverse` of a file or flag step.
    """

    status: OutcomeStatus
    exit_code: int | None = None
    detail: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a check said. `cannot_tell` is never a pass."""

    result: AnswerResult
    sentence: str
    value: Any = None  # JSON: what was read
    seconds: float = 0.0


def secrets_of(target_id: int | None, names: list[str]) -> dict[str, str]:
    """The values of a target's secrets by name: those set on its page, else those of this process's environment."""
    if not names or target_id is None:
        return {}
    # The one place where plain data meets the database, and only where a target has secrets at all.
    from rollbacks.models import Secret

    return secrets_from_environment(names) | Secret.values_of(target_id, names)


def secrets_from_environment(names: list[str]) -> dict[str, str]:
    """The values of secrets by name: FIREBREAK_SECRET_<NAME>, or the file named by FIREBREAK_SECRET_<NAME>_FILE;
    unset ones are left out."""
    import os

    values: dict[str, str] = {}
    for name in names:
        key = f"FIREBREAK_SECRET_{name.upper().replace('-', '_')}"
        if key in os.environ:
            values[name] = os.environ[key]
        elif path := os.environ.get(f"{key}_FILE"):
            values[name] = Path(path).read_text(encoding="utf-8").rstrip("\n")
    return values
