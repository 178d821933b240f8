"""What a command says, on its way into the database: redacted, batched, and kept as its head and its tail.

The thread that reads the pipes only appends here; the keeper's thread writes, so that a slow database never blocks
the pipes.
"""

import hashlib
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from rollbacks.models import OutputChunk, StepRun
from rollbacks.redaction import Redactor

if TYPE_CHECKING:
    from rollbacks.models import Attempt

HEAD_BYTES = 256 * 1024
TAIL_BYTES = 768 * 1024
CHUNK_BYTES = 64 * 1024
# The full text, for downloading.
FILE_BYTES = 32 * 1024 * 1024


@dataclass
class Piece:
    """A part of the output; `seq` once it is a row."""

    stream: str
    text: str
    size: int
    seq: int | None = None
    is_taken: bool = False  # by the thread that writes: nothing is added to it any more
    has_fallen: bool = False  # out of the tail, while it was being written


class OutputWriter:
    """One attempt's output. Call it as a sink; `flush()` writes what came since; `close()` ends it."""

    def __init__(self, attempt: "Attempt", *, step_id: int, token: int, secrets: Iterable[str]) -> None:
        self.attempt, self.step_id, self.token = attempt, step_id, token
        secrets = list(secrets)
        self.redactor = Redactor(secrets)
        self._streams = {name: Redactor(secrets) for name in ("stdout", "stderr", "note")}
        self._lock = threading.Lock()
        self._writing = threading.Lock()  # at the end two threads write: the keeper's and the work's own
        self._head: deque[Piece] = deque()  # not written yet
        self._tail: deque[Piece] = deque()
        self._gone: list[int] = []  # rows that fell out of the tail
        self._head_left, self._tail_size = HEAD_BYTES, 0
        self._note_seq: int | None = None
        self.dropped = 0
        self.seq = 0
        self._hash = hashlib.sha256()
        self._file_left, self._file_mode = FILE_BYTES, "wb"
        self.file = full_text_of(attempt.pk)

    def __call__(self, stream: str, text: str) -> None:
        """Takes a piece of clean text."""
        with self._lock:
            self._take(stream, self._streams[stream].feed(text))

    def _take(self, stream: str, text: str) -> None:
        if not text:
            return
        data = text.encode()
        self._hash.update(data)
        self._write_file(data)
        while text:
            part, text = text[: CHUNK_BYTES // 4], text[CHUNK_BYTES // 4 :]
            size = len(part.encode())
            if self._head_left > 0:
                self._head_left -= size
                self._append(self._head, stream, part, size)
            else:
                self._append(self._tail, stream, part, size)
                self._tail_size += size
                self._shorten_tail()

    def _append(self, queue: deque[Piece], stream: str, text: str, size: int) -> None:
        last = queue[-1] if queue else None
        if last and not last.is_taken and last.stream == stream and last.size + size <= CHUNK_BYTES:
            last.text, last.size = last.text + text, last.size + size
        else:
            queue.append(Piece(stream, text, size))

    def _shorten_tail(self) -> None:
        while self._tail_size > TAIL_BYTES:
            oldest = self._tail.popleft()
            self._tail_size -= oldest.size
            self.dropped += oldest.size
            oldest.has_fallen = True
            if oldest.seq is not None:
                self._gone.append(oldest.seq)

    def _write_file(self, data: bytes) -> None:
        if self._file_left <= 0:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self.file.open(self._file_mode) as file:
                file.write(data[: self._file_left])
            self._file_left, self._file_mode = self._file_left - len(data), "ab"
        except OSError:
            self._file_left = 0  # a full disk costs the download, never the step

    def flush(self) -> int | None:
        """Writes what is not written yet, under the token; returns the newest seq, None when there was nothing new."""
        with self._writing:
            return self._flush()

    def _flush(self) -> int | None:
        with self._lock:
            head, tail = list(self._head), [piece for piece in self._tail if piece.seq is None]
            for piece in (*head, *tail):
                piece.is_taken = True
            gone, self._gone = self._gone, []
            self._head.clear()
            dropped = self.dropped
        if not (head or tail or gone):
            return None
        try:
            self._write(head, tail, gone, dropped)
        except Exception:
            with self._lock:
                for piece in tail:
                    piece.seq = None
                self._head.extendleft(reversed(head))
                self._gone = [*gone, *self._gone]
            raise
        with self._lock:
            self._gone += [piece.seq for piece in tail if piece.has_fallen and piece.seq is not None]
        return self.seq

    def _write(self, head: list[Piece], tail: list[Piece], gone: list[int], dropped: int) -> None:
        at = timezone.now()
        with transaction.atomic():
            if not StepRun.objects.filter(pk=self.step_id, token=self.token, status=StepRun.Status.RUNNING).exists():
                return  # fenced: somebody else owns this step's story now
            seq, rows, note_seq = self.seq, [], self._note_seq
            for piece in (*head, *tail):
                if note_seq is None and piece is (tail[0] if tail else None):
                    # Kept free between head and tail, for the note of what fell out there.
                    note_seq = seq = seq + 1
                seq += 1
                piece.seq = seq
                rows.append(OutputChunk(attempt=self.attempt, seq=seq, stream=piece.stream, at=at, text=piece.text))
            OutputChunk.objects.bulk_create(rows)
            mine = OutputChunk.objects.filter(attempt=self.attempt)
            if gone:
                mine.filter(seq__in=gone).delete()
            if note_seq is not None and dropped:
                note = {"stream": "note", "at": at, "text": f"\n… {dropped} bytes dropped here …\n"}
                mine.update_or_create(seq=note_seq, attempt=self.attempt, defaults=note)
        self.seq, self._note_seq = seq, note_seq

    def finish(self) -> str:
        """No more will come: hands on what was held back and returns the hash of the whole text."""
        with self._lock:
            for stream, redactor in self._streams.items():
                self._take(stream, redactor.finish())
        return self._hash.hexdigest()


def full_text_of(attempt_id: int) -> Path:
    """Where the first 32 MiB of an attempt's output stand on this installation's disk."""
    return settings.DATA_DIR / "output" / f"{attempt_id}.txt"
