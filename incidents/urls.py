from django.urls import path

from incidents.views import health, now

urlpatterns = [
    path("", now.now, name="now"),
    path("incidents/declare/", now.now, name="declare"),
    path("incidents/<int:pk>/", now.now, name="incident"),
    path("health/", health.health, name="health"),
    path("healthz", health.healthz, name="healthz"),
]
