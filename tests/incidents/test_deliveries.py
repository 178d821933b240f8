"""One mail, one recipient, one attempt: accepted, refused with the server's words, or an outcome that nobody knows."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from incidents import access, notifications
from incidents.channels import email
from incidents.models import Delivery, Incident, Message, Refused
from incidents.next_action import next_action
from incidents.overview import Overview
from incidents.situation import situation_of
from incidents.tasks import send_delivery, settle_deliveries
from tests.incidents.factories import make_incident, make_target
from tests.incidents.mail_server import Post, free_port, mail_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def post() -> Iterator[Post]:
    with mail_server() as server:
        yield server


def make_message(incident: Incident, by: User, *recipients: str) -> Message:
    """A message with every field filled, ready to be sent."""
    message = Message.draft_for(incident, by=by)
    values = {
        blank["name"]: blank["value"] or (blank["choices"] or ["All customers see errors"])[0]
        for blank in message.fields
    }
    message.change(by=by, values=values, recipients=list(recipients) or ["carol@example.test", "dan@example.test"])
    return message


def sent(incident: Incident, by: User, *recipients: str) -> Message:
    message = make_message(incident, by, *recipients)
    message.send(by=by)
    return message


def deliver_all() -> None:
    for pk in Delivery.objects.values_list("pk", flat=True):
        send_delivery(pk)


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("recipient", "status"))


def test_each_recipient_gets_one_mail_of_their_own(post: Post, responder: User) -> None:
    incident = make_incident()
    message = sent(incident, responder)
    deliver_all()
    deliver_all()
    assert sorted(post.recipients) == ["carol@example.test", "dan@example.test"]
    assert states() == {"carol@example.test": "accepted", "dan@example.test": "accepted"}
    assert post.mails[0]["Subject"] == message.sent_subject
    assert post.mails[0]["To"] in post.recipients
    assert incident.events.filter(kind="message.accepted").count() == 2


def test_the_mail_has_text_and_styled_html_without_a_style_sheet(post: Post, responder: User) -> None:
    sent(make_incident(), responder, "carol@example.test")
    deliver_all()
    text, html = (part.get_payload(decode=True).decode() for part in post.mails[0].walk() if not part.is_multipart())  # type: ignore[union-attr]
    assert "Status: IN PROGRESS" in text
    assert 'style="' in html
    # What cannot be inlined is kept for the clients that read it: the colours of a dark screen.
    assert html.count("<style") <= 1
    assert ".sheet {" not in html.split("@media")[0]


def test_the_second_message_answers_the_first_in_the_same_thread(post: Post, responder: User) -> None:
    incident = make_incident()
    first, second = sent(incident, responder, "carol@example.test"), sent(incident, responder, "carol@example.test")
    deliver_all()
    assert first.header_id != second.header_id
    assert post.mails[1]["In-Reply-To"] == post.mails[1]["References"] == post.mails[0]["Message-ID"] == first.header_id


def test_a_refusal_keeps_the_servers_own_words(post: Post, responder: User) -> None:
    post.refuse = {"dan@example.test"}
    incident = make_incident()
    sent(incident, responder)
    deliver_all()
    dan = Delivery.objects.get(recipient="dan@example.test")
    assert (dan.status, dan.reason) == ("failed", "550 5.1.1 <no such mailbox>")
    assert Delivery.objects.get(recipient="carol@example.test").status == "accepted"
    assert incident.events.get(kind="message.failed").data["reason"] == dan.reason


def test_a_refused_body_is_a_failure_not_a_riddle(post: Post, responder: User) -> None:
    post.reject_body = "554 5.7.1 looks like spam"
    sent(make_incident(), responder, "carol@example.test")
    deliver_all()
    assert Delivery.objects.get().reason == "554 5.7.1 looks like spam"


def test_a_connection_lost_after_the_body_is_an_unknown_outcome(post: Post, responder: User) -> None:
    post.drop = True
    incident = make_incident()
    sent(incident, responder, "carol@example.test")
    deliver_all()
    deliver_all()
    delivery = Delivery.objects.get()
    assert delivery.status == "unknown"
    assert "after the mail was handed over" in delivery.reason
    # The server did take it, and it was not sent again by itself.
    assert len(post.mails) == 1
    assert incident.events.filter(kind="message.unknown").count() == 1


def test_a_person_sends_an_unknown_one_again_with_the_same_message_id(post: Post, responder: User) -> None:
    post.drop = True
    incident = make_incident()
    sent(incident, responder, "carol@example.test")
    deliver_all()
    post.drop = False
    Delivery.objects.get().resend(by=responder)
    deliver_all()
    assert states() == {"carol@example.test": "accepted"}
    assert post.mails[0]["Message-ID"] == post.mails[1]["Message-ID"]
    assert incident.events.get(kind="message.resent").actor == responder


def test_what_was_accepted_cannot_be_resent(post: Post, responder: User) -> None:
    sent(make_incident(), responder, "carol@example.test")
    deliver_all()
    with pytest.raises(Refused, match="is accepted; nothing was sent"):
        Delivery.objects.get().resend(by=responder)


def test_a_connection_lost_before_the_body_lost_nothing(post: Post, responder: User) -> None:
    post.hang_up_at_rcpt = True
    sent(make_incident(), responder, "carol@example.test")
    deliver_all()
    delivery = Delivery.objects.get()
    assert delivery.is_waiting_to_retry
    assert not post.mails


def test_a_server_that_is_not_there_is_asked_again_and_then_it_is_a_failure(settings: Any, responder: User) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.MAIL_CONFIGURED = "127.0.0.1", free_port(), True
    sent(make_incident(), responder, "carol@example.test")
    deliver_all()
    deliver_all()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("pending", 1)
    assert delivery.not_before is not None
    for _ in range(5):
        Delivery.objects.update(not_before=timezone.now())
        deliver_all()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("failed", 6)
    assert "could not be reached" in delivery.reason
    assert "(tried 6 times)" in delivery.reason
    assert list(delivery.tries.values_list("state", flat=True)) == ["retry"] * 5 + ["failed"]


def test_without_a_mail_server_the_outbox_shows_exactly_what_would_have_gone_out(responder: User) -> None:
    incident = make_incident()
    message = sent(incident, responder, "carol@example.test")
    deliver_all()
    [kept] = Delivery.objects.outbox()
    assert kept.status == "kept"
    assert "To: carol@example.test" in kept.mail
    assert message.header_id in kept.mail
    assert "No mail server is set up" in kept.reason


def test_in_production_the_outbox_told_nobody_and_ticks_nothing(responder: User) -> None:
    incident = make_incident(ago=timedelta(minutes=1))
    message = sent(incident, responder, "carol@example.test")
    deliver_all()
    task = incident.tasks.get(text="Notify stakeholders")
    assert task.ticked_at is None
    message.sent_by_hand(by=responder)
    task.refresh_from_db()
    assert task.how == "message to 1 recipient by hand"
    assert states() == {"carol@example.test": "by_hand"}


def test_outside_production_the_outbox_counts(responder: User) -> None:
    incident = make_incident(make_target(production=False))
    sent(incident, responder, "carol@example.test")
    assert incident.tasks.get(text="Notify stakeholders").ticked_at is not None


def test_a_drill_sends_nothing_outward(post: Post, responder: User) -> None:
    incident = make_incident(kind="drill")
    sent(incident, responder, "carol@example.test")
    incident.escalate()
    deliver_all()
    assert post.mails == []
    assert set(states().values()) == {"kept"}
    assert "Drill: this is a rehearsal" in incident.messages.get().sent_html


def test_a_worker_killed_between_claim_and_send_sends_nothing_twice(
    post: Post, responder: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(mail: email.Mail, before_body: Callable[[], None]) -> email.Sent:
        before_body()
        raise Killed

    incident = make_incident()
    sent(incident, responder, "carol@example.test")
    with monkeypatch.context() as patch:
        patch.setattr(notifications.email, "send", kill)
        with pytest.raises(Killed):
            deliver_all()
    deliver_all()
    assert states() == {"carol@example.test": "sending"}
    settle_deliveries()
    assert states() == {"carol@example.test": "sending"}
    Delivery.objects.update(claimed_at=timezone.now() - timedelta(minutes=3))
    settle_deliveries()
    delivery = Delivery.objects.get()
    assert delivery.status == "unknown"
    assert "nobody knows" in delivery.reason
    assert post.mails == []


def test_a_worker_that_comes_back_late_changes_nothing(post: Post, responder: User) -> None:
    sent(make_incident(), responder, "carol@example.test")
    late = Delivery.objects.get()
    assert late.claim()
    late.begin_body()
    assert notifications.give_up(Delivery.objects.get())
    assert not late.finish("accepted")
    assert states() == {"carol@example.test": "unknown"}


def test_a_worker_that_was_given_up_before_the_body_cannot_send_it_any_more(post: Post, responder: User) -> None:
    sent(make_incident(), responder, "carol@example.test")
    late = Delivery.objects.get()
    real = late.begin_body

    def paused() -> None:
        assert notifications.give_up(Delivery.objects.get())
        Delivery.objects.update(not_before=None)
        send_delivery(late.pk)
        real()

    late.begin_body = paused  # type: ignore[method-assign]
    assert not notifications.deliver(late)
    assert states() == {"carol@example.test": "accepted"}
    assert len(post.mails) == 1


def test_fifty_workers_with_one_row_send_it_once(post: Post, responder: User) -> None:
    sent(make_incident(), responder, "carol@example.test")
    copies = [Delivery.objects.get() for _ in range(50)]
    assert [copy.claim() for copy in copies].count(True) == 1


def test_a_lost_hint_is_sent_again_by_the_scan(responder: User, monkeypatch: pytest.MonkeyPatch, post: Post) -> None:
    sent(make_incident(), responder, "carol@example.test")
    hinted: list[int] = []
    monkeypatch.setattr("incidents.tasks.queue_message", hinted.append)
    settle_deliveries()
    assert hinted == [Message.objects.get().pk]


def test_the_page_to_a_contact_carries_a_link_and_ticks_its_task(post: Post) -> None:
    incident = make_incident()
    page = incident.escalate()
    deliver_all()
    page.refresh_from_db()
    assert page.state == "accepted"
    assert f"/pages/{page.token}/" in str(post.mails[0].get_payload(0).get_payload(decode=True))  # type: ignore[union-attr]
    assert incident.tasks.get(text="Notify on-call engineer").how == "mail to On-call engineer accepted"


def test_a_page_that_could_not_be_sent_ticks_nothing(post: Post) -> None:
    post.refuse = {"ben@example.test"}
    incident = make_incident()
    page = incident.escalate()
    deliver_all()
    page.refresh_from_db()
    assert page.state == "failed"
    assert incident.tasks.get(text="Notify on-call engineer").ticked_at is None


def test_a_header_cannot_be_smuggled_in_by_a_title(post: Post) -> None:
    incident = make_incident(title="Errors\nBcc: all@example.test")
    incident.escalate()
    deliver_all()
    assert post.recipients == ["ben@example.test"]
    assert post.mails[0]["Bcc"] is None


def test_stakeholders_are_told_when_a_server_took_the_first_mail(post: Post, responder: User) -> None:
    post.refuse = {"carol@example.test"}
    incident = make_incident()
    sent(incident, responder)
    assert incident.tasks.get(text="Notify stakeholders").ticked_at is None
    send_delivery(Delivery.objects.get(recipient="carol@example.test").pk)
    assert incident.tasks.get(text="Notify stakeholders").ticked_at is None
    deliver_all()
    assert incident.tasks.get(text="Notify stakeholders").how == "message accepted for dan@example.test"


@pytest.mark.parametrize("fate", ["refused", "dropped", "taken by one"])
def test_when_nobody_got_the_last_message_that_is_the_next_action(post: Post, responder: User, fate: str) -> None:
    post.refuse = {"refused": {"carol@example.test", "dan@example.test"}, "taken by one": {"dan@example.test"}}.get(
        fate, set()
    )
    post.drop = fate == "dropped"
    incident = make_incident(make_target(production=False))
    incident.acknowledge(by=responder)
    incident.choose_level(level=None, by=responder, reason="We watch")
    message = sent(incident, responder)
    deliver_all()
    page = Overview(access.incident_for(responder, incident.pk), responder)
    action = next_action(situation_of(page))
    assert (action.key == "sent-by-hand") is (fate != "taken by one")
    if fate != "taken by one":
        assert action.args == (incident.pk, message.pk)
