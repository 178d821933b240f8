"""A script, by bash with -e, -u and pipefail, without anybody's profile."""

import os
import shlex
from typing import Any

from django.conf import settings

from rollbacks import process
from rollbacks.context import Outcome, Sink, Stop, Surroundings
from rollbacks.executors import command, detached, host_lock
from rollbacks.executors.launch import ORPHANED, dying_with_us, environment, folder, missing

SHELL = ("/bin/bash", "--noprofile", "--norc", "-euo", "pipefail", "-c")


def execute(step: dict[str, Any], around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    """Runs the step's script in the target's root."""
    # The worker may die between the fork and the death signal: then nobody would watch the script. The guard stands on
    # the body's first line, so that bash's line numbers stay the plan's.
    guard = "" if step.get("detached") else f'[ "$PPID" = {os.getpid()} ] || exit {ORPHANED}; '
    return run_argv([*SHELL, guard + str(step.get("body") or "")], step, around, sink, stop)


def run_argv(argv: list[str], step: dict[str, Any], around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    """Runs an argument list and puts its end into words."""
    if problem := missing(step, around):
        return Outcome("failed", detail=problem)
    try:
        cwd = folder(step, around)
    except ValueError as error:
        return Outcome("failed", detail=str(error))
    timeout = float(step.get("timeout") or 60.0)
    if step.get("detached"):
        env, ok = environment(step, around), step.get("ok") or [0]
        return detached.run(argv, cwd=cwd, env=env, ok=ok, timeout=timeout, around=around, sink=sink, stop=stop)
    try:
        with host_lock.held("" if step.get("effect") == "read" else around.service, stop) as lock:
            ended = command.run(
                dying_with_us(argv),
                cwd=cwd,
                env=environment(step, around),
                timeout=timeout,
                grace=settings.KILL_GRACE_SECONDS,
                sink=sink,
                stop=stop,
                started=around.started,
                lock=lock,
            )
    except host_lock.Locked as locked:
        return Outcome("failed", detail=str(locked))
    return outcome_of(ended, step, sink, timeout)


def outcome_of(ended: command.Ended, step: dict[str, Any], sink: Sink, timeout: float) -> Outcome:
    """The outcome of an ended command, with what it left behind."""
    data = (
        {"left": [{"pid": one.pid, "command": one.command, "escaped": one.escaped} for one in ended.left]}
        if ended.left
        else {}
    )
    note = left_words(ended.left, str(step.get("leaves") or ""))
    if note:
        sink("note", note + "\n")
    if not ended.confirmed:
        return Outcome(
            "canceled", ended.exit_code, "It was killed, but processes of it still live.", {**data, "unconfirmed": True}
        )
    if ended.how == "not_started":
        return Outcome("failed", None, ended.sentence, data)
    if ended.how == "stopped":
        return Outcome("canceled", ended.exit_code, "It was stopped; its processes are gone.", data)
    if ended.how == "timed_out":
        return Outcome("timed_out", ended.exit_code, f"It did not end within {timeout:g} s and was stopped.", data)
    accepted = ended.exit_code in (step.get("ok") or [0])
    words = "" if ended.exit_code == 0 else exit_words(ended.exit_code)
    return Outcome("succeeded" if accepted else "failed", ended.exit_code, " ".join(filter(None, (words, note))), data)


def exit_words(code: int | None) -> str:
    """ "Exit status 2." or "Ended by signal 9."."""
    return f"Ended by signal {-code}." if code is not None and code < 0 else f"Exit status {code}."


def left_words(left: tuple[process.Living, ...], leaves: str) -> str:
    """What was left behind, as a sentence; quiet about the service that the plan says it leaves."""
    if not left:
        return ""
    who = shlex.join([f"{one.pid} {one.command[:60]}" for one in left[:3]]) if left else ""
    return f"It left the {leaves} running, as the plan says." if leaves else f"It left a background process: {who}."
