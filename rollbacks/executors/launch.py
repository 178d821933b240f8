"""How a command is started: in its own group, with few variables, and so that it dies with its worker."""

import os
import shutil
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rollbacks.context import Surroundings

# Handed down always; everything else is named by the step (`env=`, `secrets=`).
ALWAYS = ("PATH", "HOME", "LANG", "TZ")
# Where setpriv is missing: 23 ms instead of 0.6 ms a command. prctl(PR_SET_PDEATHSIG, SIGKILL), then the parent is
# still there.
LAUNCHER = (
    "import ctypes,os,sys\n"
    "ctypes.CDLL(None).prctl(1,9,0,0,0)\n"
    "os.getppid()==int(sys.argv[1]) or os._exit(121)\n"
    "os.execvp(sys.argv[2],sys.argv[2:])\n"
)
ORPHANED = 121  # the exit status of a command whose worker died while it was being started


@lru_cache(maxsize=1)
def setpriv() -> str | None:
    """The path of util-linux's setpriv; None where there is none."""
    return shutil.which("setpriv", path="/usr/bin:/bin:/usr/local/bin:" + os.environ.get("PATH", ""))


def dying_with_us(argv: list[str]) -> list[str]:
    """The command, prefixed so that the kernel kills it when the thread that started it dies.

    Not under sudo: set-uid clears it.
    """
    if not sys.platform.startswith("linux"):
        return argv
    if path := setpriv():
        return [path, "--pdeathsig", "KILL", "--", *argv]
    return [sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid()), *argv]


def environment(step: Mapping[str, Any], around: Surroundings) -> dict[str, str]:
    """PATH, HOME, LANG, TZ, what the step names, and the run's marks.

    Nothing of the worker's own environment besides.
    """
    env = {name: around.env.get(name) or os.environ.get(name, "") for name in ALWAYS}
    env = {name: value for name, value in env.items() if value}
    env |= {name: around.env[name] for name in step.get("env") or [] if name in around.env}
    env |= {name: around.secrets[name] for name in step.get("secrets") or [] if name in around.secrets}
    if (moment := around.attempt_since or around.since) is not None:
        env["FIREBREAK_SINCE"] = str(int(moment))
    return env | dict(around.marks)


def missing(step: Mapping[str, Any], around: Surroundings) -> str:
    """Which declared variable or secret this target lacks, as a sentence; empty when none."""
    for name in step.get("env") or []:
        if name not in around.env:
            return f"The variable {name} that this step names is not set. Set it on the target's page."
    for name in step.get("secrets") or []:
        if name not in around.secrets:
            return (
                f"The secret {name} that this step names cannot be had here. Set it on the target's page; where it is set, "
                f"this worker lacks its key (FIREBREAK_SECRETS_KEY). FIREBREAK_SECRET_{name.upper()} of the worker serves too."
            )
    return ""


def folder(step: Mapping[str, Any], around: Surroundings) -> Path:
    """The step's folder; raises ValueError with a sentence when it is not there or lies outside the target's root."""
    root = around.root.resolve()
    place = (root / str(step.get("cwd") or "")).resolve()
    if place != root and root not in place.parents:
        raise ValueError(f"The folder {step.get('cwd')} lies outside of the target's root {root}.")
    if not place.is_dir():
        raise ValueError(f"The folder {place} does not exist on this worker's host.")
    return place
