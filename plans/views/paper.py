"""The paper pack of a revision: to print, or to keep as a file."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from plans.access import revision_for
from plans.paper import paper_page


@require_GET
def paper(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """As a page, with the values and contacts that the targets have now."""
    return HttpResponse(paper_page(revision_for(request, slug, number), as_file=False))


@require_GET
def paper_file(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """As one file that needs nothing else; never shown by this site, so its own style is no exception to the policy."""
    response = HttpResponse(paper_page(revision_for(request, slug, number), as_file=True))
    response["Content-Disposition"] = f'attachment; filename="{slug}-revision-{number}-paper.html"'
    return response
