"""The report as files: Markdown for the team's repository, JSON for machines. Printing is the page itself."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from incidents.access import incident_for, retrospective_for
from incidents.markdown_report import to_markdown
from incidents.retrospective_page import RetrospectivePage

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


def _page(request: HttpRequest, pk: int) -> RetrospectivePage:
    incident = incident_for(request.user, pk)
    return RetrospectivePage(incident, retrospective_for(request.user, incident))


def _named(response: Any, page: RetrospectivePage, ending: str) -> HttpResponse:
    name = f"{page.incident.reference.lower()}-retrospective.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
