"""`POST /api/deploys/`, as a pipeline calls it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from incidents.models import IntakeToken
from rollbacks import deploys
from rollbacks.models import Target
from tests.rollbacks.engine.factories import make_target

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return make_target(tmp_path)


def post(body: Any, token: str | None = None) -> Any:
    token = IntakeToken.make(name="pipeline")[1] if token is None else token
    raw = body if isinstance(body, str) else json.dumps(body)
    return Client().post(
        "/api/deploys/", raw, content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )


def fields(target: Target, **changes: Any) -> dict[str, Any]:
    return {"service": target.service.slug, "environment": target.environment.slug, "state": "started", **changes}


def test_a_pipeline_marks_a_deploy(target: Target) -> None:
    answer = post(fields(target, version="1.7.0", url="https://ci.example/42"))
    assert answer.status_code == 201
    assert answer.json()["says"].startswith(f"A deploy of 1.7.0 to {target} goes on since")
    found = deploys.in_progress(target)
    assert found is not None
    assert (found.version, found.url, found.who) == ("1.7.0", "https://ci.example/42", "pipeline")


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"state": "paused"}, 400, "“paused” is none of them"),
        ({"state": ""}, 400, "state is missing"),
        ({"version": 17}, 400, "version must be text"),
        ({"version": "1\x00"}, 400, "version must be text"),
        ({"url": "ftp://x"}, 400, "begins with http"),
        ({"level": "1"}, 400, "level is no field"),
        ({"service": "nobody"}, 404, "There is no target nobody"),
    ],
)
def test_a_mark_that_is_not_understood_says_why(
    target: Target, change: dict[str, Any], status: int, words: str
) -> None:
    answer = post(fields(target, **change))
    assert (answer.status_code, words in answer.json()["error"]) == (status, True)
    assert deploys.last(target) is None


@pytest.mark.parametrize("body", ["", "[]", "{", '"x"'])
def test_other_bodies_are_refused(target: Target, body: str) -> None:
    assert post(body).status_code == 400


def test_an_unknown_token_is_refused(target: Target) -> None:
    assert post(fields(target), token="fb_unknown").status_code == 401
