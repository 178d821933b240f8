"""Words that open one of several ways to do the same: "Option B: Using uv", "For Docker", "Or in Python"."""

from __future__ import annotations

import re
from functools import lru_cache

from plans.document.inline import plain
from plans.document.words import slug

DEPLOYMENTS: tuple[tuple[str, str], ...] = (
    ("systemd", r"\bsystemd\b|\bsystemctl\b"),
    ("kubernetes", r"\bkubernetes\b|\bk8s\b|\bkubectl\b|\bhelm\b"),
    ("docker", r"\bdocker([- ]compose)?\b|\bcontainers?\b"),
    ("dev", r"\b(dev|development|local(ly| machine)?)\b"),
)
_OPTION = re.compile(
    r"^(?:option|alternative|variant|método|opción)\s+(?:[a-z]|\d{1,2})\s*[:.)\-–—]\s*(?P<name>.{1,80})", re.IGNORECASE
)
_FOR = re.compile(r"^(?:for|on|using|with|via|if (?:you )?us(?:e|ing))\s+(?P<name>.{1,60}?):?$", re.IGNORECASE)
_OR = re.compile(r"^or\b[,:]?\s*(?P<name>.{0,80})", re.IGNORECASE)


@lru_cache(maxsize=4096)
def alternative_of(comment: str) -> str:
    """Returns the alternative a comment, label or heading opens: a deployment type or a slug of its name; else empty.

    "For production (systemd)" gives systemd; "Option B: Using uv" gives uv; "Run health check" gives nothing.
    """
    text = plain(comment).strip(" :#")
    option, choice = _OPTION.match(text), _FOR.match(text)
    named = (option or choice).group("name") if option or choice else text if _is_bare_deployment(text) else ""  # type: ignore[union-attr]
    if not named:
        return ""
    if option:
        known = next((name for name, pattern in DEPLOYMENTS if re.fullmatch(pattern, _short(named).lower())), "")
        return known or slug(_short(named))
    return next((name for name, pattern in DEPLOYMENTS if re.search(pattern, named.lower())), "")


def _short(named: str) -> str:
    return re.sub(r"^(using|via|with|by)\s+", "", named.strip(), flags=re.IGNORECASE)


def _is_bare_deployment(text: str) -> bool:
    return any(re.fullmatch(pattern, text.lower()) for _, pattern in DEPLOYMENTS) and len(text.split()) <= 2


def is_or(comment: str) -> bool:
    """Says whether a comment offers another way to do the same ("Or in Python:")."""
    return bool(_OR.match(comment.strip()))
