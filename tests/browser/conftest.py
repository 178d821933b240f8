"""A real browser for the few things that only a browser shows; skipped with the reason where none is found."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.prerequisites import find_browser

# Playwright keeps an event loop in this thread; Django would then refuse its database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the whole suite."""
    path = find_browser()
    if not path:
        pytest.skip("no Chromium: install it, or set FIREBREAK_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """`open_page(user, theme="dark", width=400)`: a page of a person who is signed in; `.complaints` lists its errors."""
    with ExitStack() as stack:

        def open_for(user: User | None, *, theme: str = "light", width: int = 1440) -> Any:
            context = chromium.new_context(
                base_url=live_server.url, color_scheme=theme, viewport={"width": width, "height": 900}
            )
            stack.callback(context.close)
            if user is not None:
                context.add_cookies([cookie_of(user, live_server.url)])
            page = context.new_page()
            page.complaints = []
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
            return page

        yield open_for


def cookie_of(user: User, url: str) -> dict[str, str]:
    """The session of a person, for a browser."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}
