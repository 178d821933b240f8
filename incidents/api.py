"""The doors for machines. Sign-in is a bearer token, so there is no cookie and nothing to forge."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from incidents import alerts
from incidents.intake import alertmanager
from incidents.models import IntakeToken

log = logging.getLogger(__name__)
MAX_BYTES = 1024 * 1024


@csrf_exempt
@require_POST
@login_not_required
def intake_alertmanager(request: HttpRequest) -> JsonResponse:
    """Takes a notification of Alertmanager (webhook, version 4).

    Answers 202 with what was done, 401 without a known token, 413 over 1 MiB, 400 with a sentence for a malformed body.
    Alertmanager sends a 5xx again and drops a 4xx: a body that can never be read must not come back for hours.
    """
    token = bearer_of(request)
    sender = IntakeToken.known(token) if token else None
    if sender is None:
        response = problem(401, "This address needs a bearer token that Firebreak knows and that is not revoked.")
        response["WWW-Authenticate"] = 'Bearer realm="firebreak intake"'
        return response
    body = read_body(request)
    if body is None:
        return problem(413, f"The body is larger than {MAX_BYTES // 1024} KiB. Set max_alerts in Alertmanager.")
    try:
        notification = alertmanager.read(body)
    except alertmanager.Malformed as why:
        log.warning("A notification from %s was refused: %s", sender.name, why)
        return problem(400, str(why))
    taken = alerts.take(notification)
    return JsonResponse(vars(taken), status=202)


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
