"""Names that say the same are found as by comparing all with all, in far fewer comparisons."""

from hypothesis import given
from hypothesis import strategies as st

from plans.document import likeness, read_plan

NAMES = st.lists(st.text("abcde ()s", max_size=12), max_size=12)
STORES = "## Rollback of store {n}\n\n1. **Do it.**\n\n   ```bash\n   ls -{n}\n   ```\n\n## Recovery times\n\n- store {n}: {n} minutes\n\n"


def compared(names: list[str], name: str) -> int | None:
    """The definition: the first of the names that shares most words, if it shares enough."""
    own = likeness.naming_words(name)
    shares = []
    for other in names:
        told = [likeness.naming_words(other, whole=whole) for whole in (False, True)]
        shares.append(max(len(own & t) / max(len(own), len(t)) if own and t else 0.0 for t in told))
    best = max(shares, default=0.0)
    return shares.index(best) if best >= likeness.ENOUGH else None


@given(NAMES, st.text("abcde ()s", max_size=12))
def test_the_same_name_is_found_as_by_comparing_all(names: list[str], name: str) -> None:
    assert likeness.Names(names).most_alike(name) == compared(names, name)


def test_a_word_in_parentheses_counts_where_the_name_has_it_too() -> None:
    names = likeness.Names(["Database (full)", "Caches", "Database restores"])
    assert [names.most_alike(name) for name in ("Database full", "the cache", "Database restore", "Queue")] == [
        0,
        1,
        2,
        None,
    ]


def test_hundreds_of_times_are_joined_without_comparing_all_with_all(monkeypatch) -> None:
    counted = []
    real = likeness._likeness
    monkeypatch.setattr(likeness, "_likeness", lambda one, other: counted.append(1) or real(one, other))
    levels = read_plan(
        "# Rollback plan\n\n" + "".join(STORES.replace("{n}", str(n)) for n in range(2, 302))
    ).parts.levels
    assert [level.promise.text for level in levels[:2]] == ["2 minutes", "3 minutes"]
    assert len(levels) == 300
    assert len(counted) <= 600, "each level is compared with the few names that share a rare word with it"
