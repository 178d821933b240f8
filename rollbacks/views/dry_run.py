"""The confirm sheet's second button: show everything, do only what reads."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from rollbacks import dry_run as dry
from rollbacks.access import run_for
from rollbacks.models import Refused
from rollbacks.views.acting import posted


@posted
def dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Starts a dry run of this draft and shows it; a refusal is said on the sheet."""
    draft = run_for(request, pk)
    try:
        run = dry.dry_run(draft, by=request.user)
    except Refused as refused:
        messages.warning(request, str(refused))
        return redirect("confirm-run", pk)
    return redirect(run)
