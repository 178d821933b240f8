"""Reads what no request shows: the main process of a target (alive, since when, how much memory), and numbers of its log."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rollbacks import probes
from rollbacks.context import Answer, Surroundings
from rollbacks.detection import compiled_of, keep, why_silent
from rollbacks.detection_readings import read_number
from rollbacks.detection_rules import Condition, conditions
from rollbacks.models import ProcessReading, Target
from rollbacks.parameters import fill
from rollbacks.probes.process import started_at
from rollbacks.snapshot import every_step
from timeline import domain_time

EVERY = timedelta(seconds=10)
KEEP = timedelta(days=1)
NUMBER = r"(\d+(?:[.,]\d+)?)\s*"


def due(targets: list[Target], now: datetime) -> list[int]:
    """Those of the targets whose plan names something to read and whose last reading is ten seconds old."""
    wanted = [target.pk for target in targets if any(_signals(compiled_of(target)))]
    fresh = ProcessReading.objects.filter(target__in=wanted, at__gt=now - EVERY).values_list("target_id", flat=True)
    return sorted({*wanted} - {*fresh})


def read(target: Target, now: datetime | None = None) -> None:
    """Reads the main process and every number of this target, and keeps them."""
    now = now or domain_time.now()
    compiled = compiled_of(target)
    signals = _signals(compiled)
    for signal in signals.values():
        if signal["probe"] == "process":
            _keep_process(target, ask(target, compiled, signal), now)
    numbered = [one for one in conditions(compiled) if one.family == "startup" and not one.why_not]
    for one in numbered if not why_silent(target, now) else []:
        _keep_number(target, one, ask(target, compiled, signals.get(one.signal, {})), signals, now)
    ProcessReading.objects.filter(target=target, at__lt=now - KEEP).delete()


def _signals(compiled: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: one for name, one in (compiled.get("signals") or {}).items() if one.get("probe") in ("process", "log")
    }


def ask(target: Target, compiled: Mapping[str, Any], signal: Mapping[str, Any]) -> Answer | None:
    """Asks the step of the plan that the signal names; None when there is none."""
    step = next((one for one in every_step(compiled) if one.get("name") == signal.get("query")), None)
    if step is None:
        return None
    declared = compiled.get("params") or {}
    params = {name: str(how["default"]) for name, how in declared.items() if how.get("default") is not None}
    params |= {name: str(value) for name, value in (target.params or {}).items()}
    return probes.ask(fill(step, params), Surroundings.for_target(target), patient=False)


def _keep_process(target: Target, answer: Answer | None, now: datetime) -> None:
    """A process that is gone is a reading; one that cannot be asked for is none."""
    if answer is None or answer.result == "cannot_tell":
        return
    pid = pid_of(answer)
    began = started_at(pid) if pid else None
    ProcessReading.objects.create(
        target=target,
        at=now,
        alive=answer.result == "pass" and began is not None,
        pid=pid,
        started_at=datetime.fromtimestamp(began, UTC) if began else None,
        rss_kb=rss_kb(pid) if pid else None,
    )


def pid_of(answer: Answer) -> int | None:
    """The process id that a `process` check knows, or the first number that a command printed last."""
    value = answer.value if isinstance(answer.value, dict) else {}
    if value.get("pid"):
        return int(value["pid"])
    found = re.search(r"\d+", str(value.get("last") or ""))
    return int(found[0]) if found and answer.result == "pass" else None


def rss_kb(pid: int) -> int | None:
    """Resident memory of a process of this host and of its children: several workers share the load."""
    try:
        own = _rss(pid)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return None if own is None else own + sum(_rss(int(child)) or 0 for child in children)


def _rss(pid: int) -> int | None:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmRSS:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else None


def _keep_number(
    target: Target, one: Condition, answer: Answer | None, signals: Mapping[str, Any], now: datetime
) -> None:
    unit = str(signals.get(one.signal, {}).get("unit") or "ms")
    value = answer.value if answer and isinstance(answer.value, dict) else {}
    found = re.search(NUMBER + re.escape(unit) + r"\b", str(value.get("last") or ""))
    number = float(found[1].replace(",", ".")) if found else None
    keep(target, one, read_number(one, number, unit), now)
