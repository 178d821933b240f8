"""How much a step asks of the database: twenty runs at once must not wait for it."""

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbacks import runner
from rollbacks.runner import keeper
from tests.rollbacks.engine.factories import make_run, step

pytestmark = pytest.mark.django_db
# What docs/performance.md claims. PostgreSQL gets them in two messages, beside those that begin and end a transaction.
STATEMENTS = 9
MESSAGES = 2


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
    each = sum(map(how_many, many)) - sum(map(how_many, few))
    assert each <= 20 * STATEMENTS, "\n".join(sql[:110] for sql in many[-2 * STATEMENTS :])
    if connection.vendor == "postgresql":
        assert len(many) - len(few) <= 20 * MESSAGES, "\n".join(sql[:110] for sql in many[-2 * MESSAGES :])


def how_many(message: str) -> int:
    """Several go in one message; nothing in these runs says a semicolon."""
    return message.count("; ") + 1


def test_a_run_begins_with_few_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper.Keeper, "tick", lambda self: None)
    both = statements(tmp_path, 1)
    begins = next(number for number, sql in enumerate(both) if "rollbacks_attempt" in sql)
    if connection.vendor == "postgresql":
        assert begins <= 3, "\n".join(sql[:110] for sql in both)
    assert sum(map(how_many, both)) <= 27, "\n".join(sql[:110] for sql in both)
