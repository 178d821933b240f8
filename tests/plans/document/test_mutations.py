"""Thousands of spoiled documents: none raises, and none that was cut or spoiled compiles to something that may run unseen.

`make fuzz` runs 10,000; the suite runs a bounded share. FIREBREAK_FUZZ says how many.
"""

import os
import random

from plans.document import read_plan
from tests.plans.document.sound import INSTALL, RESTART, SOUND
from tests.plans.document.test_any_text import SCRAPS, TEXTS, read_all

COUNT = int(os.environ.get("FIREBREAK_FUZZ", "120"))
POISON = (
    (INSTALL, "pip install orders==<older>"),
    (INSTALL, "vim config.env"),
    (INSTALL, "orders-install &"),
    (INSTALL, "pip install “orders”"),
    (RESTART, "sudo systemctl restart orders"),
    ("{name=l2-install", "{nmae=l2-install"),
    ("timeout=40s", "timeout=soon"),
    ("via=env:config.env verify", "via=env:../config.env verify"),
    ("→ Level 2", "→ Level 9"),
    ("pattern: '1", "pattern: '(1"),
)
"""Each alone keeps the sound plan from running."""


WORDS = ("Some words.", "- a\n- b", "| a | b |\n|---|---|\n| 1 | 2 |", "> said", "---")


def mutated(text: str, chance: random.Random) -> str:
    """Returns the text with one to six pieces cut out, put in, doubled or moved."""
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(text) + 1), chance.choice((0, 0, 1, 3, 20, 200))
        scrap = chance.choice((chance.choice(SCRAPS), text[at : at + 40], "", chance.choice(SCRAPS) * 3))
        text = text[:at] + scrap + text[at + length :]
    return text


def test_mutated_documents_raise_nothing() -> None:
    for seed in range(COUNT):
        chance = random.Random(seed)
        text = mutated(chance.choice(TEXTS), chance)
        try:
            read_all(text)
        except Exception as error:
            raise AssertionError(f"FIREBREAK_FUZZ seed {seed}: {error!r}") from error


def test_what_was_refused_stays_refused_in_any_surroundings() -> None:
    """A poisoned step is refused as long as it is a step: words put before or behind the plan change nothing."""
    for seed in range(COUNT):
        chance = random.Random(seed)
        old, new = POISON[seed % len(POISON)]
        around = "\n\n".join(chance.choice(WORDS) for _ in range(3))
        text = SOUND.replace(old, new).replace("## Readings", f"## Notes\n\n{around}\n\n## Readings")
        text = text.replace("# Orders rollback\n", f"# Orders rollback\n\n{around}\n", 1)
        assert read_plan(text).compile().problems, f"FIREBREAK_FUZZ seed {seed}: {new}"


def test_a_cut_fence_never_runs() -> None:
    """A text that ends inside a fence is refused, wherever it was cut."""
    for seed in range(min(COUNT, 1000)):
        at = random.Random(seed).randrange(len(SOUND))
        if SOUND[:at].count("```") % 2:
            assert read_plan(SOUND[:at]).compile().problems, f"FIREBREAK_FUZZ seed {seed}"
