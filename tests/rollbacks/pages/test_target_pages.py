"""Services, environments and targets on their plain forms."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rollbacks import connection, registry
from rollbacks.models import Environment, Refused, Service, Target
from rollbacks.readiness import readiness
from tests.rollbacks.engine.factories import compiled, make_draft, make_revision, make_target, step
from tests.rollbacks.pages.runs_for_pages import text
from timeline.models import Event

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.fixture
def author(signed_in: SignedIn, plan_author: User) -> Client:
    return signed_in(plan_author)


@pytest.fixture
def service(db: None) -> Service:
    return registry.add_service(name="Orders API")


@pytest.fixture
def staging(db: None) -> Environment:
    return registry.add_environment(name="staging", is_production=False)


def fields(service: Service, environment: Environment, **changes: Any) -> dict[str, Any]:
    return {"service": service.pk, "environment": environment.pk, "queue": "rollback", "root": "/srv/orders", **changes}


def test_services_and_environments_are_added_renamed_and_removed(author: Client) -> None:
    author.post("/services/new/", {"name": "Orders API"})
    author.post("/environments/new/", {"name": "production", "is_production": "on"})
    service, environment = Service.objects.get(), Environment.objects.get()
    assert (service.slug, environment.is_production) == ("orders-api", True)
    author.post("/services/orders-api/", {"act": "rename", "name": "Orders"})
    assert "Orders" in text(author.get("/services/"))
    author.post("/environments/production/", {"act": "not-production"})
    author.post("/services/orders-api/", {"act": "remove"})
    author.post("/environments/production/", {"act": "remove"})
    assert not Service.objects.exists()
    assert not Environment.objects.exists()
    kinds = list(Event.objects.filter(stream__key="installation").values_list("kind", flat=True))
    assert kinds == [
        "service.added", "environment.added", "service.renamed", "environment.production_set", "service.removed", "environment.removed",
    ]  # fmt: skip


def test_a_service_with_a_target_stays(author: Client, service: Service, staging: Environment) -> None:
    registry.add_target(service=service, environment=staging)
    response = author.post("/services/orders-api/", {"act": "remove"})
    assert response.status_code == 409
    assert "has targets or runs and stays" in text(response)
    assert Service.objects.exists()


def test_a_name_is_needed(author: Client, service: Service) -> None:
    assert author.post("/services/new/", {"name": " "}).status_code == 422
    assert author.post("/services/orders-api/", {"act": "rename", "name": ""}).status_code == 422
    assert author.post("/environments/new/", {"name": ""}).status_code == 422


def test_two_services_of_one_name_have_two_slugs(service: Service) -> None:
    assert registry.add_service(name="Orders API").slug == "orders-api-2"


def test_a_target_is_added_with_everything(author: Client, service: Service, staging: Environment) -> None:
    filled = fields(
        service,
        staging,
        hosts="127.0.0.1:8000\norders.internal:443",
        params="base-url = http://127.0.0.1:8000\nprevious-version=1.2.2",
        facts="has_tests = no",
        env="PATH = /usr/bin",
        secrets="db-password",
        watch="warmup = 10s\nlooks = 30s 60s 2m\ngood_from = 60s\ncount = 299\nerrors = < 1%",
        second_person_levels="2\n3",
        approvals_needed="2",
    )
    response = author.post("/targets/new/", filled)
    target = Target.objects.get()
    assert response["Location"] == f"/targets/{target.pk}/"
    assert target.hosts == ["127.0.0.1:8000", "orders.internal:443"]
    assert target.params == {"base-url": "http://127.0.0.1:8000", "previous-version": "1.2.2"}
    assert target.facts == {"has_tests": False}
    assert target.secrets == ["db-password"]
    assert target.watch == {
        "warmup": 10.0,
        "looks": [30.0, 60.0, 120.0],
        "good_from": 60.0,
        "count": 299,
        "errors": {"op": "<", "value": 1.0, "unit": "%"},
    }
    assert (target.second_person_levels, target.approvals_needed) == ([2, 3], 2)
    # What the form shows is what it would save again.
    page = text(author.get(f"/targets/{target.pk}/"))
    assert "looks = 30s 60s 120s" in page
    assert "has_tests = no" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hosts": "http://orders/"}, "is no host:port"),
        ({"hosts": "orders:99999"}, "is no host:port"),
        ({"params": "version = $(touch /tmp/x)"}, "cannot stand in a command"),
        ({"params": "version = ../etc"}, "cannot stand in a command"),
        ({"params": "path = a/../b"}, "leaves its folder"),
        ({"params": "version"}, "is no “name = value”"),
        ({"params": "a = 1\na = 2"}, "stands there twice"),
        ({"facts": "has_tests = maybe"}, "write yes or no"),
        ({"secrets": "db password"}, "is no name"),
        ({"root": "srv/orders"}, "absolute path"),
        ({"watch": "warmup = soon"}, "is not understood"),
        ({"watch": "colour = 3s"}, "is no key of a watch"),
        ({"second_person_levels": "two"}, "is no level"),
        ({"approvals_needed": "0"}, "greater than or equal to 1"),
        ({"service": ""}, "required"),
    ],
)
def test_a_wrong_entry_is_named_and_nothing_is_lost(
    author: Client, service: Service, staging: Environment, changes: dict[str, Any], sentence: str
) -> None:
    response = author.post("/targets/new/", {**fields(service, staging, deployment="kept words"), **changes})
    assert response.status_code == 422
    assert sentence in text(response)
    assert "kept words" in text(response)
    assert not Target.objects.exists()


def test_production_cannot_shorten_the_watch(author: Client, service: Service) -> None:
    production = registry.add_environment(name="production", is_production=True)
    response = author.post("/targets/new/", fields(service, production, watch="warmup = 10s"))
    assert response.status_code == 422
    assert "production: its watch cannot be shortened" in text(response)


def test_an_environment_with_a_short_watch_does_not_become_production(service: Service, staging: Environment) -> None:
    registry.add_target(service=service, environment=staging, watch={"warmup": 10.0})
    with pytest.raises(Refused, match="shortens the watch"):
        registry.set_production(staging, True)


def test_one_target_per_service_and_environment(author: Client, service: Service, staging: Environment) -> None:
    author.post("/targets/new/", fields(service, staging))
    response = author.post("/targets/new/", fields(service, staging))
    assert response.status_code == 422
    assert Target.objects.count() == 1


def test_a_change_names_its_fields_and_a_stale_one_saves_nothing(
    author: Client, service: Service, staging: Environment
) -> None:
    target = registry.add_target(service=service, environment=staging, root="/srv/orders")
    seen = registry.state_of(target)
    address = f"/targets/{target.pk}/"
    author.post(address, fields(service, staging, root="/srv/new", drawn_from=seen))
    event = Event.objects.get(kind="target.changed")
    assert event.data["changes"] == {"root": ["/srv/orders", "/srv/new"]}
    response = author.post(address, fields(service, staging, root="/srv/slower", drawn_from=seen))
    assert response.status_code == 409
    assert "paul changed root of Orders API staging while you were editing" in text(response)
    assert "/srv/slower" in text(response)
    target.refresh_from_db()
    assert target.root == "/srv/new"


def test_saving_without_a_difference_writes_no_event(author: Client, service: Service, staging: Environment) -> None:
    target = registry.add_target(service=service, environment=staging, root="/srv/orders")
    author.post(f"/targets/{target.pk}/", fields(service, staging, drawn_from=registry.state_of(target)))
    assert not Event.objects.filter(kind="target.changed").exists()


def test_the_lists_need_a_fixed_number_of_queries(
    author: Client, tmp_path: Path, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    author.get("/targets/")
    for _ in range(6):
        make_draft(tmp_path, [step("a", "echo a")])
    for address in ("/targets/", "/services/"):
        with django_assert_max_num_queries(14):
            author.get(address)


def test_the_connection_is_tested_from_here_when_no_worker_listens(author: Client, tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        target = make_target(tmp_path, hosts=[f"127.0.0.1:{port}", "127.0.0.1:1"])
        author.post(f"/targets/{target.pk}/connection/")
    page = text(author.get(f"/targets/{target.pk}/"))
    assert "exists and can be read" in page
    assert f"127.0.0.1:{port} accepts connections." in page
    assert "127.0.0.1:1 refuses connections" in page
    assert "tested from the web server instead" in page
    assert text(author.get(f"/targets/{target.pk}/connection/answer/")).lstrip().startswith('<div id="connection"')


@pytest.mark.parametrize(
    ("root", "sentence"),
    [
        ("", "No folder is set"),
        ("relative", "no absolute path"),
        ("/nowhere/at/all", "does not exist"),
        ("/etc/hosts", "is no folder"),
    ],
)
def test_what_is_said_of_a_folder(root: str, sentence: str) -> None:
    answer = connection.folder_answer(root)
    assert not answer["ok"]
    assert sentence in answer["sentence"]


def test_what_is_said_of_an_unknown_host() -> None:
    assert "names no port" in connection.host_answer("orders")["sentence"]
    answer = connection.host_answer("no-such-host.invalid:80")
    assert not answer["ok"]


def test_a_target_without_an_approved_plan_is_not_ready(author: Client, tmp_path: Path) -> None:
    target = make_target(tmp_path)
    assert "No plan is chosen" in text(author.get(f"/targets/{target.pk}/"))
    revision = make_revision(compiled([step("a", "echo a")]), approved=False)
    target.plan = revision.plan
    assert "not approved yet" in readiness(target).sentence


def test_a_viewer_reads_targets_without_a_form(signed_in: SignedIn, viewer: User, tmp_path: Path) -> None:
    target = make_target(tmp_path, hosts=["127.0.0.1:8000"], secrets=["db-password"])
    browser = signed_in(viewer)
    page = text(browser.get(f"/targets/{target.pk}/"))
    assert "127.0.0.1:8000" in page
    assert 'name="root"' not in page
    assert browser.post(f"/targets/{target.pk}/", {}).status_code == 403
