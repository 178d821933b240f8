"""docker-compose.yml is valid, and its processes are the ones this product has."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings

pytestmark = pytest.mark.one_database
ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((Path(__file__).parent / "compose-spec" / "compose-spec.json").read_text())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_the_file_is_valid_by_the_compose_schema(compose: dict[str, Any]) -> None:
    errors = jsonschema.Draft201909Validator(SCHEMA).iter_errors(compose)
    assert [f"{'/'.join(map(str, error.path))}: {error.message}" for error in errors] == []


def test_the_schema_refuses_a_wrong_file(compose: dict[str, Any]) -> None:
    wrong = {**compose, "services": {"web": {"image": 7, "portz": []}}}
    assert not jsonschema.Draft201909Validator(SCHEMA).is_valid(wrong)


def test_every_queue_has_a_worker(compose: dict[str, Any]) -> None:
    served = {
        queue
        for service in compose["services"].values()
        for queues in re.findall(r"--queues (\S+)", str(service.get("command", "")))
        for queue in queues.split(",")
    }
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {settings.CELERY_TASK_DEFAULT_QUEUE}
    assert served == routed


def test_the_queue_of_rollbacks_is_shared_with_nothing(compose: dict[str, Any]) -> None:
    assert "--queues rollback --" in compose["services"]["worker-rollback"]["command"]
    assert "--queues control --" in compose["services"]["control"]["command"]


def test_secrets_come_from_files_and_every_part_is_watched(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.search(r"(SECRET_KEY|PASSWORD|DATABASE_URL): (?!/run/secrets)", text)
    unwatched = [name for name, service in compose["services"].items() if "healthcheck" not in service]
    assert unwatched == ["migrate"]  # it ends


def test_one_image_and_one_origin(compose: dict[str, Any]) -> None:
    ours = [service for service in compose["services"].values() if service.get("build")]
    assert {service["image"] for service in ours} == {"firebreak:latest"}
    assert [name for name, service in compose["services"].items() if "8000" in str(service.get("ports"))] == ["web"]
