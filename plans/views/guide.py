"""The guided way from "read" to "can run": one question at a time, each answer an edit of the document."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from plans.access import guide_for, may_edit
from plans.guide_page import answer_words, guide_page, reason_of
from plans.models import Guide, Refused, Stale
from plans.questions import Question, Unanswered, answer, ask, edit_lines


@require_http_methods(["GET", "POST"])
@may_edit
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """The first open question; a POST answers it, or replaces its lines by what was typed."""
    found = guide_for(request, slug)
    if request.method == "GET":
        return _page(request, found)
    question = _asked(request, found)
    if question is None:
        return _page(request, found, refusal="That question is answered already. Go on from here.", status=409)
    try:
        text, words = _answered(request, found, question)
        found.answer(question=question.title, answer=words, text=text, seen=_version(request))
    except (Unanswered, Refused) as refused:
        return _page(request, found, refusal=str(refused), given=request.POST.dict(), status=422)
    if any(
        one.key == question.key and one.title == question.title for one in ask(found.text, frozenset(found.skipped))
    ):
        messages.info(request, "Written into the text. The question is still open: see what it says now.")
    return redirect("plan-guide", slug=slug)


@require_POST
@may_edit
def undo(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes the newest answer back."""
    found = guide_for(request, slug)
    try:
        last = found.undo(seen=_version(request))
    except Refused as refused:
        return _page(request, found, refusal=str(refused), status=409)
    messages.success(request, f"Taken back: {last['question']}")
    return redirect("plan-guide", slug=slug)


@require_POST
@may_edit
def skip(request: HttpRequest, slug: str) -> HttpResponse:
    """Leaves a question open that may stay so."""
    found = guide_for(request, slug)
    question = _asked(request, found)
    if question is not None and not question.must:
        found.skip(question.key)
    return redirect("plan-guide", slug=slug)


@require_POST
@may_edit
def saving(request: HttpRequest, slug: str) -> HttpResponse:
    """All answers as one new revision."""
    found = guide_for(request, slug)
    reason = request.POST.get("reason", "").strip() or reason_of(found.answers, can_run=_can_run(found))
    open_ends = not _can_run(found)
    try:
        revision = found.save_revision(by=request.user, reason=reason, seen=_version(request))
    except Stale as stale:
        return _page(request, found, refusal=str(stale), status=409)
    except Refused as refused:
        return _page(request, found, refusal=str(refused), status=422)
    word = (
        "It cannot run yet."
        if revision.problems
        else "Not everything is answered yet."
        if open_ends
        else "It waits for an approval before it can run."
    )
    messages.success(request, f"Saved as revision {revision.number}. {word}")
    return redirect("plan", slug=slug)


@require_POST
@may_edit
def start_over(request: HttpRequest, slug: str) -> HttpResponse:
    """Drops the answers, or takes them over onto the latest revision (`act=take-over`)."""
    found = guide_for(request, slug)
    if request.POST.get("act") != "take-over":
        found.delete()
        messages.success(request, "Your answers are dropped; the questions begin anew with the latest revision.")
    elif not found.rebase():
        refusal = "Your answers and the newer revision changed the same lines. Begin anew; the questions are fewer now."
        return _page(request, found, refusal=refusal, status=409)
    return redirect("plan-guide", slug=slug)


def _can_run(found: Guide) -> bool:
    return not any(one.must for one in ask(found.text))


def _asked(request: HttpRequest, found: Guide) -> Question | None:
    key = request.POST.get("question", "")
    return next((one for one in ask(found.text, frozenset(found.skipped)) if one.key == key), None)


def _answered(request: HttpRequest, found: Guide, question: Question) -> tuple[str, str]:
    """The new text and the words of the answer."""
    if request.POST.get("act") == "edit":
        first, last = question.region
        return edit_lines(found.text, first, last, request.POST.get("lines", "")), "edited by hand"
    given = request.POST.dict()
    return answer(found.text, question, given), answer_words(question, given)


def _version(request: HttpRequest) -> int:
    said = request.POST.get("version", "")
    return int(said) if said.isdecimal() and len(said) < 9 else -1


def _page(
    request: HttpRequest, found: Guide, *, refusal: str = "", given: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    newest = found.plan.revisions.order_by("-number").values_list("number", flat=True).first()
    page = guide_page(found, given)
    context = {
        "plan": found.plan,
        "guide": found,
        "page": page,
        "newest": newest,
        "is_stale": newest != found.base.number,
        "source": found.plan.followed,
        "reason": reason_of(found.answers, can_run=page.can_run),
        "refusal": refusal,
    }
    return render(request, "plans/guide.html", context, status=status)


@require_GET
@may_edit
def markdown(request: HttpRequest, slug: str) -> HttpResponse:
    """The answered text as a file, for a plan whose text is kept elsewhere."""
    found = guide_for(request, slug)
    response = HttpResponse(found.text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.md"'
    return response
