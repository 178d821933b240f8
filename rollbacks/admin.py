"""Runs, steps, watches and workers for administrators: to look at, never to change.

Their verbs write the timeline, a form here would not.
"""

from typing import Any

from django.contrib import admin

from rollbacks.models import (
    Attempt,
    Environment,
    Run,
    RunApproval,
    Sampling,
    Service,
    StepRun,
    Verdict,
    Watch,
    Worker,
)


class ReadOnly(admin.ModelAdmin):
    """Shows rows; adds, changes and deletes nothing."""

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


admin.site.register([Run, StepRun, Attempt, RunApproval, Worker, Watch, Verdict, Sampling], ReadOnly)
admin.site.register([Service, Environment])
