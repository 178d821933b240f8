"""Asks by a read-only command: its exit status is the answer, its last line the value."""

import os
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from rollbacks.context import Answer, Surroundings
from rollbacks.parameters import LINES, MOST_CHOICES
from rollbacks.small_command import SHELL, Done, run_small

# Only these are handed down from the worker; everything else is named by the step.
ALWAYS = ("PATH", "HOME", "LANG", "TZ")
NOT_FOUND = (126, 127)


def ask(step: Mapping[str, Any], around: Surroundings, stop: Callable[[], bool] | None = None) -> Answer:
    """Runs the step's command in the target's root. Too slow is a failure; a command that is not there cannot tell."""
    body = str(step.get("body") or "").strip()
    if str(step.get("effect") or "read") != "read":
        return Answer("cannot_tell", f"The command has the effect {step['effect']}: a check only reads.")
    try:
        argv = shlex.split(body) if step.get("kind") == "exec" else [*SHELL, body]
    except ValueError as error:
        return Answer("cannot_tell", f"The command cannot be read: {error}.")
    if not body or not argv:
        return Answer("cannot_tell", "This check has no command.")
    timeout = float(step.get("timeout") or 10.0)
    cwd = around.root / str(step.get("cwd") or "")
    return _judge(step, run_small(argv, cwd=cwd, env=environment(step, around), timeout=timeout, stop=stop), timeout)


def environment(step: Mapping[str, Any], around: Surroundings) -> dict[str, str]:
    """The few variables that every command gets, what the step names, and FIREBREAK_SINCE in whole epoch seconds."""
    env = {name: around.env.get(name, os.environ.get(name, "")) for name in ALWAYS}
    env = {name: value for name, value in env.items() if value}
    env.update({name: around.env[name] for name in step.get("env") or [] if name in around.env})
    env.update({name: around.secrets[name] for name in step.get("secrets") or [] if name in around.secrets})
    moment = around.attempt_since if around.attempt_since is not None else around.since
    if moment is not None:
        # Rounded down: shells compare whole numbers, and processes know their start to a hundredth at best.
        env["FIREBREAK_SINCE"] = str(int(moment))
    return {**env, **around.marks}


def _judge(step: Mapping[str, Any], done: Done, timeout: float) -> Answer:
    last = next((line.strip() for line in reversed(done.output.splitlines()) if line.strip()), "")
    value: dict[str, Any] = {"exit_code": done.exit_code, "last": last[:500]}
    if step.get(LINES):
        value["lines"] = [line.strip()[:200] for line in done.output.splitlines() if line.strip()][:MOST_CHOICES]
    if done.problem:
        return Answer("cannot_tell", done.problem, value)
    if done.stopped:
        return Answer("cannot_tell", "The check was stopped.", value)
    if done.timed_out:
        return Answer("fail", f"The command did not end within {timeout:g} s.", value)
    if done.exit_code in (step.get("ok") or [0]):
        return Answer("pass", _sentence(last, "The command succeeded."), value)
    complaint = next((line.strip() for line in reversed(done.error.splitlines()) if line.strip()), "")
    said = _sentence(complaint or last, "")
    result = "cannot_tell" if done.exit_code in NOT_FOUND else "fail"
    return Answer(
        "cannot_tell" if result == "cannot_tell" else "fail", f"Exit status {done.exit_code}. {said}".strip(), value
    )


def _sentence(text: str, otherwise: str) -> str:
    text = text[:300]
    return (text if text.endswith((".", "!", "?")) else f"{text}.") if text else otherwise
