"""The Celery application; queues and the beat table stand in settings.py."""

import os

from celery import Celery

from config import worker_parts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("firebreak")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
worker_parts.install(app)
