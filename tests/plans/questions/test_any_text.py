"""Whatever the text: questions are asked without an exception, and an answer never loses another line."""

import random
from difflib import SequenceMatcher

import pytest

from plans.questions import Question, Unanswered, answer, ask
from plans.seed import as_written
from tests.plans.document.sound import SOUND

ODD = [
    "```",
    "~~~",
    "   ```bash {name=",
    "<a b>",
    "sudo x &",
    "| a | b |",
    "# Or",
    "---",
    "{",
    "“x”",
    "1. ",
    "If it persists",
    "\t",
    "> ",
    "",
]  # fmt: skip


def mutated(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    for _ in range(chance.randrange(1, 9)):
        place = chance.randrange(len(lines))
        act = chance.randrange(4)
        if act == 0:
            del lines[place : place + chance.randrange(1, 4)]
        elif act == 1:
            lines.insert(place, chance.choice(ODD))
        elif act == 2:
            lines[place] = lines[place][: chance.randrange(len(lines[place]) + 1)] + chance.choice(ODD)
        else:
            lines.insert(place, lines[chance.randrange(len(lines))])
        lines = lines or [""]
    return "\n".join(lines)


def suggested(question: Question) -> dict[str, str]:
    said: dict[str, str] = {}
    for place, row in enumerate(question.rows):
        choice = row.suggested or (row.choices[0].value if row.choices else "")
        said |= {f"choice-{place}": choice, f"text-{place}": row.text or "kept"}
    return said


@pytest.mark.parametrize("seed", range(30))
def test_questions_and_answers_stand_any_text(seed: int) -> None:
    chance = random.Random(seed)
    text = mutated(as_written() if seed % 2 else SOUND, chance)
    for question in ask(text):
        first, last = question.region
        assert 1 <= first <= last <= text.count("\n") + 1
        try:
            new = answer(text, question, suggested(question))
        except Unanswered:
            continue
        touched = sum(row.end_line - row.line + 1 + len(row.also) for row in question.rows)
        changes = SequenceMatcher(None, text.split("\n"), new.split("\n"), autojunk=False).get_opcodes()
        gone = sum(i2 - i1 for tag, i1, i2, _j1, _j2 in changes if tag in ("delete", "replace"))
        # A name, a key or the front matter may be written beside the lines that were asked about.
        assert gone <= touched + len(question.rows) + 4, question.key
