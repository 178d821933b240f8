"""The report as files: Markdown for the team's repository, JSON for machines, PDF where the extra is installed. Printing is the
page itself."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from incidents.access import incident_for, retrospective_for
from incidents.markdown_report import to_markdown
from incidents.pdf import typesetting
from incidents.pdf.document import document
from incidents.retrospective_page import RetrospectivePage
from incidents.views import retrospectives
from timeline import domain_time
from timeline.models import Stream

FORMAT = 1


@require_GET
def markdown(request: HttpRequest, pk: int) -> HttpResponse:
    """The report for the team's own repository."""
    page = _page(request, pk)
    state = page.found.get_status_display() if page.found else "Draft"
    body = to_markdown(
        page.report, page.words, is_drill=page.incident.is_drill, drafted=page.drafted_names, state=state
    )
    response = HttpResponse(body, content_type="text/markdown; charset=utf-8")
    return _named(response, page, "md")


@require_GET
def as_json(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that the page says; `drafted` names the parts that nobody wrote over."""
    page = _page(request, pk)
    found = page.found
    said: dict[str, Any] = {
        "format": FORMAT,
        "reference": page.incident.reference,
        "state": found.status if found else "draft",
        "published_at": found.published_at if found else None,
        "is_drill": page.incident.is_drill,
        "words": page.words,
        "drafted": page.drafted_names,
        "report": page.report.to_json(),
        "comments": [
            {"part": row.part, "by": row.by.get_username() if row.by else "", "at": row.at, "text": row.text}
            for row in page.comments
        ],
    }
    return _named(JsonResponse(said, json_dumps_params={"ensure_ascii": False, "indent": 1}), page, "json")


@require_GET
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The report for people who get it as a file; 501 with a sentence where the extra is not installed."""
    page, at = _page(request, pk), domain_time.now()
    if not typesetting.is_installed():
        return retrospectives.page(request, page.incident, refusal=typesetting.MISSING, status=501)
    try:
        made = typesetting.typeset(_document(page, at), at)
    except typesetting.NoPdf as why:
        return retrospectives.page(request, page.incident, refusal=str(why), status=503)
    return _named(HttpResponse(made, content_type="application/pdf"), page, "pdf")


def _document(page: RetrospectivePage, at: datetime) -> dict[str, Any]:
    """What stands in the PDF; the timeline's last line seals what it was read from."""
    found = page.found
    head = Stream.objects.filter(key=page.incident.stream_key).values_list("last_seq", "last_hash").first()
    return document(
        page.report,
        page.words,
        at=at,
        drafted=page.drafted_names,
        state=found.get_status_display() if found else "Draft",
        version=found.version if found else None,
        is_drill=page.incident.is_drill,
        head=head,
    )


def _page(request: HttpRequest, pk: int) -> RetrospectivePage:
    incident = incident_for(request.user, pk)
    return RetrospectivePage(incident, retrospective_for(request.user, incident))


def _named(response: Any, page: RetrospectivePage, ending: str) -> HttpResponse:
    name = f"{page.incident.reference.lower()}-retrospective.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
