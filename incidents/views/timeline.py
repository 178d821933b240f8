"""The timeline: the whole of it with filters, notes with files, newer words, stars, exports."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from incidents import moments, timeline_page
from incidents.access import incident_for, may_respond
from incidents.models import Attachment, Refused
from incidents.views.acting import act, posted
from timeline.models import Stream
from timeline.verify import broken_place


@require_GET
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Every line, 200 on a page."""
    incident = incident_for(request.user, pk)
    wanted = timeline_page.wanted_of(request.GET)
    lines = Paginator(timeline_page.lines_of(incident, wanted), timeline_page.PAGE).get_page(request.GET.get("page"))
    stream = Stream.objects.filter(key=incident.stream_key).first()
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "incident": incident,
        "lines": lines,
        "wanted": wanted,
        "actors": timeline_page.actors_of(incident),
        "broken": broken_place(stream) if stream else None,
        "head": stream,
        "query": query.urlencode(),
        "shows": ("everything", "all", "decisions", "messages", "machine"),
        "may_act": may_respond(request.user),
    }
    return render(request, "incidents/timeline.html", context)


@require_GET
def as_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every line for a spreadsheet, with the service's zone and UTC."""
    incident = incident_for(request.user, pk)
    response = HttpResponse(timeline_page.as_csv(incident), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{incident.reference.lower()}-timeline.csv"'
    return response


@require_GET
def as_json(request: HttpRequest, pk: int) -> HttpResponse:
    """Every line with its data and its hashes, so that the chain can be checked elsewhere."""
    incident = incident_for(request.user, pk)
    said = {"stream": incident.stream_key, "reference": incident.reference, "lines": timeline_page.as_rows(incident)}
    response = JsonResponse(said, json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{incident.reference.lower()}-timeline.json"'
    return response


@posted
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Adds a line to the timeline, also one that was first written on paper, also with files."""
    happened = moments.read(request.POST.get("happened_at", ""))
    files = request.FILES.getlist("files")
    return act(
        request,
        pk,
        lambda incident: incident.add_note(
            text=request.POST.get("text", ""), by=request.user, happened_at=happened, files=files
        ),
        done="Noted.",
        saved=f"note-{pk}",
        kinds=None,
    )


@posted
def note_edit(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """New words for a note of one's own; the old ones stay visible."""
    incident = incident_for(request.user, pk, to_act=True)
    try:
        incident.edit_note(line, text=request.POST.get("text", ""), by=request.user)
    except Refused as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "Written anew. The old words stay.", extra_tags=f"saved:note-{pk}-{line}")
    return _back(pk, line)


@posted
def began(request: HttpRequest, pk: int) -> HttpResponse:
    """Says when the fault began; the retrospective then has a time to detect."""
    incident = incident_for(request.user, pk, to_act=True)
    try:
        incident.say_began(moments.read(request.POST.get("began_at", "")), by=request.user)
    except Refused as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "Noted: when the fault began.")
    return redirect("retrospective", pk)


@posted
def star(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Marks a line for the report, or takes the mark back."""
    incident = incident_for(request.user, pk, to_act=True)
    try:
        incident.star_exactly({line} if request.POST.get("star") == "on" else set(), among={line}, by=request.user)
    except Refused as why:
        messages.error(request, str(why))
    return _back(pk, line)


@require_GET
def file(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """A file of a note, always as a download: a browser never shows what somebody uploaded."""
    incident = incident_for(request.user, pk)
    found = Attachment.objects.filter(incident=incident, pk=file).first()
    if found is None:
        raise Http404("No such file.")
    response = HttpResponse(bytes(found.body), content_type=found.content_type)
    response.headers["Content-Disposition"] = _attachment(found.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _attachment(name: str) -> str:
    """The header for any name: letters that it cannot carry are percent-encoded."""

    return str(content_disposition_header(True, name))


def _back(pk: int, line: int) -> HttpResponse:
    return redirect(f"{reverse('incident-timeline', args=[pk])}#line-{line}")
