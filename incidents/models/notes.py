"""What people write on the timeline: notes with files, their newer versions, and stars for the report."""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from incidents.models.attachment import Attachment, check_files, read_file
from incidents.models.incident_record import IncidentRecord, clean, present
from incidents.sentences import STARRED
from plans.models import Refused

MOST_LETTERS = 20_000


class NoteVerbs(IncidentRecord):
    """Note, rewrite, star."""

    class Meta:
        abstract = True

    def add_note(
        self,
        *,
        text: str,
        by: Any,
        happened_at: datetime | None = None,
        at: datetime | None = None,
        files: list[Any] | None = None,
    ) -> None:
        """Adds a line of a person to the timeline; `happened_at` when it was noted on paper first.

        `files` are uploads; their bytes stay beside the line, which keeps their hashes.
        """
        text, files = clean(text), files or []
        if not text and not files:
            raise Refused("The note is empty: write what you saw or did.")
        if len(text) > MOST_LETTERS:
            raise Refused(f"A note has {MOST_LETTERS} letters at most; add the rest as a file.")
        check_files(files)
        happened = happened_at.isoformat() if happened_at else None
        with transaction.atomic():
            kept = [
                Attachment.objects.create(incident_id=self.pk, by=by, at=present(at), **read_file(file))
                for file in files
            ]
            data = {"text": text, "happened_at": happened}
            if kept:
                data["files"] = [file.as_said() for file in kept]  # type: ignore[assignment]
            line = self.record("note.added", by=by, at=at, data=data)
            Attachment.objects.filter(pk__in=[file.pk for file in kept]).update(line=line.seq)

    def edit_note(self, line: int, *, text: str, by: Any) -> None:
        """Writes a note anew; the old words stay where they stood, visible behind the new ones."""
        text = clean(text)
        note = self.events.filter(seq=line, kind="note.added").first()
        if note is None:
            raise Refused(f"Line {line} is no note; only notes can be written anew.")
        if note.actor_id != by.pk:
            raise Refused(f"Line {line} is {note.actor_name}'s note. Add a note of your own that corrects it.")
        if not text:
            raise Refused("The note is empty: a line of the timeline is never taken away.")
        edits = self.events.filter(kind="note.edited", data__line=line).order_by("-seq")
        newest = edits.first()
        if text == ((newest or note).data.get("text") or ""):
            return
        with transaction.atomic():
            self.record("note.edited", by=by, data={"line": line, "text": text[:MOST_LETTERS]})

    def say_began(self, began_at: datetime | None, *, by: Any) -> None:
        """Says when the fault began, for the time to detect; said again, the newest counts."""
        if began_at is None:
            raise Refused("Say when it began: a date and a time.")
        if began_at > self.detected_at:
            raise Refused("A fault begins before it is detected. Correct the time of detection if that one is wrong.")
        with transaction.atomic():
            self.record("incident.began", by=by, data={"began_at": began_at.astimezone(UTC)})

    def star(self, line: int, *, is_on: bool, by: Any) -> None:
        """Marks a line of the timeline for the report, or takes the mark back; both stay on the timeline."""
        if not self.events.filter(seq=line).exists():
            raise Refused(f"The timeline has no line {line}.")
        with transaction.atomic():
            self.record("line.starred" if is_on else "line.unstarred", by=by, data={"line": line})

    def star_exactly(self, wanted: set[int], *, among: set[int], by: Any) -> None:
        """Makes the stars of the shown lines those that were ticked; what is right already leaves no event."""
        stars: dict[int, bool] = {}
        for kind, data in self.events.filter(kind__in=("line.starred", "line.unstarred")).values_list("kind", "data"):
            stars[int(data["line"])] = kind == "line.starred"
        kinds = dict(self.events.filter(seq__in=among).values_list("seq", "kind"))
        for line in sorted(among & set(kinds)):
            if stars.get(line, kinds[line] in STARRED) != (line in wanted):
                self.star(line, is_on=line in wanted, by=by)
