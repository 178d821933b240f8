"""The pages that say no: not allowed, not found, a form that is too old, a failure of our own."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.template.loader import get_template
from django.test import Client

pytestmark = pytest.mark.django_db


def test_not_allowed_says_who_can_help(signed_in: Callable[[User], Client], viewer: User) -> None:
    response = signed_in(viewer).get("/people/")
    assert response.status_code == 403
    assert "Your account may not do this" in response.content.decode()


def test_not_found_has_the_frame(signed_in: Callable[[User], Client], viewer: User) -> None:
    response = signed_in(viewer).get("/plans/no-such-plan/")
    assert response.status_code == 404
    page = response.content.decode()
    assert "There is nothing at this address" in page
    assert "Main" in page


def test_a_form_that_is_too_old_says_that_nothing_was_sent(
    signed_in: Callable[[User], Client], plan_author: User
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in(plan_author).cookies
    response = client.post("/services/new/", {"name": "x"})
    assert response.status_code == 403
    assert "Nothing was sent" in response.content.decode()


def test_a_failure_of_our_own_needs_neither_request_nor_database() -> None:
    assert "Something failed in Firebreak" in get_template("500.html").render()
