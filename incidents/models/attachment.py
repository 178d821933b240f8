"""A file that somebody added to a note. Kept in the database: it is backed up and forgotten with the incident."""

import hashlib
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import models

from plans.models import Refused

MAX_BYTES = 5 * 1024 * 1024
MOST_FILES = 5  # with one note
# What a person looks at after an incident. Never a page or a script: downloads only, whatever it claims to be.
TYPES = {
    ".txt": "text/plain", ".log": "text/plain", ".md": "text/plain", ".csv": "text/csv", ".json": "application/json",
    ".yaml": "text/plain", ".yml": "text/plain", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
    ".gif": "image/gif", ".webp": "image/webp", ".pdf": "application/pdf", ".gz": "application/gzip",
    ".zip": "application/zip", ".har": "application/json", ".pcap": "application/vnd.tcpdump.pcap",
}  # fmt: skip


class Attachment(models.Model):
    """One file of one line of the timeline."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="attachments")
    line = models.PositiveBigIntegerField(null=True, blank=True)  # seq of the note
    name = models.CharField(max_length=150)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    body = models.BinaryField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["incident_id", "pk"]

    def __str__(self) -> str:
        return self.name

    def as_said(self) -> dict[str, Any]:
        """What the timeline keeps: enough to prove that the file is the one that was added."""
        return {"file": self.pk, "name": self.name, "size": self.size, "sha256": self.sha256}


def check_files(files: list[Any]) -> None:
    """Refuses too many, too large, empty or unknown files with a sentence, before anything is kept."""
    if len(files) > MOST_FILES:
        raise Refused(f"A note takes {MOST_FILES} files at most; these are {len(files)}.")
    for file in files:
        if type_of(file.name) is None:
            raise Refused(f"{file.name} is no kind of file that a note takes: {', '.join(sorted(TYPES))}.")
        if file.size > MAX_BYTES:
            raise Refused(f"{file.name} has {file.size / 2**20:.1f} MiB; a file may have {MAX_BYTES // 2**20} MiB.")
        if not file.size:
            raise Refused(f"{file.name} is empty.")


def type_of(name: str) -> str | None:
    """The type by the end of the name; the sender's own word for it is not believed."""
    return TYPES.get(PurePath(name).suffix.lower())


def read_file(file: Any) -> dict[str, Any]:
    """The columns of an attachment from an upload; the name without folders and odd letters."""
    body = file.read(MAX_BYTES + 1)
    name = "".join(letter for letter in PurePath(file.name).name if letter.isprintable() and letter not in '"\\/;')
    kept = {"name": name[-150:] or "file", "content_type": type_of(file.name) or "application/octet-stream"}
    return {**kept, "size": len(body), "sha256": hashlib.sha256(body).hexdigest(), "body": body}
