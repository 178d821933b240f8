"""The verbs on people. Each change is one event on the stream `installation`, in the same transaction."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction

from config.roles import ADMINISTRATOR, ROLES, role_of
from plans.models import Refused
from timeline.models import Event, Stream

STREAM = "installation"
# Read aloud over a phone: no 0/O, 1/l/I. 16 of 54 letters are 92 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# After these the next sign-in must choose a password; after CHOSEN it need not.
GIVEN = ("person.invited", "person.password_reset")
CHOSEN = "person.password_changed"


def one_time_password() -> str:
    """Four groups of four letters, shown once and never stored in the clear."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def invite(*, username: str, role: str, by: Any = None, name: str = "", email: str = "") -> tuple[Any, str]:
    """A new person with a role, and the one-time password to hand over. `by` is None for the first administrator."""
    username = username.strip()
    password = one_time_password()
    users = get_user_model()
    with transaction.atomic():
        if users.objects.filter(username__iexact=username).exists():
            raise Refused(f"{username} exists already. Open that person to change the role or to make a new password.")
        first, _, last = name.strip().partition(" ")
        person = users(username=username, email=email.strip(), first_name=first, last_name=last)
        _refuse_invalid(person)
        person.set_password(password)
        person.save()
        _give(person, role)
        _record("person.invited", person, by, {"role": role})
    return person, password


def set_role(person: Any, *, role: str, by: Any, expected: str | None = None) -> None:
    """Gives the person another role. `expected` is the role that the form showed."""
    with transaction.atomic():
        person = _locked(person)
        old = role_of(person)
        if expected is not None and expected != old:
            raise Refused(f"{person.username} is {_article(old)} meanwhile. Nothing was changed.")
        if old == role:
            raise Refused(f"{person.username} is {_article(role)} already.")
        if old == ADMINISTRATOR:
            _refuse_last_administrator(person, "keep the role")
        _give(person, role)
        _record("person.role_set", person, by, {"old": old, "new": role})


def deactivate(person: Any, *, by: Any) -> None:
    """Ends the person's access at once, open sessions included; what they did stays in the timelines."""
    with transaction.atomic():
        person = _locked(person)
        if not person.is_active:
            raise Refused(f"{person.username} is deactivated already.")
        if by is not None and by.pk == person.pk:
            raise Refused("You cannot deactivate yourself. Ask another administrator.")
        if role_of(person) == ADMINISTRATOR:
            _refuse_last_administrator(person, "stay active")
        person.is_active = False
        person.save(update_fields=["is_active"])
        _record("person.deactivated", person, by)


def reactivate(person: Any, *, by: Any) -> None:
    """Lets a deactivated person in again, with the old role and password."""
    with transaction.atomic():
        person = _locked(person)
        if person.is_active:
            raise Refused(f"{person.username} is active already.")
        person.is_active = True
        person.save(update_fields=["is_active"])
        _record("person.reactivated", person, by)


def reset_password(person: Any, *, by: Any = None) -> str:
    """A new one-time password; the old password and every open session end at once."""
    password = one_time_password()
    with transaction.atomic():
        person = _locked(person)
        person.set_password(password)
        person.save(update_fields=["password"])
        _record("person.password_reset", person, by)
    return password


def change_own_password(person: Any, password: str) -> None:
    """The person's own choice; from now on no one-time password is pending."""
    with transaction.atomic():
        person.set_password(password)
        person.save(update_fields=["password"])
        _record(CHOSEN, person, person)


def note_sign_in(person: Any) -> None:
    """Remembers that the person came in."""
    _record("person.signed_in", person, person)


def must_choose_password(person: Any) -> bool:
    """True while the password in use was made for the person, not by them."""
    events = Event.objects.filter(stream=Stream.named(STREAM), kind__in=[*GIVEN, CHOSEN], data__person=person.pk)
    return events.order_by("-seq").values_list("kind", flat=True).first() in GIVEN


def _give(person: Any, role: str) -> None:
    if role not in ROLES:
        raise Refused(f"{role or 'Nothing'} is not a role. Choose one of: {', '.join(ROLES)}.")
    others = person.groups.exclude(name__in=ROLES)
    person.groups.set([*others, Group.objects.get(name=role)])
    person.is_staff = role == ADMINISTRATOR
    # A superuser made on the command line would stay one under a smaller role.
    person.is_superuser = person.is_superuser and role == ADMINISTRATOR
    person.save(update_fields=["is_staff", "is_superuser"])


def _locked(person: Any) -> Any:
    return get_user_model().objects.select_for_update().get(pk=person.pk)


def _refuse_last_administrator(person: Any, what: str) -> None:
    others = get_user_model().objects.filter(is_active=True).exclude(pk=person.pk).prefetch_related("groups")
    if not any(role_of(other) == ADMINISTRATOR for other in others):
        raise Refused(
            f"{person.username} is the last administrator and must {what}. Make somebody else administrator first."
        )


def _refuse_invalid(person: Any) -> None:
    try:
        person.full_clean(exclude=["password"])
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error


def _record(kind: str, person: Any, by: Any, data: dict[str, Any] | None = None) -> None:
    Event.record(STREAM, kind, actor=by, data={"person": person.pk, "username": person.username, **(data or {})})


def _article(role: str) -> str:
    if not role:
        return "without a role"
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"
