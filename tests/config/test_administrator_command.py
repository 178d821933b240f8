from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from config.roles import ADMINISTRATOR, role_of
from timeline.models import Event

pytestmark = pytest.mark.django_db


def invite(*arguments: str) -> str:
    out = StringIO()
    call_command("administrator", *arguments, stdout=out)
    return out.getvalue().split()[-1]


def test_the_printed_password_signs_in_and_the_role_is_administrator() -> None:
    password = invite("ada@example.test")
    ada = User.objects.get(username="ada@example.test")
    assert ada.check_password(password)
    assert ada.email == "ada@example.test"
    assert role_of(ada) == ADMINISTRATOR
    assert Event.objects.get(kind="person.invited").data["role"] == ADMINISTRATOR


def test_a_known_person_gets_a_new_password_and_keeps_the_role() -> None:
    first = invite("ada")
    second = invite("ada")
    ada = User.objects.get(username="ada")
    assert first != second
    assert ada.check_password(second)
    assert User.objects.count() == 1


def test_an_impossible_name_gives_a_sentence() -> None:
    with pytest.raises(CommandError, match="valid username"):
        invite("not a name!")
