"""Sign-in, lock-out, sign-out, one's own password."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.accounts import people
from config.roles import RESPONDER
from tests.conftest import PASSWORD
from timeline.models import Event

pytestmark = pytest.mark.django_db


def sign_in(client: Client, name: str, password: str, **extra: str) -> object:
    return client.post("/sign-in/", {"username": name, "password": password, **extra})


def test_signing_in_goes_on_to_the_page_that_was_opened(client: Client, responder: User) -> None:
    response = client.get("/plans/")
    assert response["Location"] == "/sign-in/?next=/plans/"
    response = sign_in(client, "ana", PASSWORD, next="/plans/")
    assert response["Location"] == "/plans/"
    assert Event.objects.get(kind="person.signed_in").actor_name == "ana"


def test_a_foreign_next_page_is_ignored(client: Client, responder: User) -> None:
    response = sign_in(client, "ana", PASSWORD, next="https://evil.test/")
    assert "evil" not in response["Location"]


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_a_wrong_password_and_an_unknown_name_read_the_same(client: Client, responder: User, name: str) -> None:
    response = sign_in(client, name, "wrong")
    assert response.status_code == 422
    assert "Name and password do not match" in response.content.decode()


def test_a_deactivated_person_cannot_sign_in_and_loses_the_session(
    administrator: User, responder: User, signed_in: Callable[[User], Client], client: Client
) -> None:
    browser = signed_in(responder)
    people.deactivate(responder, by=administrator)
    assert browser.get("/password/").status_code == 302
    assert sign_in(client, "ana", PASSWORD).status_code == 422


def test_many_failures_lock_the_name_from_this_address(client: Client, responder: User, settings: object) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(3):
        response = sign_in(client, "ana", "wrong")
    assert response.status_code == 429
    page = response.content.decode()
    assert "Sign-in is locked" in page
    assert "15 minutes" in page
    # The right password does not help either, until the time is over.
    assert sign_in(client, "ana", PASSWORD).status_code == 429


def test_signing_out_needs_a_post(signed_in: Callable[[User], Client], responder: User) -> None:
    browser = signed_in(responder)
    assert browser.get("/sign-out/").status_code == 405
    assert browser.post("/sign-out/")["Location"] == "/sign-in/"
    assert browser.get("/password/").status_code == 302


def test_a_one_time_password_leads_to_the_password_page_only(client: Client, administrator: User) -> None:
    _person, one_time = people.invite(username="ben", role=RESPONDER, by=administrator)
    sign_in(client, "ben", one_time)
    assert client.get("/plans/")["Location"] == "/password/"
    assert client.post("/plans/new/", {"text": "x"})["Location"] == "/password/"
    page = client.get("/password/").content.decode()
    assert "Choose your password" in page
    new = "quite another phrase"
    response = client.post("/password/", {"present": one_time, "password1": new, "password2": new})
    assert response.status_code == 302
    assert client.get("/plans/").status_code == 200


def test_leaving_the_password_page_does_not_help(client: Client, administrator: User) -> None:
    _person, one_time = people.invite(username="ben", role=RESPONDER, by=administrator)
    sign_in(client, "ben", one_time)
    client.post("/sign-out/")
    sign_in(client, "ben", one_time)
    assert client.get("/plans/")["Location"] == "/password/"


@pytest.mark.parametrize(
    ("present", "one", "two", "sentence"),
    [
        ("wrong", "a long new phrase", "a long new phrase", "not your present password"),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, "a long new phrase", "another new phrase", "match"),
        (PASSWORD, PASSWORD, PASSWORD, "another password than the present one"),
    ],
)
def test_a_bad_password_change_says_why(
    signed_in: Callable[[User], Client], responder: User, present: str, one: str, two: str, sentence: str
) -> None:
    response = signed_in(responder).post("/password/", {"present": present, "password1": one, "password2": two})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    responder.refresh_from_db()
    assert responder.check_password(PASSWORD)


def test_changing_the_password_ends_the_other_sessions(signed_in: Callable[[User], Client], responder: User) -> None:
    here, elsewhere = signed_in(responder), signed_in(responder)
    new = "a long new phrase"
    here.post("/password/", {"present": PASSWORD, "password1": new, "password2": new})
    assert here.get("/plans/").status_code == 200
    assert elsewhere.get("/plans/").status_code == 302
