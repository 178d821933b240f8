"""Every page in both themes and on a phone: axe finds nothing, nothing is blocked by the policy, nothing overflows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from incidents.models import Incident, Message
from plans.models import Plan
from plans.seed import as_written
from tests.browser import scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# axe would fetch every style sheet a second time, and by the wrong address.
AXE = {"preload": False}
PLAIN = [
    "/",
    "/incidents/",
    "/incidents/declare/",
    "/drills/",
    "/reports/",
    "/health/",
    "/outbox/",
    "/plans/",
    "/plans/check-up/?example=1",
    "/targets/",
]


@pytest.fixture
def everything(administrator: User) -> tuple[User, list[str]]:
    """One incident in each state, and the addresses of all pages."""
    paths = list(PLAIN)
    for name, make in scenes.SCENES.items():
        incident = in_a_place_of_its_own(name, make, administrator)
        paths.append(f"/incidents/{incident.pk}/")
        if name == "resolved":
            paths += [f"/incidents/{incident.pk}/retrospective/", f"/targets/{incident.target_id}/contacts/"]
            paths.append(f"/targets/{incident.target_id}/detection/")
        if name == "cannot_tell":
            message = Message.draft_for(incident, by=administrator)
            paths += [
                f"/incidents/{incident.pk}/{part}/" for part in ("resolution", "messages", f"messages/{message.pk}")
            ]
    Plan.create(text=as_written(), slug="as-written", by=administrator)
    paths += ["/plans/as-written/", "/plans/as-written/guide/", "/plans/as-written/revisions/1/paper/"]
    return administrator, paths


def in_a_place_of_its_own(name: str, make: Callable[[User], Incident], user: User) -> Incident:
    """Scenes share no service: only one run may be active on each."""
    usual = scenes.make_target

    def elsewhere(*, production: bool = True, service: str = "orders-api") -> Any:
        return usual(production=production, service=service if service != "orders-api" else name.replace("_", "-"))

    scenes.make_target = elsewhere
    try:
        return make(user)
    finally:
        scenes.make_target = usual


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 400)])
def test_every_page_is_accessible_and_fits(
    theme: str, width: int, everything: tuple[User, list[str]], open_page: Callable[..., Any]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    user, paths = everything
    page, axe, found = open_page(user, theme=theme, width=width), Axe(), []
    for path in paths:
        page.goto(path, wait_until="load")
        for broken in axe.run(page, options=AXE).response["violations"]:
            found.append((path, broken["id"], [node["target"] for node in broken["nodes"]][:3]))
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append((path, "overflows", [wide]))
    assert found == []
    assert page.complaints == []
