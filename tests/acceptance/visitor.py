"""A person at the pages: reads, follows links, fills in forms, presses buttons by the words on them. No JavaScript."""

import time
from collections.abc import Callable
from urllib.parse import urljoin

import httpx

from tests.acceptance.page import Form, Page

__all__ = ["Page", "Visitor"]


class Visitor:
    """One browser of one person; cookies and the CSRF token are kept as a browser keeps them."""

    def __init__(self, base_url: str) -> None:
        self.client = httpx.Client(
            base_url=base_url, follow_redirects=True, timeout=30.0, headers={"Accept": "text/html"}
        )

    def close(self) -> None:
        self.client.close()

    def get(self, path: str, *, expect: int = 200) -> Page:
        page = Page(self.client.get(path))
        assert page.status == expect, f"GET {path} answered {page.status}, not {expect}:\n{page.text[:3000]}"
        return page

    def press(
        self, page: Page, button: str, *, exact: bool = False, expect: int = 200, **fields: str | list[str]
    ) -> Page:
        """Fills in the form with this button and sends it; choices are taken by their words or their value."""
        return self.submit(page, page.form(button, exact=exact), button, exact=exact, expect=expect, **fields)

    def submit(
        self,
        page: Page,
        form: Form,
        button: str = "",
        *,
        exact: bool = False,
        expect: int = 200,
        **fields: str | list[str],
    ) -> Page:
        """Sends one form as a browser does: what stands in it, what is typed now, and the button that was pressed."""
        sent = {name: list(values) for name, values in form.fields.items()}
        for name, value in fields.items():
            known = sorted({*form.fields, *form.choices})
            assert name in known, f"The form of {button!r} has no field {name!r}: {known}"
            values = [value] if isinstance(value, str) else value
            sent[name] = [self._chosen(form, name, one) for one in values]
        pressed = form.button(button, exact=exact)
        if pressed.name:
            sent[pressed.name] = [pressed.value]
        url = urljoin(page.url, pressed.action or form.action or page.url)
        headers = {"Referer": page.url}
        if form.method == "post":
            answer = Page(self.client.post(url, data=sent, headers=headers))
        else:
            answer = Page(self.client.get(url, params=sent, headers=headers))
        assert answer.status == expect, (
            f"{button!r} ({url}) answered {answer.status}, not {expect}:\n{answer.text[:3000]}"
        )
        return answer

    def follow(self, page: Page, words: str) -> Page:
        return self.get(urljoin(page.url, page.link(words)))

    def wait_for(
        self, path: str, until: Callable[[Page], bool], *, within: float, every: float = 0.5, what: str = ""
    ) -> Page:
        """Reads a page until something holds; fails with what the page says when the time (seconds) is over."""
        ends = time.monotonic() + within
        page = self.get(path)
        while not until(page):
            assert time.monotonic() < ends, (
                f"{path} did not come to {what or 'what was awaited'} within {within:g} s:\n{page.text[:6000]}"
            )
            time.sleep(every)
            page = self.get(path)
        return page

    def wait_until_says(self, path: str, words: str, *, within: float) -> Page:
        return self.wait_for(path, lambda page: page.says(words), within=within, what=f"saying {words!r}")

    @staticmethod
    def _chosen(form: Form, name: str, wanted: str) -> str:
        choices = form.choices.get(name)
        if not choices or wanted in choices.values():
            return wanted
        for words, value in choices.items():
            if wanted.lower() in words.lower():
                return value
        raise AssertionError(f"{name!r} has no choice {wanted!r}: {choices}")
