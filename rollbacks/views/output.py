"""What commands said: as it comes, and whole as a file."""

from collections.abc import Iterator
from typing import TextIO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from rollbacks.access import run_for, step_for
from rollbacks.models import Attempt, OutputChunk, Run
from rollbacks.runner.output import FILE_BYTES, HEAD_BYTES, TAIL_BYTES, full_text_of

AT_ONCE = 200
PIECE = 64 * 1024  # characters


@require_GET
def output(request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
    """The chunks after `?after=N` of the newest attempt; the fragment asks again until the step has ended."""
    step = step_for(request, pk, step_pk)
    wished = request.GET.get("after", "0")
    newest = step.last_attempt
    chunks = list(newest.output.after(int(wished) if wished.isdecimal() else 0)[:AT_ONCE]) if newest else []
    after = chunks[-1].seq if chunks else int(wished) if wished.isdecimal() else 0
    is_open = step.status == "running" or len(chunks) == AT_ONCE
    context = {"run": step.run, "step": step, "chunks": chunks, "after": after, "is_open": is_open}
    return render(request, "rollbacks/output_more.html", context)


@require_GET
def log(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every step with its state and everything that was kept of its output, as plain text."""
    run = run_for(request, pk)
    response = StreamingHttpResponse(_lines(run), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}.log"'
    return response


def _lines(run: Run) -> Iterator[str]:
    yield f"{run} on {run.target}\n"
    yield f"{run.revision.plan.title}, revision {run.revision.number}, steps {run.snapshot_hash}\n"
    yield f"{run.get_status_display()}{': ' + run.detail if run.detail else ''}\n"
    for step in run.steps.prefetch_related("attempts"):
        word = step.get_status_display()
        yield f"\n== {step} · {word}{' · exit ' + str(step.exit_code) if step.exit_code is not None else ''}\n"
        yield f"   {step.detail or step.skipped_reason}\n" if step.detail or step.skipped_reason else ""
        for attempt in step.attempts.all():
            yield f"-- attempt {attempt.number} on {attempt.host}, {_stamp(attempt.started_at)}\n"
            yield from _said_by(attempt)


def _said_by(attempt: Attempt) -> Iterator[str]:
    """What the attempt said: line by line with its time, or, where the middle was dropped, the full text from disk."""
    full = full_text_of(attempt.pk)
    if full.is_file() and full.stat().st_size > HEAD_BYTES + TAIL_BYTES:
        with full.open(encoding="utf-8", errors="replace") as text:
            yield from pieces(text)
        if full.stat().st_size >= FILE_BYTES:
            yield f"\n… the full text is kept up to {FILE_BYTES // 2**20} MiB; what was said last follows …\n"
            yield from tail_of(attempt)
        return
    for chunk in OutputChunk.objects.filter(attempt=attempt).order_by("seq").iterator():
        mark = "" if chunk.stream == "stdout" else f"[{chunk.stream}] "
        for line in chunk.text.splitlines():
            yield f"{_stamp(chunk.at)} {mark}{line}\n"


def pieces(text: TextIO) -> Iterator[str]:
    """The text in parts of bounded size: a line may be as long as the whole."""
    while part := text.read(PIECE):
        yield part


def tail_of(attempt: Attempt) -> Iterator[str]:
    """What is kept of the end: the chunks after the note that says what was dropped."""
    chunks = OutputChunk.objects.filter(attempt=attempt).order_by("seq")
    dropped = chunks.filter(stream="note", text__contains="bytes dropped here").first()
    for chunk in chunks.filter(seq__gt=dropped.seq).iterator() if dropped else ():
        yield chunk.text


def _stamp(at: object) -> str:
    return timezone.localtime(at).strftime("%H:%M:%S") if at else ""  # type: ignore[arg-type]
