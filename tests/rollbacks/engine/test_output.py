"""What a command says: kept as its head and its tail, free of secrets, under the token."""

import base64
from pathlib import Path

import pytest

from rollbacks import runner
from rollbacks.models import Attempt, OutputChunk, Run, StepRun, leases
from rollbacks.redaction import MASK, Redactor
from rollbacks.runner.output import FILE_BYTES, HEAD_BYTES, TAIL_BYTES, OutputWriter
from tests.rollbacks.engine.factories import make_run, make_target, output, step

SECRET = "hunter2-is-not/enough+"


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_a_secret_is_masked_wherever_it_is_split(size: int) -> None:
    text = f"token={SECRET}; again {SECRET}{SECRET} end hunter2-is"
    redactor = Redactor([SECRET])
    said = "".join(redactor.feed(text[at : at + size]) for at in range(0, len(text), size)) + redactor.finish()
    assert said == f"token={MASK}; again {MASK}{MASK} end hunter2-is"


@pytest.mark.parametrize("before", ["", "a", "ab", "user:"])
def test_base64_hides_no_secret(before: str) -> None:
    encoded = base64.b64encode(f"{before}{SECRET} and more".encode()).decode()
    said = Redactor([SECRET]).mask(f"Authorization: Basic {encoded}")
    assert MASK in said
    assert encoded not in said


def test_a_secret_of_several_lines_is_masked_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\nq2k5l6m7n8\n-----END KEY-----"
    assert Redactor([key]).mask("got MIIEowIBAAKCAQEA here") == f"got {MASK} here"


def test_a_secret_of_one_character_masks_nothing() -> None:
    redactor = Redactor(["a"])
    assert redactor.feed("a banana") + redactor.finish() == "a banana"


def test_output_is_not_held_back_where_no_secret_begins() -> None:
    assert Redactor([SECRET]).feed("Done.\n") == "Done.\n"


@pytest.mark.django_db
def test_no_secret_reaches_the_database_the_disk_or_the_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIREBREAK_SECRET_TOKEN", SECRET)
    body = 'echo "it is $TOKEN"; echo "$TOKEN" >&2; printf %s "$TOKEN" | base64; tr "\\0" " " < /proc/$$/cmdline > cmdline; exit 3'
    run = make_run(tmp_path, [step("leak", body, secrets=["TOKEN"])], target=make_target(tmp_path, secrets=["TOKEN"]))
    runner.advance(run.pk, owner="test")

    said = output(run, "leak")
    assert said.count(MASK) == 3
    stored = [
        said,
        str(list(Run.objects.values())),
        str(list(StepRun.objects.values())),
        str(list(run.stream.events.values("data"))),
        (tmp_path / "cmdline").read_text(),
    ]
    attempt = run.steps.get(name="leak").last_attempt
    assert attempt is not None
    writer = OutputWriter(attempt, step_id=attempt.step_run_id, token=attempt.token, secrets=[])
    stored.append(writer.file.read_text())
    assert not [text for text in stored if SECRET in text]


def claimed_writer(tmp_path: Path) -> OutputWriter:
    run = make_run(tmp_path, [step("one", "true")])
    taken = leases.claim(run.pk, owner="t", host="h")
    assert taken is not None
    attempt = taken.last_attempt
    assert attempt is not None
    return OutputWriter(attempt, step_id=taken.pk, token=taken.token, secrets=[])


def kept(attempt: Attempt) -> str:
    return "".join(OutputChunk.objects.filter(attempt=attempt).order_by("seq").values_list("text", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("flush_every", [1, 7, 1000])
def test_much_output_is_kept_as_its_head_and_its_tail(tmp_path: Path, flush_every: int) -> None:
    writer = claimed_writer(tmp_path)
    lines = [f"line {number:06d} {'x' * 1000}\n" for number in range(3000)]
    for number, line in enumerate(lines):
        writer("stdout", line)
        if number % flush_every == 0:
            writer.flush()
    writer.finish()
    writer.flush()

    whole, said = "".join(lines), kept(writer.attempt)
    note = f"\n… {writer.dropped} bytes dropped here …\n"
    head, tail = said.split(note)
    assert whole.startswith(head)
    assert whole.endswith(tail)
    assert len(head) + len(tail) + writer.dropped == len(whole)
    assert HEAD_BYTES - 20_000 <= len(head) <= HEAD_BYTES + 20_000
    assert TAIL_BYTES - 70_000 <= len(tail) <= TAIL_BYTES
    assert writer.file.read_text() == whole
    assert len(whole) < FILE_BYTES


@pytest.mark.django_db
def test_one_endless_line_and_markup_are_kept_as_they_are(tmp_path: Path) -> None:
    writer = claimed_writer(tmp_path)
    writer("stdout", "<script>" + "y" * 2_000_000)
    writer.finish()
    writer.flush()
    assert kept(writer.attempt).startswith("<script>yyy")
    assert max(len(chunk.text) for chunk in OutputChunk.objects.all()) <= 64 * 1024
    assert sum(len(chunk.text) for chunk in OutputChunk.objects.all()) <= HEAD_BYTES + TAIL_BYTES + 100_000


@pytest.mark.django_db
def test_a_stale_token_writes_no_output(tmp_path: Path) -> None:
    writer = claimed_writer(tmp_path)
    StepRun.objects.filter(pk=writer.step_id).update(token=writer.token + 1)
    writer("stdout", "late")
    writer.flush()
    assert kept(writer.attempt) == ""


@pytest.mark.django_db
def test_pages_ask_for_what_they_lack(tmp_path: Path) -> None:
    writer = claimed_writer(tmp_path)
    for text in ("one\n", "two\n"):
        writer("stdout", text)
        writer.flush()
    assert [chunk.text for chunk in OutputChunk.objects.filter(attempt=writer.attempt).after(1)] == ["two\n"]
