"""Finds, among many names, the one that says the same as another: by the words that they share, without comparing all with all."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from plans.document import words

ENOUGH = 0.6
"""Shared words per word of the longer name from which two names mean the same thing."""
_COMMON = 200
"""A word that so many different names hold tells none of them apart; looking them all up would make reading quadratic."""
_LITTLE = frozenset(
    {
        "the",
        "a",
        "an",
        "of",
        "to",
        "and",
        "or",
        "for",
        "in",
        "on",
        "rollback",
        "recovery",
        "procedure",
        "level",
        "scenario",
    }
)
_PLURAL = re.compile(r"(?<=[a-z]{3})(?<!s)s$")
_ASIDE = re.compile(r"\([^)]*\)")
_WORD = re.compile(r"\w+")


class Names:
    """Names to look up by their likeness; each counts with and without what it says in parentheses."""

    def __init__(self, names: Sequence[str]) -> None:
        self.places: dict[frozenset[str], int] = {}
        for place, name in enumerate(names):
            for told in (naming_words(name), naming_words(name, whole=True)):
                self.places.setdefault(told, place)
        self.held = Counter(word for told in self.places for word in told)
        self.found: dict[str, list[frozenset[str]]] = {}
        for told in self.places:
            for word in self._telling(told):
                self.found.setdefault(word, []).append(told)

    def most_alike(self, name: str) -> int | None:
        """Returns the place of the name that is most like `name`, the first of several; None where none is like it enough."""
        own = naming_words(name)
        near = {told for word in self._telling(own) for told in self.found.get(word, ())}
        ranked = [(-_likeness(own, told), self.places[told]) for told in near]
        best, place = min(ranked, default=(0.0, 0))
        return place if -best >= ENOUGH else None

    def _telling(self, told: Iterable[str]) -> list[str]:
        """Returns the rarest words of a name, so many that names which are alike share one of them.

        The prefix filter of set similarity joins (Chaudhuri, Ganti, Kaushik 2006): sets that share n of their words cannot
        differ in all but the n - 1 most common ones.
        """
        ordered = sorted(told, key=lambda word: (self.held[word], word))
        prefix = len(ordered) - math.ceil(ENOUGH * len(ordered)) + 1
        return [word for word in ordered[:prefix] if self.held[word] <= _COMMON]


def naming_words(text: str, *, whole: bool = False) -> frozenset[str]:
    """Returns the words that name a thing, in the singular; those in parentheses only for `whole`."""
    told = words.normal(text if whole else _ASIDE.sub("", text))
    return frozenset(_PLURAL.sub("", word) for word in _WORD.findall(told)) - _LITTLE


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one), len(other)) if one and other else 0.0
