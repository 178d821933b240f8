"""`POST /api/deploys/`: a pipeline says that a deploy has begun or ended. Sign-in is the bearer token of an intake."""

import json
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from incidents.api import bearer_of, problem, read_body
from incidents.models import IntakeToken
from plans.models import Refused
from rollbacks import deploys
from rollbacks.models import Target

KNOWN = ("service", "environment", "state", "version", "url")


@csrf_exempt
@require_POST
@login_not_required
def mark(request: HttpRequest) -> JsonResponse:
    """Answers 201 with the sentence that people will read; 401, 413, 400 or 404 with one that says what to change."""
    token = bearer_of(request)
    sender = IntakeToken.known(token) if token else None
    if sender is None:
        response = problem(401, "This address needs a bearer token that Firebreak knows and that is not revoked.")
        response["WWW-Authenticate"] = 'Bearer realm="firebreak deploys"'
        return response
    body = read_body(request)
    if body is None:
        return problem(413, "The body of a deploy mark is a few words of JSON; this one is larger than a megabyte.")
    try:
        said = fields_of(body)
    except ValueError as why:
        return problem(400, str(why))
    target = Target.objects.select_related("service", "environment").filter(
        service__slug=said["service"], environment__slug=said["environment"]
    )
    found = target.first()
    if found is None:
        return problem(
            404, f"There is no target {said['service']} {said['environment']}. Both are slugs, as in addresses."
        )
    try:
        marked = deploys.mark(found, state=said["state"], version=said["version"], url=said["url"], who=sender.name)
    except Refused as why:
        return problem(400, str(why))
    return JsonResponse({"target": str(found), "state": marked.state, "says": marked.sentence}, status=201)


def fields_of(body: bytes) -> dict[str, str]:
    """The mark's fields as text. Raises ValueError with the sentence of the refusal."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        raise ValueError("The body is no JSON.") from None
    if not isinstance(said, dict):
        raise ValueError('The body is no object. Send {"service": …, "environment": …, "state": …}.')
    if unknown := sorted(set(said) - set(KNOWN)):
        raise ValueError(f"{unknown[0]} is no field of a deploy mark. Known: {', '.join(KNOWN)}.")
    if missing := [name for name in KNOWN[:3] if not said.get(name)]:
        raise ValueError(f"{missing[0]} is missing.")
    if wrong := [name for name, value in said.items() if not isinstance(value, str) or "\x00" in value]:
        raise ValueError(f"{wrong[0]} must be text.")
    return {name: said.get(name, "") for name in KNOWN}
