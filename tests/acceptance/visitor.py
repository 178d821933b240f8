"""A person at the pages: reads, follows links, fills in forms, presses buttons by the words on them. No JavaScript."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
UNSEEN = frozenset({"script", "style", "template"})


@dataclass(frozen=True)
class Button:
    """One way to send a form."""

    words: str = ""
    name: str = ""
    value: str = ""
    action: str = ""


@dataclass
class Form:
    """One form as it was drawn: where it goes, what it carries, the words on its buttons."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)  # field → words → value
    buttons: list[Button] = field(default_factory=list)
    id: str = ""

    def offers(self, words: str, *, exact: bool = False) -> bool:
        return any(says(button, words, exact) for button in self.buttons)

    def button(self, words: str, *, exact: bool = False) -> Button:
        """The first button with these words; a form may also be sent without one."""
        return next((button for button in self.buttons if says(button, words, exact)), Button())


def says(button: Button, words: str, exact: bool) -> bool:
    return button.words == words if exact else words.lower() in button.words.lower()


class _Reader(HTMLParser):
    """Collects forms, links and the text that a person sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.open: list[Form] = []
        self.hidden = 0
        self.capture: list[tuple[str, list[str]]] = []
        self.pending: dict[str, str | None] = {}
        self.select: tuple[Form, str] | None = None
        self.option: dict[str, str | None] = {}
        self.later: list[Callable[[], None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in UNSEEN:
            self.hidden += 1
        elif tag == "form":
            form = Form(said.get("action") or "", (said.get("method") or "get").lower(), id=said.get("id") or "")
            self.forms.append(form)
            self.open.append(form)
            if form.id:
                self.by_id[form.id] = form
        elif tag in ("a", "button", "textarea", "option"):
            self.capture.append((tag, []))
            if tag == "option":
                self.option = said
            else:
                self.pending = said
        elif tag == "input":
            self._within(said, lambda form: self._input(form, said))
        elif tag == "select":
            name = said.get("name") or ""
            form = self._form_of(said)
            if form is not None and name:
                form.choices.setdefault(name, {})
                self.select = (form, name)
        if tag not in VOID and tag not in ("a", "span", "b", "strong", "em", "code", "abbr", "time", "small"):
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.hidden -= 1
        elif tag == "form" and self.open:
            self.open.pop()
        elif tag == "select":
            self.select = None
        elif self.capture and self.capture[-1][0] == tag:
            self._captured(tag, "".join(self.capture.pop()[1]))
        self.words.append(
            " "
            if tag in ("p", "div", "li", "td", "th", "tr", "h1", "h2", "h3", "dt", "dd", "section", "button", "label")
            else ""
        )

    def handle_data(self, data: str) -> None:
        for _, parts in self.capture:
            parts.append(data)
        if not self.hidden:
            self.words.append(data)

    def finish(self) -> None:
        """Forms that fields name by `form=` may stand below them."""
        for act in self.later:
            act()

    def _form_of(self, said: dict[str, str | None]) -> Form | None:
        named = said.get("form")
        return self.by_id.get(named) if named else (self.open[-1] if self.open else None)

    def _within(self, said: dict[str, str | None], act: Callable[[Form], None]) -> None:
        if said.get("form") and said["form"] not in self.by_id:
            self.later.append(lambda: self._within_late(said, act))
            return
        form = self._form_of(said)
        if form is not None:
            act(form)

    def _within_late(self, said: dict[str, str | None], act: Callable[[Form], None]) -> None:
        form = self.by_id.get(said.get("form") or "")
        if form is not None:
            act(form)

    def _input(self, form: Form, said: dict[str, str | None]) -> None:
        kind, name, value = (said.get("type") or "text").lower(), said.get("name") or "", said.get("value") or ""
        if kind in ("submit", "image"):
            form.buttons.append(Button(value, name, value, said.get("formaction") or ""))
        elif kind in ("radio", "checkbox"):
            form.choices.setdefault(name, {})[value or "on"] = value or "on"
            if "checked" in said:
                form.fields.setdefault(name, []).append(value or "on")
        elif name and kind not in ("file", "button", "reset") and "disabled" not in said:
            form.fields.setdefault(name, []).append(value)

    def _captured(self, tag: str, words: str) -> None:
        said, raw = (self.option if tag == "option" else self.pending), words
        words = squeeze(words)
        if tag == "a":
            self.links.append((words or (said.get("aria-label") or ""), said.get("href") or ""))
        elif tag == "button" and (said.get("type") or "submit") == "submit":
            label = said.get("aria-label") or words
            button = Button(label, said.get("name") or "", said.get("value") or "", said.get("formaction") or "")
            self._within(said, lambda form: form.buttons.append(button))
        elif tag == "textarea":
            # A browser drops one newline behind the tag and keeps all others.
            self._within(
                said, lambda form: form.fields.setdefault(said.get("name") or "", []).append(raw.removeprefix("\n"))
            )
        elif tag == "option" and self.select:
            form, name = self.select
            given = said.get("value")
            value = words if given is None else given
            form.choices[name][words] = value
            if "selected" in said:
                form.fields[name] = [value]
            else:
                form.fields.setdefault(name, [value])


def squeeze(text: str) -> str:
    """Returns the text as one line, with every run of white space as one space."""
    return re.sub(r"\s+", " ", text).strip()


class Page:
    """What came back: status, address, text, forms, links."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.url = str(response.url)
        self.html = response.text
        reader = _Reader()
        reader.feed(self.html)
        reader.finish()
        self.forms, self.links, self.text = reader.forms, reader.links, squeeze("".join(reader.words))

    def form(self, button: str, *, exact: bool = False) -> Form:
        """Returns the first form with these words on a button; says which buttons there are when there is none."""
        for form in self.forms:
            if form.offers(button, exact=exact):
                return form
        there = sorted({one.words for form in self.forms for one in form.buttons})
        raise AssertionError(
            f"No button says {button!r} on {self.url} ({self.status}); there are {there}.\n{self.text[:3000]}"
        )

    def offers(self, button: str) -> bool:
        return any(form.offers(button) for form in self.forms)

    def link(self, words: str) -> str:
        """Returns where the first link with these words leads."""
        for said, href in self.links:
            if words.lower() in said.lower():
                return href
        raise AssertionError(f"No link says {words!r} on {self.url}; there are {[said for said, _ in self.links]}.")

    def says(self, words: str) -> bool:
        return squeeze(words).lower() in self.text.lower()

    def must_say(self, *sentences: str) -> "Page":
        for words in sentences:
            assert self.says(words), f"{self.url} does not say {words!r}:\n{self.text[:6000]}"
        return self


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
