"""The people pages, for administrators."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.accounts.people import reset_password
from config.roles import RESPONDER, VIEWER, role_of
from tests.conftest import make_person

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


def test_the_page_lists_everybody_with_a_fixed_number_of_queries(
    signed_in: SignedIn, administrator: User, viewer: User, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    browser = signed_in(administrator)
    browser.get("/people/")
    for number in range(10):
        make_person(f"person-{number}", VIEWER)
    with django_assert_max_num_queries(12):
        page = browser.get("/people/").content.decode()
    assert "person-9" in page
    assert "Viewer" in page


def test_inviting_shows_the_password_once(signed_in: SignedIn, administrator: User) -> None:
    browser = signed_in(administrator)
    response = browser.post("/people/new/", {"username": "ben", "name": "Ben", "email": "", "role": RESPONDER})
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    person = User.objects.get(username="ben")
    word = response.content.decode().split('class="one-time">')[1].split("<")[0]
    assert person.check_password(word)
    assert word not in browser.get(f"/people/{person.pk}/").content.decode()


def test_a_wrong_invitation_keeps_what_was_typed(signed_in: SignedIn, administrator: User, viewer: User) -> None:
    response = signed_in(administrator).post("/people/new/", {"username": "vera", "name": "Vera Two", "role": VIEWER})
    assert response.status_code == 422
    page = response.content.decode()
    assert "exists already" in page
    assert "Vera Two" in page


def test_setting_a_role(signed_in: SignedIn, administrator: User, viewer: User) -> None:
    browser = signed_in(administrator)
    browser.post(f"/people/{viewer.pk}/role/", {"role": RESPONDER, "expected": VIEWER})
    assert role_of(User.objects.get(pk=viewer.pk)) == RESPONDER
    assert "Role: viewer → responder" in browser.get(f"/people/{viewer.pk}/").content.decode()


def test_a_stale_role_form_says_what_changed(signed_in: SignedIn, administrator: User, responder: User) -> None:
    response = signed_in(administrator).post(
        f"/people/{responder.pk}/role/", {"role": "plan author", "expected": VIEWER}
    )
    assert response.status_code == 409
    assert "ana is a responder meanwhile" in response.content.decode()


def test_deactivating_twice_says_so(signed_in: SignedIn, administrator: User, viewer: User) -> None:
    browser = signed_in(administrator)
    assert browser.post(f"/people/{viewer.pk}/activation/", {"active": "no"}).status_code == 302
    response = browser.post(f"/people/{viewer.pk}/activation/", {"active": "no"})
    assert response.status_code == 409
    assert "deactivated already" in response.content.decode()
    browser.post(f"/people/{viewer.pk}/activation/", {"active": "yes"})
    assert User.objects.get(pk=viewer.pk).is_active


def test_a_new_one_time_password_ends_open_sessions(signed_in: SignedIn, administrator: User, viewer: User) -> None:
    browser = signed_in(viewer)
    assert browser.get("/password/").status_code == 200
    reset_password(viewer, by=administrator)
    assert browser.get("/password/").status_code == 302


@pytest.mark.parametrize("path", ["/people/", "/people/new/"])
def test_others_are_refused(signed_in: SignedIn, plan_author: User, path: str) -> None:
    assert signed_in(plan_author).get(path).status_code == 403
