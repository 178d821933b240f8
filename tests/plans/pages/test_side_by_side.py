"""The pure parts of the plan pages."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from plans.check_up import CheckUp, Row, check_up
from plans.differences import differences, pairs, summary
from plans.document import read_plan
from plans.document.checkup import examine
from plans.models import Revision
from plans.side_by_side import side_by_side, source_lines
from plans.wording import and_list, count, length
from tests.plans.pages.plans_for_tests import BROKEN, GOOD


def test_every_line_stands_there_once_and_in_order() -> None:
    read = Revision.read(GOOD)
    blocks = side_by_side(GOOD, read.compiled, read.understood, read.problems, read.lint)
    lines = [line for block in blocks for line in block.lines]
    assert [line.number for line in lines] == list(range(1, len(GOOD.split("\n")) + 1))
    assert "\n".join(line.text for line in lines) == GOOD


def test_a_note_stands_beside_its_line() -> None:
    read = Revision.read(BROKEN)
    blocks = side_by_side(BROKEN, read.compiled, read.understood, read.problems, read.lint)
    bad = [block for block in blocks if any(note.tone == "bad" for note in block.notes)]
    assert [block.lines[0].number for block in bad] == [problem["line"] for problem in read.problems]


def test_looks_of_lines() -> None:
    looks = [line.look for line in source_lines("---\na: 1\n---\n# T\n| a |\n```sh\n# no heading\n```\ntext")]
    assert looks == ["code", "code", "code", "heading", "table", "code", "code", "code", "text"]


def test_a_check_up_is_worst_first() -> None:
    read = Revision.read(BROKEN)
    report = check_up(read.compiled, read.understood, read.problems, read.lint)
    assert report.tone == "needs-you"
    assert report.verdict.startswith("Cannot run yet: 1 problem.")
    assert report.procedures[0].name == "Level 1: Flag off"


def test_a_text_without_levels_says_that_nothing_would_run() -> None:
    read = Revision.read("Just words.\n")
    report = check_up(read.compiled, read.understood, [], read.lint)
    assert "Nothing here would run" in report.verdict


def test_a_difference_stands_in_two_columns() -> None:
    found = pairs(differences("a\nb\nc\nd", "a\nB\nB2\nd"))
    assert [(pair.kind, pair.old and pair.old.text, pair.new and pair.new.text) for pair in found] == [
        ("same", "a", "a"),
        ("changed", "b", "B"),
        ("changed", "c", "B2"),
        ("same", "d", "d"),
    ]
    (only,) = [pair for pair in pairs(differences("a", "a\nb")) if pair.kind == "changed"]
    assert (only.old, only.new and only.new.new) == (None, 2)


def test_differences_keep_three_lines_around() -> None:
    old = "\n".join(str(number) for number in range(20))
    lines = differences(old, old.replace("10", "ten"))
    assert [line.kind for line in lines] == ["gap", *["same"] * 3, "gone", "new", *["same"] * 3]
    assert summary(lines) == "1 line added, 1 removed"
    assert differences(old, old) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (90, "90 s"),
        (600, "10 min"),
        (630, "10 min 30 s"),
        (86400, "24 h"),
    ],
)
def test_lengths(seconds: float | None, words: str) -> None:
    assert length(seconds) == words


def test_words() -> None:
    assert and_list([1, 2, 3]) == "1, 2 and 3"
    assert count(1, "step") == "1 step"
    assert count(2, "step") == "2 steps"


def test_the_header_is_explained_line_by_line() -> None:
    header = "---\nplan: 1\nservice: shop\nparams:\n  wanted: {default: 1.2.2, pattern: '1\\.2\\.\\d'}\n  base-url: {bind: target}\n---\n"
    text = header + GOOD.split("---\n", 2)[2]
    read = Revision.read(text)
    notes = {
        note.line: note.text
        for block in side_by_side(text, read.compiled, read.understood, read.problems, read.lint)
        for note in block.notes
        if note.label == "Parameter"
    }
    assert notes == {
        5: "wanted: 1.2.2 unless another is given, must match 1\\.2\\.\\d",
        6: "base-url: a value of the target",
    }


def report_of(text: str) -> CheckUp:
    read = Revision.read(text)
    return check_up(read.compiled, read.understood, read.problems, read.lint)


def rows_of(text: str, kind: str) -> list[Row]:
    return next((group.rows for group in report_of(text).groups if group.kind == kind), [])


def test_the_page_says_what_the_command_says(tmp_path: Path) -> None:
    file, out = tmp_path / "shop.md", io.StringIO()
    file.write_text(BROKEN)
    with pytest.raises(SystemExit):
        call_command("plan", "check", str(file), stdout=out)
    rows = [row for group in report_of(BROKEN).groups for row in group.rows]
    assert rows
    assert out.getvalue().splitlines()[: len(rows)] == [row.sentence(str(file)) for row in rows]
    said = {row.finding.message for row in rows} | {finding.message for finding in examine(read_plan(BROKEN)).findings}
    assert len(said) == len(rows)


def test_the_same_words_on_several_lines_are_one_row() -> None:
    stops = rows_of(BROKEN.replace("   echo <wanted>", "   echo <wanted>\n   cat <wanted>"), "stops")
    assert [(row.lines, row.finding.message) for row in stops] == [([17, 18], "`<wanted>` is not declared.")]


def test_what_is_said_of_every_level_is_said_once() -> None:
    level = "\n### Level {0}: Part {0} (1 min)\n\n1. **Do part {0}**\n\n   ```bash\n   part {0}\n   ```\n"
    text = "# Back\n" + "".join(level.format(number) for number in range(1, 13))
    (row,) = [row for row in rows_of(text, "missing") if "taken back" in row.finding.message]
    assert row.finding.message == "Level 1 cannot be taken back."
    assert row.named[:2] == [("level 2", [11]), ("level 3", [19])]
    assert (len(row.named), row.unnamed) == (8, 3)
    assert "The same for level 2 (line 11), level 3 (line 19)," in row.sentence("x.md")
    unproved = rows_of(text, "unproved")
    assert [row.finding.code for row in unproved] == ["no-validation", "once-unverified"]
    assert unproved[1].named[0] == ("“Do part 2”", [15])


def test_values_that_nobody_fills_in_are_told_behind_what_stops_it() -> None:
    text = GOOD.replace("echo off > flag", 'curl -fsS -m 5 -H "$TOKEN" https://x/[ZONE_ID]')
    report = report_of(text)
    assert [group.kind for group in report.groups[:2]] == ["stops", "unfilled"]
    assert report.needs_answers
    assert [row.finding.message.split(":")[0] for group in report.groups[:2] for row in group.rows] == [
        "`[ZONE_ID]` is no placeholder that can be filled.",
        "`$TOKEN` is set by nobody",
    ]
    (row,) = rows_of(GOOD.replace("echo off > flag", "run $ZONE_ID\n   run $APP_ID"), "unfilled")
    assert row.named == [("`$APP_ID`", [18])]
    (row,) = rows_of(GOOD.replace("echo off > flag", "sed -i s/old/[ZONE_ID]/ flag"), "unfilled")
    assert row.finding.message.startswith("`[ZONE_ID]` is filled in by nobody")
    assert not report_of(GOOD).needs_answers
