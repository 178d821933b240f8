"""Ctrl-C while a rollback step is at work: once lets it end, twice kills it, and the step then says that it is unknown."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.config.installation import REPOSITORY, Installation, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.one_database]


@pytest.fixture
def working(tmp_path):
    """`working(seconds)` is an installation with a step at work."""
    started = []

    def start(seconds):
        installation = Installation(
            tmp_path / "data",
            FIREBREAK_LEASE_SECONDS="6",
            FIREBREAK_LEASE_RENEW_SECONDS="1",
            FIREBREAK_LEASE_MARGIN_SECONDS="2",
            FIREBREAK_SCAN_INTERVAL="1",
        )
        started.append(installation)
        installation.wait_until_ready()
        root = tmp_path / "service"
        root.mkdir()
        command = [sys.executable, "-m", "tests.config.a_long_step", str(root), str(seconds)]
        environment = {**installation.environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
        subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, timeout=60, stdout=subprocess.DEVNULL)
        wait_for((root / "started").exists, what="the step")
        return installation, root

    yield start
    for installation in started:
        installation.finish()


def statuses(installation):
    with contextlib.closing(sqlite3.connect(installation.data / "firebreak.sqlite3")) as connection:
        rows = connection.execute("SELECT name, status FROM rollbacks_steprun").fetchall()
    return dict(rows)


def sleepers(root):
    found = subprocess.run(["pgrep", "-f", f"{root}|sleep 6[0]"], capture_output=True, text=True)
    return found.stdout.split()


def test_once_lets_the_step_end_and_says_which_one(working):
    installation, root = working(8)
    began = time.monotonic()
    installation.interrupt()
    wait_for(lambda: "config.server" not in str(installation.processes()), 4, "the end of what is idle")
    wait_for(lambda: "Still running: run 1 (Level 1: Sleep" in installation.output, 3, "the sentence")
    assert installation.wait_until_ended(30) == 0
    assert time.monotonic() - began > 3
    assert (root / "finished").exists()
    assert statuses(installation)["nap"] == "succeeded"
    assert installation.processes() == {}


def test_twice_kills_it_and_the_outcome_is_unknown(working):
    installation, root = working(60)
    installation.interrupt()
    wait_for(lambda: "Ctrl-C once more kills what runs" in installation.output, what="the way to kill")
    installation.interrupt()
    assert installation.wait_until_ended(5) == 130
    assert "“Outcome unknown”" in installation.lines[-1]
    wait_for(lambda: not sleepers(root), 5, "the end of the command")
    again = Installation(installation.data, port=installation.port, **only_clock(installation)).wait_until_ready()
    try:
        wait_for(lambda: statuses(again)["nap"] == "lost", 30, "the lost step")
        assert not (root / "finished").exists()
    finally:
        again.interrupt()
        again.wait_until_ended()


@pytest.mark.parametrize("victim", ["the one that stands by", "the supervisor"])
def test_a_kill_takes_the_commands_of_a_step_along(working, victim):
    installation, root = working(60)
    supervisors = sorted(pid for pid, command in installation.processes().items() if "config.supervisor" in command)
    os.kill(supervisors[0] if victim == "the one that stands by" else supervisors[1], signal.SIGKILL)
    installation.wait_until_ended(5)
    wait_for(lambda: not installation.processes() and not sleepers(root), 5, "the end of everything")


def only_clock(installation):
    return {name: value for name, value in installation.environment.items() if "LEASE" in name or "SCAN" in name}
