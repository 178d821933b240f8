"""The workers and their last sign of life."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models.functions import Now

# Longer without a beat = the worker counts as gone (banner; the run button says so before the click).
SILENT_AFTER = timedelta(seconds=30)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def living(self) -> "WorkerQuerySet":
        """Workers that beat within `SILENT_AFTER`, by the database's clock."""
        return self.filter(last_beat__gt=Now() - SILENT_AFTER)

    def serving(self, queue: str) -> list["Worker"]:
        """Living workers that listen to the queue and are not shutting down."""
        return [worker for worker in self.living().filter(stopping=False) if queue in worker.queues]


class Worker(models.Model):
    """One Celery worker process, as its own main process last described it."""

    name = models.CharField(max_length=150, unique=True)
    host = models.CharField(max_length=150)
    boot_id = models.CharField(max_length=40, blank=True, default="")
    pid = models.PositiveIntegerField(default=0)
    queues = models.JSONField(default=list)
    slots = models.PositiveIntegerField(default=1)
    busy = models.PositiveIntegerField(default=0)
    version = models.CharField(max_length=40, blank=True, default="")
    # Bytes left where it keeps its logs; None when it could not be asked.
    free_bytes = models.BigIntegerField(null=True, blank=True)
    # A warm shutdown has begun: it takes no further step.
    stopping = models.BooleanField(default=False)
    last_beat = models.DateTimeField()
    # The last task that really ran here: a process may live while nothing flows through it.
    last_task_at = models.DateTimeField(null=True, blank=True)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def beat(cls, name: str, **facts: Any) -> None:
        """The worker says that it lives, by the database's clock."""
        cls.objects.update_or_create(name=name, defaults={**facts, "last_beat": Now()})

    @property
    def is_full(self) -> bool:
        """True when every slot works: what is queued waits, but not for ever."""
        return self.busy >= self.slots
