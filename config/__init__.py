"""The porch. Celery's application is made at first use: the supervisor imports from here and stays small."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name != "celery_app":
        raise AttributeError(name)
    from config.celery import app

    return app
