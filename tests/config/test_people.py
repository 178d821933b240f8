"""The verbs on people, and their events."""

import pytest
from django.contrib.auth.models import User

from config.accounts import people
from config.roles import ADMINISTRATOR, RESPONDER, VIEWER, role_of
from plans.models import Refused
from timeline.models import Event

pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return list(Event.objects.filter(stream__key="installation").values_list("kind", flat=True))


def test_an_invited_person_has_the_role_and_a_one_time_password(administrator: User) -> None:
    person, password = people.invite(
        username="ben", name="Ben Adler", email="ben@example.test", role=RESPONDER, by=administrator
    )
    person = User.objects.get(pk=person.pk)
    assert (person.get_full_name(), role_of(person), person.is_staff) == ("Ben Adler", RESPONDER, False)
    assert person.check_password(password)
    assert people.must_choose_password(person)
    assert kinds() == ["person.invited"]


def test_no_event_holds_the_password(administrator: User) -> None:
    _person, password = people.invite(username="ben", role=VIEWER, by=administrator)
    assert password not in str(list(Event.objects.values_list("data", flat=True)))


def test_the_first_administrator_needs_nobody_to_invite_them(db: None) -> None:
    person, _password = people.invite(username="admin", role=ADMINISTRATOR)
    assert person.is_staff
    assert person.has_perm("rollbacks.edit_target") or person.has_perm("plans.edit_plan")


def test_a_name_exists_once_whatever_its_case(administrator: User) -> None:
    people.invite(username="ben", role=VIEWER, by=administrator)
    with pytest.raises(Refused, match="exists already"):
        people.invite(username="Ben", role=VIEWER, by=administrator)


@pytest.mark.parametrize("name", ["", "with space", "a" * 200])
def test_a_name_that_is_none_is_refused(administrator: User, name: str) -> None:
    with pytest.raises(Refused):
        people.invite(username=name, role=VIEWER, by=administrator)
    assert kinds() == []


def test_a_chosen_password_ends_the_one_time_password(administrator: User) -> None:
    person, _password = people.invite(username="ben", role=VIEWER, by=administrator)
    people.change_own_password(person, "a very long phrase")
    assert not people.must_choose_password(person)
    assert people.reset_password(person, by=administrator)
    assert people.must_choose_password(person)


def test_a_role_is_set_with_its_event(administrator: User, viewer: User) -> None:
    people.set_role(viewer, role=RESPONDER, by=administrator, expected=VIEWER)
    event = Event.objects.get(kind="person.role_set")
    assert (event.actor_name, event.data["old"], event.data["new"]) == ("ada", VIEWER, RESPONDER)
    assert User.objects.get(pk=viewer.pk).has_perm("plans.edit_plan") is False


def test_a_stale_role_form_changes_nothing(administrator: User, viewer: User) -> None:
    people.set_role(viewer, role=RESPONDER, by=administrator)
    with pytest.raises(Refused, match="is a responder meanwhile"):
        people.set_role(viewer, role=ADMINISTRATOR, by=administrator, expected=VIEWER)
    assert role_of(User.objects.get(pk=viewer.pk)) == RESPONDER


def test_administrators_get_and_lose_the_admin_pages(administrator: User, viewer: User) -> None:
    people.set_role(viewer, role=ADMINISTRATOR, by=administrator)
    assert User.objects.get(pk=viewer.pk).is_staff
    people.set_role(viewer, role=VIEWER, by=administrator)
    assert not User.objects.get(pk=viewer.pk).is_staff


def test_the_last_administrator_stays(administrator: User, viewer: User) -> None:
    with pytest.raises(Refused, match="last administrator"):
        people.set_role(administrator, role=VIEWER, by=administrator)
    people.set_role(viewer, role=ADMINISTRATOR, by=administrator)
    people.set_role(administrator, role=VIEWER, by=viewer)
    assert not User.objects.get(pk=administrator.pk).is_superuser


def test_nobody_deactivates_themselves(administrator: User) -> None:
    with pytest.raises(Refused, match="yourself"):
        people.deactivate(administrator, by=administrator)


def test_deactivating_and_letting_in_again(administrator: User, viewer: User) -> None:
    people.deactivate(viewer, by=administrator)
    with pytest.raises(Refused, match="already"):
        people.deactivate(viewer, by=administrator)
    people.reactivate(viewer, by=administrator)
    assert User.objects.get(pk=viewer.pk).is_active
    assert kinds() == ["person.deactivated", "person.reactivated"]
