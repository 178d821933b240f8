"""What every page's frame shows: places, live incidents, and which part of the product is down and what to do then."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from incidents import health as product


@dataclass(frozen=True)
class Place:
    """One entry of the navigation."""

    name: str
    url: str
    is_current: bool = False
    count: int = 0
    what: str = ""
    tone: str = ""


NOTHING_KNOWN = product.Summary()


@dataclass(frozen=True)
class Shell:
    """The frame of one page."""

    places: list[Place] = field(default_factory=list)
    more_places: list[Place] = field(default_factory=list)
    live: list[Any] = field(default_factory=list)
    banners: list[product.Banner] = field(default_factory=list)
    health: product.Summary = NOTHING_KNOWN


PLACES = (("Incidents", "now"), ("Plans", "plans"), ("Drills", "drills"), ("Reports", "reports"))
MORE_PLACES = (
    ("Action items", "actions"),
    ("Search", "search"),
    ("Intake", "senders"),
    ("My shift", "shift"),
    ("Services", "services"),
    ("Targets", "targets"),
    ("People", "people"),
    ("Health", "health"),
    ("Change password", "password"),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame, computed only when a template asks: a fragment has no frame."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"shell": Shell()}
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> Shell:
    parts, live = product.parts(), _live_incidents()
    return Shell(
        places=_places(PLACES, request.path, {"now": (len(live), "live", "needs-you")}),
        more_places=_places(_for_person(request.user), request.path, {}),
        live=live,
        banners=product.banners(parts),
        health=product.summary(parts),
    )


def _for_person(person: Any) -> tuple[tuple[str, str], ...]:
    """The further places without those that would refuse this person."""
    may_manage = person.has_perm("auth.change_user")
    refused = set() if may_manage else {"people"}
    if not person.has_perm("incidents.respond"):
        refused |= {"shift", "senders"}
    return tuple(place for place in MORE_PLACES if place[1] not in refused)


def _live_incidents() -> list[Any]:
    """The open incidents, oldest first; at most twenty, because the frame is on every page."""
    from incidents.models import Incident

    return list(Incident.objects.filter(status="open").only("pk", "title", "detected_at").order_by("detected_at")[:20])


def _places(names: tuple[tuple[str, str], ...], path: str, counts: dict[str, tuple[int, str, str]]) -> list[Place]:
    places = []
    for name, url_name in names:
        try:
            url = reverse(url_name)
        except NoReverseMatch:
            continue
        count, what, tone = counts.get(url_name, (0, "", ""))
        is_current = (
            path == url or (url != "/" and path.startswith(url)) or (url == "/" and path.startswith("/incidents/"))
        )
        places.append(Place(name, url, is_current, count, what, tone))
    return places
