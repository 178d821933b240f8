"""The doors for machines. Sign-in is a bearer token, so there is no cookie and nothing to forge."""

import json
import logging
import threading
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from incidents import alerts, declaring
from incidents.intake import KINDS, Malformed
from incidents.models import IntakePayload, IntakeToken, Refused

log = logging.getLogger(__name__)
MAX_BYTES = 1024 * 1024
HINTS = {"alertmanager": "Set max_alerts in Alertmanager.", "grafana": "Set “Max Alerts” of the contact point."}
SIGNATURES = ("X-Firebreak-Signature", "X-Grafana-Alerting-Signature")
# One notification is written at a time in this process: who waits here goes on at once, while who waits for SQLite's lock
# sleeps in steps of up to 100 ms. Never held while a body is read.
TURN = threading.Lock()
TIMESTAMPS = ("X-Firebreak-Timestamp", "X-Grafana-Alerting-Timestamp")


@csrf_exempt
@require_POST
@login_not_required
def intake(request: HttpRequest, kind: str) -> JsonResponse:
    """Takes a notification of a kind that `incidents.intake.KINDS` names.

    Answers 202 with what was done, 401 without a known token or a good signature, 413 over 1 MiB, 429 above the sender's
    calls a minute, 400 with a sentence for a malformed body. Alertmanager sends a 5xx again and drops a 4xx: a body that
    can never be read must not come back for hours. The body is kept, so that it can be looked at and taken again.
    """
    if kind not in KINDS:
        raise Http404("No such intake.")
    sender, body, refused = admitted(request, HINTS.get(kind, "Send the alerts in parts."))
    if refused is not None:
        return refused
    with TURN:
        status, answer = answer_to(kind, body)
        IntakePayload.keep(token=sender, kind=kind, body=body, status=status, answer=answer)
    if status != 202:
        log.warning("A notification from %s was refused: %s", sender.name, answer["error"])
    return JsonResponse(answer, status=status)


@csrf_exempt
@require_POST
@login_not_required
def declare(request: HttpRequest) -> JsonResponse:
    """Declares an incident: 201 with its reference and address, 200 when `key` has declared it before."""
    sender, body, refused = admitted(request, "A declaration is a few words of JSON.")
    if refused is not None:
        return refused
    if not sender.may_declare:
        return problem(403, f"The token “{sender.name}” may send alerts, not declare. An administrator can allow it.")
    try:
        fields = declaring.read(json.loads(body))
        incident, is_new = declaring.declare(fields, source="api", key_of=f"api-{sender.pk}")
    except (ValueError, Refused) as why:
        return problem(400, "The body is no JSON." if isinstance(why, json.JSONDecodeError) else str(why))
    said = {
        "reference": incident.reference,
        "url": f"{settings.PUBLIC_URL}{incident.get_absolute_url()}",
        "severity": incident.severity,
        "status": incident.status,
        "declared": is_new,
    }
    return JsonResponse(said, status=201 if is_new else 200)


def admitted(request: HttpRequest, hint: str) -> tuple[Any, bytes, JsonResponse | None]:
    """(sender, body, None), or (None, b"", the refusal): token, calls a minute, size and signature, in this order."""
    token = bearer_of(request)
    sender = IntakeToken.known(token) if token else None
    if sender is None:
        response = problem(401, "This address needs a bearer token that Firebreak knows and that is not revoked.")
        response["WWW-Authenticate"] = 'Bearer realm="firebreak intake"'
        return None, b"", response
    with TURN:
        may_call = sender.may_call()
    if not may_call:
        response = problem(429, f"“{sender.name}” may call {sender.per_minute} times a minute. Group the alerts.")
        response["Retry-After"] = "60"
        return None, b"", response
    body = read_body(request)
    if body is None:
        return None, b"", problem(413, f"The body is larger than {MAX_BYTES // 1024} KiB. {hint}")
    if sender.signed and not sender.signs(body, first_of(request, SIGNATURES), first_of(request, TIMESTAMPS)):
        said = "This sender signs its bodies, and this one has no good signature: HMAC-SHA256 of the body, in hex."
        return None, b"", problem(401, said)
    return sender, body, None


def answer_to(kind: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Takes the alerts of a body: (202, what was done) or (400, {"error": why})."""
    try:
        notification = KINDS[kind](body)
    except Malformed as why:
        return 400, {"error": str(why)}
    return 202, vars(alerts.take(notification, source=kind))


def first_of(request: HttpRequest, names: tuple[str, ...]) -> str:
    """The first of these headers that was sent."""
    return next((request.headers[name] for name in names if request.headers.get(name)), "")


def bearer_of(request: HttpRequest) -> str:
    """The token of the Authorization header; empty when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def read_body(request: HttpRequest) -> bytes | None:
    """The body, or None when it is too large; at most one byte more than allowed is read."""
    try:
        declared = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        declared = 0
    if declared > MAX_BYTES:
        return None
    body = request.read(MAX_BYTES + 1)
    return None if len(body) > MAX_BYTES else body


def problem(status: int, sentence: str) -> JsonResponse:
    """One JSON shape for every refusal."""
    return JsonResponse({"error": sentence}, status=status)
