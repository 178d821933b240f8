"""Nobody works with a one-time password: the first page after sign-in is the choice of one's own."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve

# Kept in the session: one look at the timeline per sign-in, none per page.
PENDING = "one-time-password"
OPEN = {"password", "sign-out", "sign-in", "healthz", "live"}


class OneTimePasswordMiddleware:
    """Sends a person with a pending one-time password to the password page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Runs after the sign-in check, so that the session is read only for people who have one."""
        if not request.user.is_authenticated or PENDING not in request.session:
            return None
        if resolve(request.path_info).url_name in OPEN:
            return None
        return redirect("password")
