"""How much a step asks of the database: twenty runs at once must not wait for it."""

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbacks import runner
from rollbacks.runner import keeper
from tests.rollbacks.engine.factories import make_run, step

pytestmark = pytest.mark.django_db
# What docs/performance.md claims.
STATEMENTS = 9


def statements(folder: Path, steps: int) -> list[str]:
    """Everything but savepoints, which cost no look at a table, while a run of so many quick steps is done."""
    run = make_run(folder, [step(f"s{number}", "true", kind="exec") for number in range(steps)])
    with CaptureQueriesContext(
        connection,
    ) as seen:
        runner.advance(run.pk, owner="t")
    run.refresh_from_db()
    assert run.status == "succeeded"
    return [one["sql"] for one in seen.captured_queries if "SAVEPOINT" not in one["sql"]]


def test_a_step_costs_few_statements_however_long_the_run_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What a step asks by the clock (its lease, a kill) is no cost of a step; here it would depend on the machine.
    monkeypatch.setattr(keeper.Keeper, "tick", lambda self: None)
    few, many = statements(tmp_path, 5), statements(tmp_path, 25)
    each = (len(many) - len(few)) / 20
    assert each <= STATEMENTS, "\n".join(sql[:110] for sql in many[-2 * int(each) :])
