"""The PDF of a retrospective: what people wrote is shown and never run, a bad moment ends in a sentence."""

import dataclasses
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typst
from hypothesis import HealthCheck, given, settings
from hypothesis import example as hypothesis_example
from hypothesis import strategies as st

from incidents.pdf import typesetting
from incidents.pdf.document import MOST_ROWS, contents_hash, document
from incidents.report_lines import Entry, Report, from_json

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = (ROOT / "incidents" / "pdf" / "template.typ").read_bytes()
EXAMPLE = json.loads((ROOT / "docs" / "examples" / "retrospective.json").read_text(encoding="utf-8"))
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HOSTILE = (
    "#panic()",
    '#read("/etc/passwd")',
    '#import "@preview/cetz:0.3.4": *',
    "$ sum_(i=0)^n i $",
    "@reference <label>",
    "= Heading",
    "- item + item / term: text",
    "*bold* _emph_ `raw` ```rust fn``` // note /* open",
    "\\u{1F600} \\ # [ ] { } ( ) ~ -- --- ... ' \"",
    "https://example.org/#!",
    "#{while true {}}",
    '"); panic("',
    "]]}}#set page(width: 1pt)",
)
written = st.lists(st.sampled_from([*HOSTILE, "#", "$", "@", "<", "\\", "[", "]", "*", "_", "`", "//", "word", "é", "字"]),
                   min_size=1, max_size=6).map(" ".join)  # fmt: skip


def example() -> Report:
    return from_json(EXAMPLE["report"])


def made(report: Report | None = None, words: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    return document(report or example(), EXAMPLE["words"] if words is None else words, at=AT, **more)


def elements(doc: dict[str, Any]) -> typst.Compiler:
    """The document as the typesetter understood it, to be asked for its elements."""
    return typst.Compiler(TEMPLATE, ignore_system_fonts=True, sys_inputs={"document": json.dumps(doc)})


def shown(compiler: typst.Compiler, kind: str) -> list[str]:
    """Every text inside the elements of one kind."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("func") == "text":
                found.append(value["text"])
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(json.loads(compiler.query(kind)))
    return found


def pages(doc: dict[str, Any]) -> str:
    """The file's text as a reader would copy it, on one line, without the breaks inside long words."""
    pdf = typesetting.typeset(doc, AT)
    text = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()
    return " ".join(text.replace("\u200b", "").split())


@hypothesis_example(title="#panic()", cause="* #panic()", quote="#panic()", sentence="#panic()")
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(title=written, cause=written, quote=written, sentence=written)
def test_what_people_wrote_comes_out_as_text(title: str, cause: str, quote: str, sentence: str) -> None:
    entry = Entry(1, AT, 0.0, title, sentence, f"{quote} .", True)
    report = dataclasses.replace(example(), title=title, caveats=[sentence], chronology=[entry], manager=quote)
    doc = elements(made(report, {"root_cause": cause, "summary": f"- {sentence}"}))
    assert title in shown(doc, "heading")
    in_tables = shown(doc, "table")
    assert {title, sentence, f"{quote} .", quote} <= set(in_tables)
    # A dash, a star or a dot before a line makes it an item of a list; the mark itself is not shown.
    lines = {re.sub(r"^\s*[-*•]\s+", "", line) for line in cause.splitlines()}
    assert lines <= {*shown(doc, "par"), *shown(doc, "list")}
    assert sentence in shown(doc, "list")


def test_nothing_written_becomes_an_element_of_its_own() -> None:
    everything = " ".join(HOSTILE)
    messages = [dataclasses.replace(item, said=everything, subject=everything) for item in example().messages]
    report = dataclasses.replace(example(), title=everything, worked=everything, messages=messages)
    doc = made(report, dict.fromkeys(EXAMPLE["words"], everything), state=everything, is_drill=True)
    compiler = elements(doc)
    for kind in ("link", "math.equation", "raw", "ref", "image", "figure", "enum", "terms", "metadata", "emph"):
        assert json.loads(compiler.query(kind)) == [], kind
    assert typesetting.typeset(doc, AT).startswith(b"%PDF-")


def test_the_template_reads_nothing_but_its_data() -> None:
    code = re.sub(r"//.*", "", TEMPLATE.decode())
    assert code.count("sys.inputs") == 1
    assert not re.search(r"\b(eval|read|import|include|plugin|image|yaml|csv|toml|xml|cbor)\b", code)


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext (poppler-utils) is not installed")
def test_a_reader_of_the_file_finds_every_part() -> None:
    entries = [Entry(1, AT, 5.0, "ana", "noted", "the #cache was <stale>", True)]
    text = pages(
        made(
            dataclasses.replace(example(), chronology=entries, title="A $title$ with #marks"),
            drafted=["summary"],
            state="In review",
            version=4,
            head=(62, "ab" * 32),
        )
    )
    for words in (
        "A $title$ with #marks", "In review", "pending: the timeline does not", "Drafted from the timeline",
        "Root cause", "Rollbacks: promise and measure", "Switch new pricing on for a part", "21:33:06 UTC, final",
        EXAMPLE["report"]["evidence"][0]["hash"], "Noted while it lasted", "the #cache was <stale>", "Page 1 of",
        "Exported 2026-11-23 01:00:00 UTC", "Timeline up to line 62", "ab" * 32, "revision 1", "version 4",
    ):  # fmt: skip
        assert words in text, words


def test_the_hash_is_of_what_it_says_and_of_nothing_else() -> None:
    words = EXAMPLE["words"]
    assert contents_hash(example(), words) == contents_hash(example(), dict(reversed(words.items())))
    assert contents_hash(example(), words) != contents_hash(example(), {**words, "lucky": "It rained"})
    later = dataclasses.replace(example(), resolved_at=AT)
    assert contents_hash(example(), words) != contents_hash(later, words)


def test_a_storm_of_lines_is_cut_to_the_starred_and_the_first_and_says_so() -> None:
    lines = [Entry(seq, AT, 0.0, "", f"line {seq}", "a" * 5000, seq == 9000) for seq in range(10_000)]
    doc = made(dataclasses.replace(example(), chronology=lines))
    note, rows = doc["sections"][-1]["blocks"]
    assert len(rows["lines"]) == MOST_ROWS
    assert rows["lines"][-1]["text"] == "line 9000"
    assert len(rows["lines"][0]["quote"]) < 1100
    assert "8500 more lines stand in the Markdown and JSON exports" in note["text"]


def test_characters_that_no_font_shows_are_left_out() -> None:
    doc = made(dataclasses.replace(example(), title="a\x00b\ud800c\x1bd"), {"summary": "one\r\ntwo\tthree"})
    assert doc["title"] == "abcd"
    assert [part["text"] for part in doc["sections"][0]["blocks"][0]["paragraphs"]] == ["one", "two\tthree"]
    assert typesetting.typeset(doc, AT).startswith(b"%PDF-")


def test_a_document_without_anything_is_a_page_of_honest_blanks() -> None:
    bare = {"reference": "INC-9", "title": "", "service": "", "severity": "", "worked": "", "detected_at": AT.isoformat(),
            "caveats": []}  # fmt: skip
    doc = made(from_json(bare), {})
    assert doc["sections"][0]["blocks"] == [{"kind": "note", "text": "Not written yet."}]
    assert typesetting.typeset(doc, AT).startswith(b"%PDF-")


def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(typesetting, "CHILD", slow)
    monkeypatch.setattr(typesetting, "SECONDS", 0.3)
    with pytest.raises(typesetting.NoPdf, match="was given up"):
        typesetting.typeset(made(), AT)
    assert typesetting.AT_ONCE.acquire(blocking=False)
    typesetting.AT_ONCE.release()


def test_a_failed_one_and_one_that_is_too_long_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(typesetting.NoPdf, match="could not be made"):
        typesetting.typeset({"no": "document"}, AT)
    monkeypatch.setattr(typesetting, "MOST_BYTES", 100)
    with pytest.raises(typesetting.NoPdf, match="too long for a PDF"):
        typesetting.typeset(made(), AT)


def test_the_process_that_sets_it_knows_nothing_of_the_installation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nosy = tmp_path / "nosy.py"
    nosy.write_text("import os, sys; sys.stdout.write('%PDF-' + ' '.join(sorted(os.environ)) + ' in ' + os.getcwd())")
    monkeypatch.setattr(typesetting, "CHILD", nosy)
    monkeypatch.setenv("FIREBREAK_SECRET_KEY", "secret")
    told = typesetting.typeset(made(), AT).decode()
    assert "FIREBREAK" not in told
    assert str(ROOT) not in told


def test_its_requirements_hold_hashes_and_agree_with_those_of_the_tests() -> None:
    extra = (ROOT / "requirements-pdf.txt").read_text(encoding="utf-8")
    assert extra.count("--hash=sha256:") > 5
    assert extra.strip() in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
