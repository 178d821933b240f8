"""Who sends alerts, what they sent last, and taking a body again."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from incidents import api
from incidents.access import require_responder
from incidents.intake import KINDS
from incidents.models import IntakePayload, IntakeToken

SHOWN = 100
MAKE = "incidents.add_intaketoken"


@require_GET
def senders(request: HttpRequest) -> HttpResponse:
    """The senders with their last call, and the newest bodies."""
    require_responder(request.user)
    payloads = IntakePayload.objects.select_related("token").defer("body")
    if request.GET.get("refused"):
        payloads = payloads.exclude(status=202)
    context = {
        "tokens": IntakeToken.objects.select_related("created_by"),
        "payloads": payloads[:SHOWN],
        "refused": bool(request.GET.get("refused")),
        "kinds": [(kind, request.build_absolute_uri(reverse("intake", args=[kind]))) for kind in KINDS],
        "may_make": request.user.has_perm(MAKE),
    }
    return render(request, "incidents/senders.html", context)


@require_POST
@permission_required(MAKE, raise_exception=True)
def make_token(request: HttpRequest) -> HttpResponse:
    """A token, shown once; with the secret that signs, where the sender can sign."""
    name = request.POST.get("name", "").strip()[:120]
    if not name:
        messages.error(request, "Say who sends with it: a name.")
        return redirect("senders")
    row, token = IntakeToken.make(
        name=name,
        by=request.user,
        signed=request.POST.get("signed") == "on",
        may_declare=request.POST.get("may_declare") == "on",
    )
    messages.warning(request, f"The token of “{name}”, shown only now: {token}")
    if row.signed:
        messages.warning(request, f"It signs with this secret, shown only now: {row.signing_secret}")
    return redirect("senders")


@require_POST
@permission_required(MAKE, raise_exception=True)
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Its sender is refused from now on."""
    row = get_object_or_404(IntakeToken, pk=pk)
    row.revoke(by=request.user)
    messages.success(request, f"Revoked: {row.name}.")
    return redirect("senders")


@require_GET
def payload(request: HttpRequest, pk: int) -> HttpResponse:
    """One body as it came, with the answer."""
    require_responder(request.user)
    found = get_object_or_404(IntakePayload.objects.select_related("token"), pk=pk)
    return render(request, "incidents/payload.html", {"payload": found})


@require_POST
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a body again: after a new rule, or to see what a sender's text becomes. What is known stays one row."""
    require_responder(request.user)
    found = get_object_or_404(IntakePayload, pk=pk)
    if found.body is None:
        messages.error(request, "This body was too large to keep; it cannot be taken again.")
        return redirect("intake-payload", pk)
    status, answer = api.answer_to(found.kind, bytes(found.body))
    found.mark_replayed(by=request.user, answer=answer)
    if status == 202:
        messages.success(request, f"Taken again: {words_of(answer)}.")
    else:
        messages.error(request, answer["error"])
    return redirect("intake-payload", pk)


def words_of(answer: dict[str, object]) -> str:
    """ "1 new, 2 known, declared INC-4"."""
    parts = [
        f"{answer.get('received', 0)} new",
        f"{answer.get('repeated', 0)} known",
        f"{answer.get('resolved', 0)} over",
    ]
    for name in ("declared", "attached", "unassigned"):
        if found := answer.get(name):
            parts.append(f"{name} {', '.join(dict.fromkeys(map(str, found)))}")  # type: ignore[call-overload]
    return ", ".join(parts)
