"""What goes to stakeholders: drafted from the timeline, completed, previewed, sent; one state a recipient."""

import hashlib
import json
from typing import Any

from django.contrib import messages as notices
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods

from incidents import moments
from incidents.access import delivery_for, incident_for, may_respond, message_for, require_responder
from incidents.channels import email
from incidents.models import Audience, Delivery, DeliveryStatus, Message, Promise, Refused
from incidents.views.acting import onward, posted

# The preview is a page of its own in a sandbox: the mail's inlined styles are allowed there and nowhere else.
ROWS_A_PAGE = 100
PREVIEW_CSP = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


@require_GET
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    """Every message of the incident, newest first."""
    incident = incident_for(request.user, pk)
    found = Message.objects.for_list().filter(incident=incident).exclude(status="discarded").order_by("-pk")
    context = {
        "incident": incident,
        "rows": list(found),
        "may_act": may_respond(request.user),
        "audiences": Audience.choices,
        "promises": list(Promise.objects.filter(incident=incident, kept_at=None)),
    }
    return render(request, "incidents/messages.html", context)


@posted
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """A new draft from the timeline; an untouched one is opened again."""
    incident = incident_for(request.user, pk, to_act=True)
    audience = request.POST.get("audience", Audience.STAKEHOLDERS)
    if audience not in Audience.values:
        audience = Audience.STAKEHOLDERS
    begun = Message.objects.drafts().filter(incident=incident, audience=audience, edited_by__isnull=False).first()
    if begun and "anew" not in request.POST:
        # Somebody's words: only a second press, on the draft itself, throws them away.
        notices.info(request, f"{begun.edited_by} began this draft; go on with it, or draft it anew.")
    message = begun if begun and "anew" not in request.POST else None
    message = message or Message.draft_for(incident, by=request.user, audience=audience)
    return onward(request, reverse("message", args=[pk, message.pk]))


@posted
def reviewing(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """ "I have read exactly these words"."""
    found = message_for(request.user, pk, message, to_act=True)
    try:
        if request.POST.get("drawn_from") not in (None, drawn_from(found)):
            raise Refused("The text changed while you were reading: read it again.")
        found.review(by=request.user)
    except Refused as why:
        notices.error(request, str(why))
    else:
        notices.success(request, "Reviewed: it may go out.")
    return redirect("message", pk, found.pk)


@require_http_methods(["GET", "POST"])
def message(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """A draft to complete, or what was sent with the state of every recipient. POST saves the draft."""
    found = message_for(request.user, pk, message, to_act=request.method == "POST")
    if request.method == "GET":
        return _page(request, found)
    refusal = _save(request, found)
    if refusal:
        return _page(request, found, refusal=refusal, status=422, typed=request.POST)
    notices.success(request, "Saved.", extra_tags=_saved(found))
    return redirect("message", pk, found.pk)


@posted
def sending(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """Saves what stands in the form, then sends it once."""
    found = message_for(request.user, pk, message, to_act=True)
    refusal = _save(request, found) if "subject" in request.POST else ""
    if not refusal:
        try:
            found.send(by=request.user)
        except Refused as why:
            refusal = str(why)
    if refusal:
        return _page(request, found, refusal=refusal, status=422, typed=request.POST)
    told = len(found.recipients)
    words = f"Sent to {told} {'person' if told == 1 else 'people'}" if found.leaves_the_house else "Kept in the outbox"
    notices.success(request, f"{words}: {found.sent_subject}", extra_tags=_saved(found))
    return redirect("message", pk, found.pk)


@posted
def by_hand(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """ "I sent it by hand at hh:mm"."""
    found = message_for(request.user, pk, message, to_act=True)
    refusal = _save(request, found) if found.is_draft and "subject" in request.POST else ""
    if not refusal:
        try:
            found.sent_by_hand(by=request.user, happened_at=moments.read(request.POST.get("happened_at", "")))
        except Refused as why:
            refusal = str(why)
    if refusal:
        return _page(request, found, refusal=refusal, status=422, typed=request.POST)
    notices.success(request, "Noted: told by hand.", extra_tags=_saved(found))
    return redirect("message", pk, found.pk)


@posted
def correction(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """A new draft in the same thread that corrects a sent message."""
    found = message_for(request.user, pk, message, to_act=True)
    corrected = Message.draft_for(incident_for(request.user, pk), by=request.user, corrects=found)
    return redirect("message", pk, corrected.pk)


@posted
def discarding(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """Throws a draft away."""
    found = message_for(request.user, pk, message, to_act=True)
    try:
        found.discard(by=request.user)
    except Refused as why:
        notices.error(request, str(why))
    else:
        notices.success(request, "The draft is discarded.", extra_tags=_saved(found))
    return redirect("incident-messages", pk)


@posted
def test_send(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """Sends the draft as it stands to the person who writes it; nothing is kept."""
    found = message_for(request.user, pk, message, to_act=True)
    address = getattr(request.user, "email", "")
    refusal = _save(request, found) if found.is_draft and "subject" in request.POST else ""
    if refusal:
        return _page(request, found, refusal=refusal, status=422, typed=request.POST)
    if not address or not found.leaves_the_house:
        why = "Your account has no mail address." if not address else "Nothing leaves the house here: see the preview."
        notices.warning(request, why)
        return redirect("message", pk, found.pk)
    if found.is_draft:
        found.refresh_lead()
    sent = email.send(email.Mail(address, f"[Test] {found.rendered_subject}", found.rendered_text, found.rendered_html))
    words = f"A test mail to {address} was {sent.word}. {sent.reason}".strip()
    (notices.success if sent.status == "accepted" else notices.error)(request, words, extra_tags=_saved(found))
    return redirect("message", pk, found.pk)


@posted
def resending(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """Sends one mail again; the recipient may get it twice."""
    found = delivery_for(request.user, pk, delivery)
    try:
        found.resend(by=request.user)
    except Refused as why:
        notices.error(request, str(why))
    else:
        notices.success(request, f"Sent again to {found.recipient}.")
    return redirect("message", pk, found.message_id) if found.message_id else redirect("incident", pk)


@require_GET
@xframe_options_sameorigin
def preview(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """The mail as a mail client shows it, sandboxed."""
    response = HttpResponse(message_for(request.user, pk, message).rendered_html)
    response["Content-Security-Policy"] = PREVIEW_CSP
    return response


@require_GET
def text(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """The mail as plain text, to be copied and sent by hand."""
    found = message_for(request.user, pk, message)
    body = f"Subject: {found.rendered_subject}\nTo: {', '.join(found.recipients)}\n\n{found.rendered_text}"
    return HttpResponse(body, content_type="text/plain; charset=utf-8")


@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """What would have been sent, had a mail server been set up."""
    require_responder(request.user)
    return render(request, "incidents/outbox.html", {"rows": list(Delivery.objects.outbox()[:100])})


def _save(request: HttpRequest, message: Message) -> str:
    """Saves the form into the draft; a sentence when it may not."""
    if request.POST.get("drawn_from") not in (None, drawn_from(message)):
        return "Somebody else changed this draft meanwhile. Your text is still here: compare, then save again."
    try:
        message.change(
            by=request.user,
            subject=request.POST.get("subject"),
            body=request.POST.get("body"),
            values={name[6:]: str(value) for name, value in request.POST.items() if name.startswith("field-")},
            recipients=request.POST.get("recipients"),
            next_update_at=moments.read(request.POST.get("next_update_at", "")),
        )
    except Refused as why:
        return str(why)
    return ""


def drawn_from(message: Message) -> str:
    """A short hash of the draft: a form carries what it was drawn from."""
    said = [message.status, message.subject, message.body, message.fields, message.recipients]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def _saved(message: Message) -> str:
    names = ["subject", "body", "recipients", *(f"field-{field['name']}" for field in message.fields)]
    return " ".join(f"saved:message-{message.pk}-{name}" for name in names)


def _recipients_part(request: HttpRequest, message: Message) -> dict[str, Any]:
    """One page of the recipients of a sent message, all or those in one state; a fixed number of queries whatever theirs."""
    if message.is_draft:
        return {}
    state = request.GET.get("state", "")
    rows = message.deliveries.order_by("pk").prefetch_related("tries")
    rows = rows.filter(status=state) if state in DeliveryStatus.values else rows
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    tally = [(name, DeliveryStatus(name).label, count) for name, count in message.tally.items()]
    return {"deliveries": page, "tally": tally, "state": state, "everybody": len(message.recipients)}


def _page(
    request: HttpRequest, message: Message, *, refusal: str = "", status: int = 200, typed: Any = None
) -> HttpResponse:
    fields = [
        {**field, "value": (typed or {}).get(f"field-{field['name']}", field.get("value", ""))}
        for field in message.fields
    ]
    context = {
        "incident": message.incident,
        "message": message,
        "fields": fields,
        "subject": (typed or {}).get("subject", message.subject),
        "body": (typed or {}).get("body", message.body),
        "recipients": (typed or {}).get("recipients", "\n".join(message.recipients)),
        "drawn_from": drawn_from(message),
        "refusal": refusal,
        "may_act": may_respond(request.user),
        "closing": message.is_draft and message.has_frozen_subject,
        **_recipients_part(request, message),
    }
    template = "incidents/message.html" if message.is_draft else "incidents/message_sent.html"
    return render(request, template, context, status=status)
