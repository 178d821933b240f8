"""A table of words that is searched in two passes finds what one regular expression finds."""

import re

import pytest

from plans.document import procedure_words
from plans.document.either import Either, split

HEADINGS = [
    "why it works", "how rollback works", "code rollback", "rollback metrics", "monitoring", "rollback overview",
    "what is rolled back", "information", "compliance during rollback", "看日志检查", "types of rollback", "restore", "",
]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("^a|b(c|d)", ["^a", "b(c|d)"]),
        (r"a\|b|c", [r"a\|b", "c"]),
        ("[|)]x|[^]|]y", ["[|)]x", "[^]|]y"]),
        ("a(?:b(c|d)|e)|f", ["a(?:b(c|d)|e)", "f"]),
    ],
)
def test_alternatives_are_cut_where_no_parenthesis_is_open(pattern: str, parts: list[str]) -> None:
    assert split(pattern) == parts


@pytest.mark.parametrize("table", ["^why|metrics$|^(types|kinds) of|\\bduring\\b", "b|^c"])
@pytest.mark.parametrize("heading", HEADINGS)
def test_both_passes_find_what_one_search_finds(heading: str, table: str) -> None:
    assert bool(Either(table).search(heading)) == bool(re.search(table, heading))


def test_the_tables_of_headings_are_cut_into_whole_patterns() -> None:
    assert isinstance(procedure_words.NOT_A_ROLLBACK, Either)
    assert procedure_words.NOT_A_ROLLBACK.search("why we roll back")
    assert procedure_words.BESIDE.search("find the last good commit")
