"""The keeper with real processes: its own environment by pip, `ordersctl`, both wheels, both deaths."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.practice.place import Place, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.one_database]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    # A long path on purpose: a unix socket's address would not hold it.
    root = tmp_path_factory.mktemp("practice") / ("deep" * 30)
    root.mkdir()
    made = Place(root)
    yield made
    made.keeper.terminate()
    assert made.keeper.wait(15) == 0


def test_the_environment_is_real_and_the_service_answers(place):
    assert place.about()["version"] == "1.2.0"
    assert place.about()["new_pricing"] == "on"
    log = (place.root / "log" / "orders.log").read_text()
    assert log.startswith("=== start ")
    assert "New pricing initialised with 3 rules" in log


def test_a_restart_gives_a_new_process_that_is_nobodys_child(place):
    before = place.about()["pid"]
    done = place.ctl("restart")
    after = place.about()["pid"]
    assert (done.returncode, done.stdout.split(",")[0]) == (0, f"running (pid {after})")
    assert after != before
    assert int(Path(f"/proc/{after}/stat").read_text().rsplit(")", 1)[1].split()[1]) == place.keeper.pid


def test_the_version_before_crashes_on_the_flag_and_runs_without_it(place):
    place.install("1.1.0")
    crash = place.ctl("restart")
    assert crash.returncode == 1
    assert "unknown setting ORDERS_NEW_PRICING" in crash.stdout
    config = place.root / "config.env"
    config.write_text(config.read_text().replace("ORDERS_NEW_PRICING=on\n", ""))
    assert place.ctl("restart").returncode == 0
    assert (place.about()["version"], place.about()["new_pricing"]) == ("1.1.0", "off")
    config.write_text(config.read_text() + "ORDERS_NEW_PRICING=on\n")
    place.install("1.2.0")
    assert place.ctl("restart").returncode == 0


def test_breaking_it_shows_in_the_counts_and_the_state(place):
    faults = place.root / "faults.json"
    faults.write_text(json.dumps({"when": "version", "error_rate": 1.0}))
    wait_for(lambda: place.state()["firing"] == ["OrdersResponseErrors"])
    faults.unlink()
    wait_for(lambda: place.state()["minute"]["labelled"] and not place.state()["firing"], 40)


def test_a_crashed_service_is_started_again(place):
    before = place.about()["pid"]
    os.kill(before, signal.SIGKILL)
    assert wait_for(lambda: place.about()["pid"]) != before


def test_status_knows_the_age_of_the_process_and_version_what_runs(place):
    assert place.ctl("status", "--since", str(place.about()["started_at"] - 60)).returncode == 0
    assert place.ctl("status", "--since", str(time.time())).returncode == 4
    assert place.ctl("version").stdout == "1.2.0\n"


def test_stop_and_status_say_so(place):
    assert place.ctl("stop").returncode == 0
    assert place.ctl("status").returncode == 3
    assert place.ctl("start").returncode == 0
    assert place.ctl("status").returncode == 0


def test_a_killed_keeper_takes_the_service_along_and_ctl_says_that_nobody_answers(place):
    service = place.about()["pid"]
    place.keeper.kill()
    place.keeper.wait()
    wait_for(lambda: not Path(f"/proc/{service}").exists() or "Z" in Path(f"/proc/{service}/stat").read_text().split())
    done = place.ctl("restart")
    assert done.returncode == 2
    assert "Is Firebreak running?" in done.stderr
    # What stood on disk is found again, rolled back or not.
    again = Place(place.root)
    place.keeper, place.port = again.keeper, again.port
    assert place.about()["version"] == "1.2.0"
