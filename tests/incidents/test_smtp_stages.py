"""The line to a real mail server breaks at every stage of the dialogue: nothing is lost silently, nothing doubled."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from incidents.models import Delivery, Message
from incidents.tasks import send_message, settle_deliveries
from tests.incidents.factories import make_incident
from tests.incidents.mail_server import STAGES, breaking_post
from tests.incidents.test_deliveries import sent

pytestmark = pytest.mark.django_db

SAFE = STAGES[: STAGES.index("body")]  # nothing of the mail has left: tried again by itself
AMBIGUOUS = ("body", "dot")  # the whole mail left, and no answer came: only the server knows
DONE = ("reply", "quit")  # the answer came first


def deliver(message: Message) -> Delivery:
    send_message(message.pk)
    settle_deliveries()
    return Delivery.objects.get()


@pytest.mark.parametrize("stage", SAFE)
def test_before_the_body_nothing_was_taken_and_the_next_try_comes_by_itself(stage: str, responder: User) -> None:
    with breaking_post(stage) as post:
        message = sent(make_incident(), responder, "carol@example.test")
        delivery = deliver(message)
        assert (delivery.status, post.taken) == ("pending", [])
        assert delivery.reason
        Delivery.objects.update(not_before=timezone.now())
        delivery = deliver(message)
        assert (delivery.status, delivery.attempts) == ("accepted", 2)
        deliver(message)
    assert len(post.taken) == 1
    assert list(delivery.tries.values_list("state", flat=True)) == ["retry", "accepted"]


@pytest.mark.parametrize("stage", AMBIGUOUS)
def test_after_the_body_only_a_person_sends_it_again_under_the_same_message_id(stage: str, responder: User) -> None:
    with breaking_post(stage) as post:
        incident = make_incident()
        message = sent(incident, responder, "carol@example.test")
        delivery = deliver(message)
        assert delivery.status == "unknown"
        assert "after the mail was handed over" in delivery.reason
        taken = len(post.taken)
        Delivery.objects.update(nudged_at=None)
        assert deliver(message).status == "unknown"
        assert len(post.taken) == taken
        delivery.resend(by=responder)
        assert deliver(message).status == "accepted"
    assert len(post.taken) == taken + 1
    assert {mail["Message-ID"] for mail in post.taken} == {message.header_id}
    assert incident.events.filter(kind="message.unknown").count() == 1


@pytest.mark.parametrize("stage", DONE)
def test_a_line_that_breaks_after_the_answer_changes_nothing(stage: str, responder: User) -> None:
    with breaking_post(stage) as post:
        message = sent(make_incident(), responder, "carol@example.test")
        assert deliver(message).status == "accepted"
        deliver(message)
    assert len(post.taken) == 1
