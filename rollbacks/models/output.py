"""What a command said, in the order it came. The database is the truth; Redis only rings."""

from django.db import models

from rollbacks.models.attempt import Attempt


class OutputChunkQuerySet(models.QuerySet["OutputChunk"]):
    def after(self, seq: int) -> "OutputChunkQuerySet":
        """What a page that has seen `seq` still lacks, in order."""
        return self.filter(seq__gt=seq).order_by("seq")


class OutputChunk(models.Model):
    """A piece of one attempt's output: redacted, free of control sequences, at most 64 KiB."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="output")
    seq = models.PositiveIntegerField()
    stream = models.CharField(max_length=10)  # stdout, stderr, or note: a sentence of the runner
    at = models.DateTimeField()
    text = models.TextField()

    objects = OutputChunkQuerySet.as_manager()

    class Meta:
        ordering = ["attempt_id", "seq"]
        constraints = [models.UniqueConstraint(fields=["attempt", "seq"], name="one_chunk_per_seq")]

    def __str__(self) -> str:
        return f"{self.attempt_id}#{self.seq}"
