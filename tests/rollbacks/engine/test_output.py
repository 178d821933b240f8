"""What a command says: kept as its head and its tail, free of secrets, under the token."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from rollbacks import runner
from rollbacks.models import Attempt, OutputChunk, Run, StepRun, leases
from rollbacks.redaction import MASK, Redactor
from rollbacks.runner.limit import Limit
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


@pytest.mark.django_db
def test_much_output_and_an_endless_line_cost_the_worker_little_memory(tmp_path: Path) -> None:
    """The full sizes, 2 GiB and 100 MiB, are taken by benchmarks/bench_output.py: 6 MiB over the base."""
    steps = [
        step("warm", "echo warm"),
        step("lines", "set +o pipefail; yes 'a line of a log, again and again' | head -c 60000000", timeout=120.0),
        step("line", "head -c 10000000 /dev/zero | tr '\\0' y", timeout=120.0),
    ]
    run = make_run(tmp_path, steps)
    taken = runner.advance(run.pk, owner="test", should_stop=lambda: run.steps.filter(attempt__gt=0).exists())
    assert taken == 1
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
    base = memory_mib("VmRSS")
    runner.advance(run.pk, owner="test")
    assert set(run.steps.values_list("status", flat=True)) == {"succeeded"}
    assert memory_mib("VmHWM") - base < 64


def memory_mib(field: str) -> float:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{field}:")]
    return int(line.split()[1]) / 1024


@pytest.mark.django_db
@pytest.mark.parametrize(("limit", "status"), [("halt", "failed"), ("truncate", "succeeded")])
def test_too_much_output_ends_the_step_only_where_the_target_asks_for_it(
    tmp_path: Path, limit: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollbacks.runner.perform.Limit", lambda sink, stop: Limit(sink, stop, most=2**20))
    body = "set +o pipefail; yes | head -c 4000000; touch ended"
    target = make_target(tmp_path, output_limit=limit)
    run = make_run(tmp_path, [step("much", body)], target=target)
    runner.advance(run.pk, owner="test")
    much = run.steps.get(name="much")
    assert much.status == status
    assert (tmp_path / "ended").exists() == (status == "succeeded")
    assert ("said more than 1 MiB" in much.detail) == (limit == "halt")


@pytest.mark.django_db
def test_the_whole_log_is_downloaded_and_beyond_its_limit_its_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signed_in: Callable[[User], Client], viewer: User
) -> None:
    for module in ("rollbacks.runner.output", "rollbacks.views.output"):
        monkeypatch.setattr(f"{module}.FILE_BYTES", 2_000_000)
    run = make_run(tmp_path, [step("count", "seq 1 400000; echo the end", timeout=60.0)])
    runner.advance(run.pk, owner="test")
    answer = signed_in(viewer).get(reverse("run-log", args=[run.pk]))
    said = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert 'filename="run-' in answer["Content-Disposition"]
    assert "\n200000\n" in said  # dropped from the database, kept on disk
    assert "what was said last follows" in said
    assert said.rstrip().endswith("the end")
    shown = output(run, "count")
    assert "\n200000\n" not in shown
    assert "bytes dropped here" in shown
