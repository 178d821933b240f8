"""What administrators keep by hand: who may send alerts, where alerts belong, contacts and stakeholders.

Incidents themselves are not here: they change by verbs only, and every verb leaves a line on the timeline.
"""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from incidents.models import BugTracker, Contact, IntakeRule, IntakeToken, Stakeholder
from timeline.models import Event


@admin.register(IntakeToken)
class IntakeTokenAdmin(admin.ModelAdmin):
    """A token is shown once, when it is made; it is revoked, never deleted or changed."""

    list_display = ("name", "prefix", "created_at", "last_used_at", "revoked_at")
    fields = ("name",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: IntakeToken | None = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: IntakeToken | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: IntakeToken, form: Any, change: bool) -> None:
        row, token = IntakeToken.make(name=obj.name, by=request.user)
        obj.pk = row.pk
        messages.warning(request, f"The token, shown only now: {token}")

    @admin.action(description="Revoke the selected tokens")
    def revoke(self, request: HttpRequest, tokens: Any) -> None:
        for token in tokens:
            token.revoke(by=request.user)
        messages.success(request, "Revoked. Their senders are refused from now on.")


class SaidOnTheTimeline(admin.ModelAdmin):
    """A change here is a line of the installation's own timeline: the audit log is the same table."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._say(request, obj, "changed" if change else "added", fields=list(form.changed_data))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._say(request, obj, "removed", fields=[])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for obj in queryset:
            self.delete_model(request, obj)

    def _say(self, request: HttpRequest, obj: Any, act: str, *, fields: list[str]) -> None:
        data = {"what": str(obj), "id": obj.pk, "fields": fields}
        Event.record("installation", f"{obj._meta.model_name}.{act}", actor=request.user, data=data)


@admin.register(IntakeRule)
class IntakeRuleAdmin(SaidOnTheTimeline):
    list_display = ("position", "alert_name", "labels", "target", "symptom", "severity", "active")
    list_display_links = ("alert_name",)
    list_filter = ("active",)
    list_select_related = ("target__service", "target__environment")


@admin.register(Contact)
class ContactAdmin(SaidOnTheTimeline):
    list_display = ("target", "order", "role", "name", "address", "user")
    list_display_links = ("role",)
    list_select_related = ("target__service", "target__environment", "user")


@admin.register(Stakeholder)
class StakeholderAdmin(SaidOnTheTimeline):
    list_display = ("target", "address", "name")
    list_display_links = ("address",)
    list_select_related = ("target__service", "target__environment")


@admin.register(BugTracker)
class BugTrackerAdmin(SaidOnTheTimeline):
    list_display = ("service", "kind", "url")
    list_select_related = ("service",)
