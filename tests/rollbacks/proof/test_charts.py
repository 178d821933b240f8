"""Charts as coordinates and words: gaps where nothing was measured, thresholds, rollbacks, and a sentence for all."""

import itertools
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.template.loader import render_to_string

from rollbacks import charts, deploys
from rollbacks.models import FrozenBaseline
from tests.rollbacks.proof.factories import COMPILED, T0, make_run, make_samples, make_target
from timeline.models import Event

pytestmark = pytest.mark.django_db
WITH_MATRIX = {
    **COMPILED,
    "matrix": [{"line": 1, "condition": {"metric": "query errors", "op": ">", "value": 10, "unit": "%"}}],
}


def drawn(**more: object) -> list[charts.Chart]:
    target = make_target()
    make_samples(target, T0, seconds=60, errors=20)
    make_samples(target, T0 + timedelta(seconds=120), seconds=60, errors=0)
    data = {"run": 1, "run_kind": "rollback", "level": 1}
    Event.record("incident:1", "run.started", at=T0 + timedelta(seconds=70), data=data)
    Event.record("incident:1", "before.frozen", at=T0, data={"run": 1, "signal": "errors", "p95_ms": 6.9})
    Event.record("incident:1", "run.started", at=T0, data={"run": 2, "run_kind": "evidence"})
    return charts.of_stream("incident:1", target, WITH_MATRIX, T0 + timedelta(seconds=185))


def test_errors_and_latency_are_drawn_with_a_gap_and_a_mark() -> None:
    errors, latency = drawn()
    assert (errors.title, errors.value) == ("Query errors", "0 % of 600")
    assert errors.label == "Query errors: at most 40 % in this time; in the last minute 0 % of 600."
    assert not errors.is_bad
    assert len(errors.paths) == len(latency.paths) == 2  # before and after the gap
    (gap,) = errors.gaps
    assert 80 < gap.width < 110
    assert [level.label for level in errors.levels] == ["1 %", "10 %"]
    (mark,) = errors.marks
    assert mark.label.startswith("Level 1 14:01")
    assert mark.kind == "rollback"
    assert latency.value == "7 ms · before 6.9"
    assert errors.measured_at == T0 + timedelta(seconds=180)


def test_a_line_stays_inside_its_field() -> None:
    for chart in drawn():
        for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", " ".join(chart.paths)):
            assert charts.LEFT <= float(x) <= charts.RIGHT
            assert charts.TOP <= float(y) <= charts.BOTTOM


def test_labels_of_close_marks_do_not_cover_each_other() -> None:
    target = make_target()
    make_samples(target, T0, seconds=600)
    marks = [charts.Mark(T0 + timedelta(seconds=20 * number), f"Level {number}", True) for number in range(9)]
    errors, _ = charts.of_stream("incident:1", target, COMPILED, T0 + timedelta(seconds=600), marks)
    assert len(errors.marks) == 9
    shown = [(mark.y, mark.x) for mark in errors.marks if mark.label]
    assert len(shown) == len(set(shown)) < 9
    for y in {y for y, _ in shown}:
        places = sorted(x for row, x in shown if row == y)
        assert all(later - earlier > 50 for earlier, later in itertools.pairwise(places))


def test_nothing_measured_draws_nothing() -> None:
    assert charts.of_stream("incident:1", make_target(), COMPILED, T0) == []


def test_long_incidents_have_few_points_and_old_ones_end_with_their_data() -> None:
    target = make_target()
    make_samples(target, T0, seconds=3600, requests=5)
    errors, _ = charts.of_stream("incident:1", target, COMPILED, T0 + timedelta(hours=30))
    assert sum(path.count(" ") // 2 + 1 for path in errors.paths) <= charts.MOST_POINTS + 1
    assert errors.axis[1].label == "15:01"


def test_the_partial_holds_no_style_and_names_itself() -> None:
    for chart in drawn():
        html = render_to_string("rollbacks/_chart.html", {"chart": chart})
        assert "style=" not in html
        assert f'aria-label="{chart.label}"' in html
        assert html.count('<path class="line') == 2


def test_deploys_are_marked_with_their_version() -> None:
    target = make_target()
    make_samples(target, T0, seconds=60)
    for state, version in (("started", "1.7.0"), ("finished", "1.7.0"), ("failed", "1.7.1")):
        data = {"state": state, "version": version}
        Event.record(target.stream, deploys.KIND, at=T0 + timedelta(seconds=20), data=data)
    errors, _ = charts.of_stream("incident:1", target, COMPILED, T0 + timedelta(seconds=60))
    assert [mark.label.rsplit(" ", 1)[0] for mark in errors.marks] == ["deploy 1.7.0", "deploy 1.7.1 failed"]
    assert {mark.kind for mark in errors.marks} == {""}


def test_the_same_chart_as_numbers_has_null_where_nothing_was_measured() -> None:
    errors, latency = drawn()
    series = json.loads(errors.series_json)
    assert series["values"].count(None) == 1
    assert len(series["gaps"]) == 1
    assert series["times"] == sorted(series["times"])
    assert [limit["label"] for limit in series["limits"]] == ["1 %", "10 %"]
    assert (series["unit"], series["healthy"], series["bad"]) == ("%", 1.0, False)
    assert [mark["rollback"] for mark in series["marks"]] == [True]
    assert json.loads(latency.series_json)["unit"] == "ms"


def test_yesterday_and_a_week_ago_stand_beside_the_line_and_in_the_legend() -> None:
    target = make_target()
    make_samples(target, T0, seconds=60)
    run = make_run(target)
    for kind, errors, p95 in (("week", 0, 6.0), ("before", 3, 5.0), ("day", 6, None)):
        FrozenBaseline.objects.create(
            run=run,
            signal="errors",
            kind=kind,
            since=T0,
            until=T0,
            requests=600,
            errors=errors,
            p95_ms=p95,
            frozen_at=T0,
        )
    errors, latency = charts.of_stream("incident:1", target, COMPILED, T0 + timedelta(seconds=65))
    assert errors.beside == [
        "Healthy, before: 0.5 % of 600",
        "Same hour yesterday: 1 % of 600",
        "Same hour a week ago: 0 % of 600",
    ]
    assert [one.label for one in errors.references if one.label][:1] == ["before"]
    assert latency.beside == ["Healthy, before: 5 ms", "Same hour a week ago: 6 ms"]
    assert [one["value"] for one in latency.series["references"]] == [5.0, 6.0]
    assert "Same hour yesterday" in render_to_string("rollbacks/_chart.html", {"chart": errors})
    assert "beside" not in render_to_string("rollbacks/_chart.html", {"chart": replace(errors, beside=[])})
