"""When counts of the plan's own queries are a rate, and when they are still a guess."""

import pytest

from incidents.recommendation import is_a_number


@pytest.mark.parametrize(
    ("requests", "errors", "told"),
    [(0, 0, False), (50, 0, False), (50, 4, False), (29, 20, False), (30, 12, True), (50, 21, True), (299, 0, True)],
)
def test_few_requests_without_errors_are_no_rate(requests: int, errors: int, told: bool) -> None:
    assert is_a_number(requests, errors) is told
