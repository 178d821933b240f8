"""Every address of the product: one include a room, and the porch's own."""

from django.contrib import admin
from django.urls import include, path

from config import practice_views
from config.live_elsewhere import live_elsewhere

urlpatterns = [
    path("", include("config.accounts.urls")),
    path("practice/panel/", practice_views.panel, name="practice-panel"),
    path("practice/break/", practice_views.break_it, name="practice-break"),
    path("practice/mend/", practice_views.mend_it, name="practice-mend"),
    path("live/", live_elsewhere, name="live"),
    path("", include("incidents.urls")),
    path("", include("rollbacks.urls")),
    path("", include("plans.urls")),
    path("admin/", admin.site.urls),
]
