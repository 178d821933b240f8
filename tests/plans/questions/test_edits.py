"""Edits of a text: found, taken back, carried over."""

import random

from plans.edits import between, carry, take_back


def test_edits_can_be_taken_back() -> None:
    chance = random.Random(7)
    for _ in range(300):
        before = [chance.choice("abcd") for _ in range(chance.randrange(1, 12))]
        after = [line for line in before if chance.random() > 0.3]
        for _ in range(chance.randrange(4)):
            after.insert(chance.randrange(len(after) + 1), chance.choice("abcdxy"))
        old, new = "\n".join(before), "\n".join(after)
        assert take_back(new, between(old, new)) == old


def test_changes_elsewhere_are_carried_over() -> None:
    base = "\n".join("abcdefgh")
    mine = base.replace("b", "B").replace("g", "G\nG2")
    assert carry(base, mine, "0\n" + base.replace("\ne\n", "\ne1\ne2\n")) == "0\na\nB\nc\nd\ne1\ne2\nf\nG\nG2\nh"


def test_changes_of_the_same_lines_are_refused() -> None:
    assert carry("a\nb\nc", "a\nB\nc", "a\nx\nc") is None
    assert carry("a\nb\nc", "a\nB\nc", "a\nb\nx") is None
