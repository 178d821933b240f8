"""Every address of the product: one include a room, and the porch's own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("config.accounts.urls")),
    path("", include("incidents.urls")),
    path("", include("rollbacks.urls")),
    path("", include("plans.urls")),
    path("admin/", admin.site.urls),
]
