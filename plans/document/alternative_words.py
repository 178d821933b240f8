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
    ("pm2", r"\bpm2\b"),
    ("dev", r"\b(dev|development|local(ly| machine)?)\b"),
)
_OPTION = re.compile(
    r"^(?:option|alternative|variant|método|opción)\s+(?:[a-z]|\d{1,2})\s*[:.)\-–—]\s*(?P<name>.{1,80})", re.IGNORECASE
)
_FOR = re.compile(r"^(?:for|on|using|with|via|if (?:you )?us(?:e|ing))\s+(?P<name>.{1,60}?):?$", re.IGNORECASE)
_IN = re.compile(
    r"^(?:in|en|con|para|mit|für|avec|pour|com|em|sur|bei)\s+(?P<name>\S+(?:\s\S+){0,2}?):?$", re.IGNORECASE
)
OR = r"or|oder|ou(?: bien)?|o bien"
EXAMPLE = r"(?:(?:for|as an) )?example|e\.g\.?|ejemplo|exemple|beispiel|exemplo"
"""Words in front of another way; an example is another way to write the command above it."""
_EXAMPLE = re.compile(rf"(?:{EXAMPLE})\s*:?", re.IGNORECASE)
_OR = re.compile(rf"^(?:{OR})\b[,:]?\s*(?P<name>.{{0,80}})", re.IGNORECASE)


@lru_cache(maxsize=4096)
def alternative_of(comment: str) -> str:
    """Returns the alternative a comment, label or heading opens: a deployment type or a slug of its name; else empty.

    "For production (systemd)" gives systemd; "Option B: Using uv" gives uv; "Run health check" gives nothing.
    """
    text = plain(comment).strip(" :#")
    option, choice = _OPTION.match(text), _FOR.match(text) or _IN.match(text)
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
    """Says whether a comment offers another way to do the same ("Or in Python:"); an example is never run beside it."""
    return bool(_OR.match(comment.strip())) or is_example(comment)


def is_example(comment: str) -> bool:
    """Says whether a comment announces an example of the command above it."""
    return bool(_EXAMPLE.fullmatch(comment.strip()))
