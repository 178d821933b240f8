"""Times as a person at 3 a.m. reads them: T+ and clock together, 24 h, offset shown, UTC in the tooltip.

Every tag writes the right text without script; `static/js/clocks.js` then keeps the ticking ones moving.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from timeline.domain_time import now

register = template.Library()
MINUTE, HOUR, DAY = 60, 3600, 86400


def _seconds(value: float | timedelta) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _in_utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _offset(local: datetime) -> str:
    text = local.strftime("%z")
    return f"{text[:3]}:{text[3:5]}"


@register.filter
def duration(value: float | timedelta | None) -> str:
    """Seconds as "3:24", "2 h 10 min" or "3 d 4 h"; nothing for None."""
    if value is None:
        return ""
    whole = max(0, int(_seconds(value)))
    if whole < HOUR:
        return f"{whole // MINUTE}:{whole % MINUTE:02d}"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


@register.filter
def took(value: float | None) -> str:
    """A short length: "0.3 s" under ten seconds, else like `duration`."""
    if value is None:
        return ""
    return f"{float(value):.1f} s" if float(value) < 10 else duration(value)


@register.filter
def promised(value: float | None) -> str:
    """A promised length in words: "5 min", "90 s", "2 h"; nothing for None."""
    if value is None:
        return ""
    whole = int(value)
    if whole % HOUR == 0 and whole:
        return f"{whole // HOUR} h"
    return f"{whole // MINUTE} min" if whole % MINUTE == 0 and whole else f"{whole} s"


@register.filter
def run_seconds(run: Any) -> float | None:
    """How long a run's commands took; None before its end."""
    if run.started_at is None or run.finished_at is None:
        return None
    return (run.finished_at - run.started_at).total_seconds()


@register.filter
def offset(value: float | timedelta | None) -> str:
    """A phase's place on the plan: "T+0", "T+15", "T+24h"; minutes, as plans write them."""
    if value is None:
        return ""
    whole = int(_seconds(value))
    if whole >= 2 * HOUR and whole % HOUR == 0:
        return f"T+{whole // HOUR}h"
    return f"T+{whole // MINUTE}" if whole % MINUTE == 0 else f"T+{duration(whole)}"


@register.filter
def plus(at: datetime | None, start: datetime | None) -> str:
    """How long after the start something happened: "T+9:33"."""
    if at is None or start is None:
        return ""
    length = (at - start).total_seconds()
    return f"T{'−' if length < 0 else '+'}{duration(abs(length))}"


def _age(seconds: float) -> str:
    whole = max(0, int(seconds))
    if whole < 2:
        return "just now"
    if whole < MINUTE:
        return f"{whole} s ago"
    if whole < HOUR:
        return f"{whole // MINUTE} min ago"
    return f"{whole // HOUR} h ago" if whole < DAY else f"{whole // DAY} d ago"


def _ticking(kind: str, at: datetime, text: str, css: str = "", stale_after: int = 0) -> SafeString:
    html = '<time data-clock="{}" class="{}" datetime="{}" title="{}" data-stale="{}">{}</time>'
    return format_html(html, kind, css, _utc(at), _in_utc(at), stale_after or "", text)


@register.simple_tag
def tplus(start: datetime) -> SafeString:
    """The ticking T+ since `start`."""
    return format_html(
        '<time data-clock="plus" datetime="{}" title="{}">{}</time>', _utc(start), _in_utc(start), plus(now(), start)
    )


@register.simple_tag
def since(start: datetime) -> SafeString:
    """A ticking length since `start`, like 2:04."""
    text = duration((now() - start).total_seconds())
    return _ticking("since", start, text)


@register.simple_tag
def until(end: datetime) -> SafeString:
    """A ticking countdown to `end`; afterwards how late it is, in amber."""
    late = (now() - end).total_seconds()
    text = f"{duration(late)} late" if late > 0 else duration(-late)
    css = "tone is-late" if late > 0 else ""
    return format_html(
        '<time data-clock="until" class="{}" datetime="{}" title="{}">{}</time>', css, _utc(end), _in_utc(end), text
    )


@register.simple_tag
def ago(at: datetime | None, stale_after: int = 0) -> SafeString | str:
    """The ticking age of data, greyed once older than `stale_after` seconds; "never" for None."""
    if at is None:
        return "never"
    age = (now() - at).total_seconds()
    css = "stale" if stale_after and age > stale_after else ""
    return _ticking("age", at, _age(age), css, stale_after)


@register.simple_tag
def clock(at: datetime | None, seconds: bool = False, offset: bool = True) -> SafeString | str:
    """A moment: "14:07 +01:00", with the day when it is not today; UTC in the tooltip."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localtime(now()).date()
    text = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    if local.date() != today:
        day = f"{local.strftime('%a')} {local.day} {local.strftime('%b')}"
        text = f"{day}{'' if local.year == today.year else f' {local.year}'}, {text}"
    if offset:
        text = f"{text} {_offset(local)}"
    return format_html('<time datetime="{}" title="{}">{}</time>', _utc(at), _in_utc(at), text)


@register.simple_tag
def day(at: datetime | None) -> SafeString | str:
    """A day: "Mon 23 Nov 2026"."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    text = f"{local.strftime('%a')} {local.day} {local.strftime('%b %Y')}"
    return format_html('<time datetime="{}" title="{}">{}</time>', _utc(at), _in_utc(at), text)


@register.simple_tag
def server_now() -> str:
    """The domain's now, for the page's clocks."""
    return now().astimezone(UTC).isoformat(timespec="milliseconds")
