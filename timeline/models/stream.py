from django.db import models


class Stream(models.Model):
    """One append-only sequence of events: of an incident, a plan, a service or the installation."""

    # "incident:42", "plan:orders-api", "installation": chosen by the room that owns the stream.
    key = models.CharField(max_length=120, unique=True)
    last_seq = models.PositiveBigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return self.key

    @classmethod
    def named(cls, key: str) -> "Stream":
        """The stream with this key, made when it does not exist yet."""
        return cls.objects.get_or_create(key=key)[0]
