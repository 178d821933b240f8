"""`manage.py timeline verify | heads`: whether every line still says what it said, and the hashes to keep elsewhere."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from timeline.models import Stream
from timeline.verify import broken_places


class Command(BaseCommand):
    help = "Checks the hash chain of every timeline; exit status 1 when a line was changed, removed or put in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        verify = acts.add_parser("verify", help="read every chain again and name the first line that does not hold")
        verify.add_argument("streams", nargs="*", metavar="STREAM", help="incident:42, plan:orders; none = all")
        verify.add_argument("--against", metavar="FILE", help="heads that were written down earlier and kept elsewhere")
        acts.add_parser("heads", help="print stream, last line and its hash, one a line")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "heads":
            self.heads()
        else:
            self.verify(options["streams"], options["against"])

    def heads(self) -> None:
        """Keep this where whoever can write to the database cannot: then even a chain forged to its end shows."""
        for stream in Stream.objects.order_by("key"):
            self.stdout.write(f"{stream.key} {stream.last_seq} {stream.last_hash or '-'}")

    def verify(self, keys: list[str], against: str | None) -> None:
        streams = Stream.objects.order_by("key")
        if keys:
            streams = streams.filter(key__in=keys)
            if unknown := sorted(set(keys) - set(streams.values_list("key", flat=True))):
                raise CommandError(f"There is no stream {', '.join(unknown)}. “timeline heads” lists them.")
        known = read_heads(against) if against else {}
        broken = broken_places(streams, {key: head for key, head in known.items() if not keys or key in keys})
        for place in broken:
            self.stderr.write(str(place))
        count = streams.count()
        if broken:
            self.stderr.write(f"{len(broken)} of {count} streams do not hold.")
            sys.exit(1)
        self.stdout.write(f"{count} {'stream holds' if count == 1 else 'streams hold'}.")


def read_heads(name: str) -> dict[str, tuple[int, str]]:
    """`{stream: (seq, hash)}` from a file of `timeline heads`; a stream without lines needs no head."""
    try:
        lines = Path(name).read_text().splitlines()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from None
    heads = {}
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words:
            continue
        if len(words) != 3 or not words[1].isdigit():
            raise CommandError(f"{name}:{number}: a line is “STREAM NUMBER HASH”, as “timeline heads” prints it.")
        if words[1] != "0":
            heads[words[0]] = (int(words[1]), words[2])
    return heads
