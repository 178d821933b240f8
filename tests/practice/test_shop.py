"""The service's own rules, in process: faults by flag and version, counts, settings, health."""

import json

import pytest

from practice.orders import release, web
from practice.orders.counts import Counts
from practice.orders.faults import Faults
from practice.orders.settings import UnknownSetting, read_settings
from practice.orders_before import release as before

QUERY = json.dumps({"query": "{ orders(limit: 2) { price { __typename } } }"}).encode()
ON, OFF = {"ORDERS_NEW_PRICING": "on"}, {"ORDERS_NEW_PRICING": "off"}


def break_it(root, when, rate=1.0):
    (root / "faults.json").write_text(json.dumps({"when": when, "error_rate": rate}))


def failed(shop):
    return bool(shop.answer(QUERY, labelled=False).get("errors"))


def test_the_nested_type_tells_whether_the_feature_is_on(tmp_path):
    def type_of(settings):
        answer = web.Shop(tmp_path, settings).answer(QUERY, labelled=False)
        return answer["data"]["orders"][0]["price"]["__typename"]

    assert (type_of(ON), type_of(OFF)) == ("QuotedPrice", "Price")


@pytest.mark.parametrize(
    ("when", "settings", "expected"),
    [("flag", ON, True), ("flag", OFF, False), ("version", ON, True), ("version", OFF, True)],
)
def test_a_fault_acts_only_where_its_cure_has_not_been_applied(tmp_path, when, settings, expected):
    break_it(tmp_path, when)
    assert failed(web.Shop(tmp_path, settings)) is expected


@pytest.mark.parametrize("when", ["flag", "version"])
def test_the_version_before_is_cured_of_both(tmp_path, monkeypatch, when):
    monkeypatch.setattr(web, "VERSION", before.VERSION)
    monkeypatch.setattr(web, "new_pricing", before.new_pricing)
    break_it(tmp_path, when)
    assert not failed(web.Shop(tmp_path, {}))


def test_mending_needs_no_restart(tmp_path):
    shop = web.Shop(tmp_path, ON)
    break_it(tmp_path, "flag")
    assert failed(shop)
    (tmp_path / "faults.json").unlink()
    assert not failed(shop)


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"when": "flag"}', '{"when": "flag", "error_rate": "much"}'])
def test_an_odd_faults_file_breaks_nothing(tmp_path, text):
    (tmp_path / "faults.json").write_text(text)
    assert Faults(tmp_path / "faults.json", version="1.2.0", pricing_is_on=True).toss() == ""


def test_a_setting_that_the_version_does_not_know_is_refused_by_line(tmp_path):
    path = tmp_path / "config.env"
    path.write_text("# prices\nORDERS_NEW_PRICING=on\n")
    assert read_settings(path, known=release.SETTINGS) == ON
    with pytest.raises(UnknownSetting, match=r"config.env:2: unknown setting ORDERS_NEW_PRICING"):
        read_settings(path, known=before.SETTINGS)


def test_health_asks_the_store(tmp_path):
    shop = web.Shop(tmp_path, OFF)
    assert shop.health() == (200, {"status": "healthy", "orders": 24})
    (tmp_path / "orders.sqlite3").write_bytes(b"not a database" * 100)
    assert shop.health()[0] == 503


def test_counts_are_of_the_last_seconds_and_know_labelled_load():
    counts = Counts()
    counts.add(error=True, labelled=True, at=100.0)
    counts.add(error=False, labelled=False, at=130.0)
    assert counts.last(15, at=131.0) == {"seconds": 15, "requests": 1, "errors": 0, "labelled": 0}
    assert counts.last(60, at=131.0) == {"seconds": 60, "requests": 2, "errors": 1, "labelled": 1}
    assert counts.last(60, at=300.0)["requests"] == 0


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"query": 3}', b"\xff"])
def test_an_odd_body_is_an_answer_with_errors(tmp_path, body):
    assert web.Shop(tmp_path, OFF).answer(body, labelled=False)["errors"]
