"""Plans in the admin: to look at. Texts are added on the plan pages, where they are checked."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from plans.models import Plan, Revision, RevisionApproval


class ReadOnly(admin.ModelAdmin):
    """Nothing is added, changed or deleted past the verbs, or the timeline would not know."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Plan)
class PlanAdmin(ReadOnly):
    list_display = ("title", "slug", "service_name", "second_person", "created_at")
    search_fields = ("title", "slug", "service_name")


@admin.register(Revision)
class RevisionAdmin(ReadOnly):
    list_display = ("plan", "number", "author", "reason", "created_at")
    list_select_related = ("plan", "author")
    list_filter = ("plan",)


@admin.register(RevisionApproval)
class RevisionApprovalAdmin(ReadOnly):
    list_display = ("revision", "by", "at", "withdrawn_at", "withdrawn_by")
    list_select_related = ("revision__plan", "by", "withdrawn_by")
