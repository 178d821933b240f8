"""A page as a person reads it: its words, its links, its forms with the words on their buttons. No JavaScript."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

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
