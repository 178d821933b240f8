"""Ten thousand recipients: queued at once, sent within the rate, none twice, and a page that stays small."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client
from django.utils import timezone

from incidents import claiming, notifications
from incidents.channels.outcome import Sent
from incidents.models import Delivery, DeliveryAttempt, Message
from incidents.tasks import send_message, settle_deliveries
from tests.incidents.factories import make_incident
from tests.incidents.test_deliveries import sent

pytestmark = pytest.mark.django_db
MANY, RATE = 10_000, 60


@pytest.fixture
def message(responder: User, settings: Any) -> Message:
    settings.MAIL_CONFIGURED, settings.MAIL_PER_MINUTE = True, RATE
    made = Message.draft_for(make_incident(), by=responder)
    made.change(by=responder, subject="News", body="We look at it.\n", recipients="carol@example.test")
    Message.objects.filter(pk=made.pk).update(recipients=[f"person{n}@example.test" for n in range(MANY)])
    made.refresh_from_db()
    made.send(by=responder)
    return made


def test_within_the_rate_and_none_twice_on_pages_that_stay_small(
    message: Message,
    monkeypatch: pytest.MonkeyPatch,
    responder: User,
    signed_in: Callable[[User], Client],
    django_assert_max_num_queries: Any,
) -> None:
    got: Counter[str] = Counter()

    def take(mail: Any, before_body: Callable[[], None]) -> Sent:
        before_body()
        got[mail.to] += 1
        return Sent("accepted")

    monkeypatch.setattr(notifications.email, "send", take)
    assert Delivery.objects.filter(status="pending").count() == MANY
    send_message(message.pk)
    send_message(message.pk)
    settle_deliveries()
    assert len(got) == RATE
    DeliveryAttempt.objects.update(started_at=F("started_at") - timedelta(minutes=1))
    send_message(message.pk)
    assert (len(got), set(got.values())) == (2 * RATE, {1})
    # One line of the timeline speaks for all that were accepted, and no copy of the text is kept a row.
    assert message.incident.events.filter(kind="message.accepted").count() == 1
    assert set(Delivery.objects.filter(status="accepted").values_list("mail", flat=True)) == {""}
    client = signed_in(responder)
    with django_assert_max_num_queries(16):
        page = client.get(f"/incidents/{message.incident_id}/messages/{message.pk}/").content.decode()
    assert page.count("@example.test") == 100
    assert "1–100 of 10000" in page
    last = client.get(
        f"/incidents/{message.incident_id}/messages/{message.pk}/?page=100&state=pending"
    ).content.decode()
    assert "person9999@example.test" in last
    with django_assert_max_num_queries(40):
        assert len(client.get(f"/incidents/{message.incident_id}/").content) < 150_000


def test_two_workers_share_the_room_of_a_minute_and_take_different_mails(message: Message, settings: Any) -> None:
    settings.MAIL_PER_MINUTE = claiming.AT_ONCE + 5
    first, second, third = (claiming.claim_mails(message.pk) for _ in range(3))
    assert (len(first), len(second), len(third)) == (claiming.AT_ONCE, 5, 0)
    taken = [row.pk for row in first + second]
    assert len(set(taken)) == len(taken)
    assert set(DeliveryAttempt.objects.values_list("delivery_id", "number")) == {(pk, 1) for pk in taken}
    # What was claimed by a worker that died before anything left goes back by itself.
    assert notifications.give_up(first[0])
    first[0].refresh_from_db()
    assert (first[0].status, first[0].attempts) == ("pending", 1)


def test_a_page_is_held_back_by_no_rate(responder: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAIL_CONFIGURED, settings.MAIL_PER_MINUTE = True, 1
    message = sent(make_incident(), responder)
    page = message.incident.escalate()
    monkeypatch.setattr(notifications.email, "send", lambda mail, before_body: Sent("accepted"))
    assert notifications.deliver_message(message.pk, seconds=1) == 1
    assert claiming.room(timezone.now()) == 0
    assert notifications.deliver(page.deliveries.get())
