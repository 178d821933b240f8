"""`manage.py up` with real processes: start, stream, crash, Ctrl-C, kill -9, and the sentences when it cannot start."""

import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time

import pytest
import redis

from tests.config.installation import LAST_LINE, REPOSITORY, Installation, free_port, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.one_database]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One installation for the tests that only look; the later ones end it and start it again on the same data."""
    installation = Installation(tmp_path_factory.mktemp("up") / "data").wait_until_ready()
    yield installation
    installation.finish()


def test_the_first_page_answers_and_the_password_is_printed_last(running):
    status, page = running.browser().get("/")
    assert (status, "Sign in" in page) == (200, True)
    said = [line for line in running.lines[running.lines.index(f"Firebreak answers on {running.url}") :] if line]
    assert re.fullmatch(r"Sign in as admin with the one-time password (\w{4}-){3}\w{4}", said[1])
    assert said[-1] == LAST_LINE
    assert running.browser().sign_in("admin", running.password())[0] == 200


def test_the_data_folder_and_its_secrets_are_private(running):
    assert stat.S_IMODE(running.data.stat().st_mode) == 0o700
    for name in ("secret-key", "redis-url", "redis/password"):
        assert stat.S_IMODE((running.data / name).stat().st_mode) == 0o600
    assert not (running.data / "prepared.json").exists()
    password = (running.data / "redis" / "password").read_text().strip()
    assert not any(password in command for command in running.processes().values())


def test_the_stream_needs_a_sign_in_and_delivers_a_ring(running):
    assert running.browser().stream("installation").status == 401
    browser = running.browser()
    browser.sign_in("admin", running.password())
    assert browser.stream("no topic at all").status == 400
    stream = browser.stream("incident:42", "run:17")
    assert (stream.status, stream.getheader("X-Accel-Buffering"), stream.getheader("Cache-Control")) == (
        200,
        "no",
        "no-store",
    )
    lines = []

    def read_until(text):
        while text not in lines:
            lines.append(stream.readline().decode().strip())

    read_until(": open")
    client = redis.Redis.from_url((running.data / "redis-url").read_text().strip())
    wait_for(lambda: client.pubsub_numsub("firebreak:live")[0][1] == 1, what="the hub's subscription")
    client.publish("firebreak:live", '{"topic": "run:18"}')
    client.publish("firebreak:live", '{"topic": "run:17", "seq": 3}')
    read_until('data: {"topic": "run:17", "seq": 3}')
    assert "event: run-17" in lines
    assert "event: run-18" not in lines
    client.close()
    stream.close()
    browser.post("/sign-out/")
    assert browser.stream("run:17").status == 401


def test_a_second_start_on_the_same_folder_or_port_is_refused_with_a_sentence(running, tmp_path):
    for environment, part in (
        ({"FIREBREAK_PORT": str(free_port())}, f"already runs on {running.data}"),
        ({"FIREBREAK_DATA": str(tmp_path)}, f"Port {running.port} is taken by another program."),
    ):
        said = start_in_vain({**running.environment, **environment})
        assert part in said
        assert len(said.strip().splitlines()) == 1


def test_a_killed_worker_is_started_again_and_said_so(running):
    before = running.one("--hostname=general@")
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: any(line.startswith("general was ended by SIGKILL") for line in running.lines), what="a sentence")
    wait_for(
        lambda: sum("general@" in line and line.endswith("ready.") for line in running.lines) == 2,
        30,
        "the second start",
    )
    assert running.one("--hostname=general@") != before


def test_the_parts_live_in_sessions_of_their_own(running):
    for part in ("config.server", "--hostname=rollback@", "--hostname=control@", "valkey-server"):
        pid = running.one(part)
        assert os.getsid(pid) == pid


def test_ctrl_c_ends_everything_within_seconds(running):
    browser = running.browser()
    browser.sign_in("admin", running.password())
    stream = browser.stream("installation")  # an open page must not hold up the stop
    began = time.monotonic()
    running.interrupt()
    assert running.wait_until_ended() == 0
    assert time.monotonic() - began < 8
    assert running.lines[-1] == "Stopped."
    assert running.processes() == {}
    stream.close()


@pytest.mark.parametrize("victim", ["the one that stands by", "the supervisor"])
def test_a_kill_leaves_no_process_and_no_data_is_lost(running, victim):
    again = Installation(running.data, port=running.port).wait_until_ready()
    try:
        assert "one-time password" not in again.output
        assert again.browser().sign_in("admin", running.password())[0] == 200
        supervisors = sorted(pid for pid, command in again.processes().items() if "config.supervisor" in command)
        assert supervisors[0] == again.process.pid
        os.kill(supervisors[0] if victim == "the one that stands by" else supervisors[1], signal.SIGKILL)
        assert again.wait_until_ended() != 0
        wait_for(lambda: not again.processes(), 5, "the end of everything")
    finally:
        again.finish()


def test_a_locked_database_is_one_sentence(running):
    holder = sqlite3.connect(running.data / "firebreak.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    said = start_in_vain(running.environment)
    holder.close()
    assert "is locked by another program" in said
    assert said.strip().splitlines()[-1] == "Firebreak was not started; the line above says why."


@pytest.mark.parametrize(
    ("environment", "part"),
    [
        ({"FIREBREAK_DATA": "/dev/null/data"}, "The data folder /dev/null/data cannot be written"),
        ({"FIREBREAK_PORT": "many"}, "FIREBREAK_PORT='many' is not a whole number."),
        ({"FIREBREAK_PORT": "70000"}, "between 1 and 65535"),
        ({"FIREBREAK_PRACTICE": "perhaps"}, "is neither true nor false"),
        ({"FIREBREAK_PRODUCTION": "1"}, "FIREBREAK_SECRET_KEY is missing: production needs a key of its own."),
    ],
)
def test_an_odd_setting_is_one_sentence(tmp_path, environment, part):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FIREBREAK_")}
    data = {"FIREBREAK_DATA": str(tmp_path / "data"), "FIREBREAK_PRACTICE": "0", "FIREBREAK_PORT": str(free_port())}
    kept = {name: value for name, value in kept.items() if name not in ("REDIS_URL", "DATABASE_URL")}
    said = start_in_vain({**kept, **data, **environment})
    assert part in said
    assert "Traceback" not in said


def start_in_vain(environment):
    """`manage.py up` that is expected to give up by itself."""
    command = [sys.executable, "manage.py", "up"]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout + done.stderr
