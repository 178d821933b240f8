"""Icon + word + colour, always the three together."""

from typing import Any, NamedTuple

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


class Mark(NamedTuple):
    word: str
    icon: str
    tone: str


# The words of docs/glossary.md, with the icon and the colour that belong to them.
RUN = {
    "draft": Mark("Draft", "ring", "is-quiet"),
    "awaiting_approval": Mark("Waiting for approval", "hand", "needs-you"),
    "queued": Mark("Queued", "clock", "is-running"),
    "running": Mark("Running", "dot", "is-running"),
    "waiting": Mark("Waiting for you", "hand", "needs-you"),
    "paused": Mark("Paused", "pause", "is-late"),
    "canceling": Mark("Stopping", "pause", "is-late"),
    "needs_operator": Mark("Outcome unknown", "question", "needs-you"),
    "succeeded": Mark("Done", "check", "is-done"),
    "failed": Mark("Failed", "cross", "needs-you"),
    "timed_out": Mark("Timed out", "clock", "needs-you"),
    "superseded": Mark("Taken over", "skip", "is-quiet"),
    "canceled": Mark("Stopped", "cross", "is-quiet"),
    "rejected": Mark("Refused", "cross", "is-quiet"),
    "expired": Mark("Expired", "clock", "is-quiet"),
}
STEP = {
    **{word: RUN[word] for word in RUN if word in ("queued", "running", "waiting", "succeeded", "failed", "timed_out")},
    **{word: RUN[word] for word in ("canceled", "rejected", "expired")},
    "pending": Mark("Not started", "ring", "is-quiet"),
    "lost": Mark("Outcome unknown", "question", "needs-you"),
    "skipped": Mark("Skipped", "skip", "is-quiet"),
}
VERDICT = {
    "recovered": Mark("Recovered", "check", "is-verified"),
    "not_recovered": Mark("Not recovered", "cross", "needs-you"),
    "inconclusive": Mark("Cannot tell yet", "question", "is-late"),
    "watching": Mark("Checks passed, watching", "dot", "is-running"),
}
INCIDENT = {
    "open": Mark("Open", "dot", "is-running"),
    "resolved": Mark("Resolved", "check", "is-done"),
    "closed": Mark("Closed", "check", "is-quiet"),
    "dismissed": Mark("Dismissed", "cross", "is-quiet"),
    "merged": Mark("Merged", "skip", "is-quiet"),
}
DELIVERY = {
    "pending": Mark("Not sent yet", "ring", "is-quiet"),
    "sending": Mark("Sending", "dot", "is-running"),
    "accepted": Mark("Accepted", "check", "is-done"),
    "failed": Mark("Failed", "cross", "needs-you"),
    "unknown": Mark("Outcome unknown", "question", "needs-you"),
    "kept": Mark("Kept in the outbox", "mail", "is-quiet"),
    "by_hand": Mark("Sent by hand", "hand", "is-done"),
    "no_address": Mark("No address set", "warn", "needs-you"),
}
SEVERITY = {
    "critical": Mark("Critical", "diamond", "severity-critical"),
    "high": Mark("High", "diamond", "severity-high"),
    "medium": Mark("Medium", "diamond", "severity-medium"),
    "low": Mark("Low", "diamond", "severity-low"),
}
KINDS = {"run": RUN, "step": STEP, "verdict": VERDICT, "incident": INCIDENT, "delivery": DELIVERY, "severity": SEVERITY}


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon that takes the text's colour; it says nothing to a screen reader, the word beside it does."""
    return format_html('<span class="icon icon-{} {}" aria-hidden="true"></span>', name, css)


@register.simple_tag
def pill(word: str, icon_name: str = "dot", tone: str = "is-quiet") -> SafeString:
    """Any state as a pill."""
    return format_html('<span class="pill {}">{}{}</span>', tone, icon(icon_name), word)


def mark_for(kind: str, state: str) -> Mark:
    """The mark of a state; an unknown state shows its own name, quietly."""
    return KINDS[kind].get(state) or Mark(state.replace("_", " ").capitalize() or "Unknown", "ring", "is-quiet")


@register.simple_tag
def state(kind: str, value: str, word: str = "") -> SafeString:
    """The state of one of KINDS as a pill: `{% state "run" run.status %}`."""
    mark = mark_for(kind, str(value))
    return pill(word or mark.word, mark.icon, mark.tone)


@register.simple_tag
def state_icon(kind: str, value: str) -> SafeString:
    """Only the icon, coloured, with the word for screen readers; the word stands elsewhere in the row."""
    mark = mark_for(kind, str(value))
    return format_html(
        '<span class="icon icon-{} tone {}" role="img" aria-label="{}"></span>', mark.icon, mark.tone, mark.word
    )


@register.filter
def state_word(value: str, kind: str = "run") -> str:
    """`{{ run.status|state_word:"run" }}`."""
    return mark_for(kind, str(value)).word


@register.simple_tag
def environment(name: str, is_production: bool) -> SafeString:
    """Production wears a mark that staging never has."""
    if is_production:
        return format_html('<span class="production">{}{}</span>', icon("shield"), name)
    return format_html('<span class="environment">{}</span>', name)


@register.simple_tag
def lines(items: list[str]) -> SafeString:
    """Short texts as list items."""
    return format_html_join("", "<li>{}</li>", ((item,) for item in items))


@register.filter
def split_words(text: str | None) -> list[str]:
    """The words of a message's tags."""
    return (text or "").split()


@register.filter
def sent_mark(message: Any) -> Mark:
    """What became of a sent message's mails, as one mark; from its tally."""
    states = message.tally
    everybody, accepted = sum(states.values()), states.get("accepted", 0)
    failed, unknown = states.get("failed", 0), states.get("unknown", 0)
    if message.by_hand_at:
        return Mark("Sent by hand", "hand", "is-done")
    if failed:
        return Mark(f"{failed + unknown} of {everybody} failed", "cross", "needs-you")
    if unknown:
        return Mark(f"{unknown} of {everybody} unknown", "question", "needs-you")
    if everybody and states.get("kept", 0) == everybody:
        return Mark("Kept in the outbox", "mail", "is-quiet")
    if accepted == everybody:
        return Mark(f"{accepted} accepted", "check", "is-done")
    return Mark(f"{accepted} of {everybody} accepted", "dot", "is-running")
