"""Chat, push and SMS by the apprise library: one address, one attempt.

apprise says only yes or no. A no is tried again: a page that rings twice does less harm than one that never rang.
"""

import re
from typing import Any

from incidents.channels.outcome import Sent

# They would act on this machine, or send anywhere without the webhook channel's guard.
REFUSED = frozenset(
    "json jsons xml xmls form forms dbus kde qt glib gnome macosx windows syslog rsyslog".split()  # noqa: SIM905
)
ADDRESS_PARTS = re.compile(r"[a-z0-9+.-]+://\S+", re.IGNORECASE)


def problem(url: str) -> str:
    """Why this address cannot be used, as a sentence that never repeats the address; empty when it can."""
    scheme = url.partition("://")[0].strip().lower()
    if not scheme or "://" not in url:
        return "An apprise address begins with its service, such as tgram:// or ntfy://."
    if scheme in REFUSED:
        return f"{scheme}:// is not used here: for your own endpoint choose the webhook channel."
    if _service(url) is None:
        return f"apprise does not understand this {scheme}:// address: compare it with apprise's page of that service."
    return ""


def send(url: str, *, title: str, body: str) -> Sent:
    """Notifies one address; never raises for what the service or a network does."""
    if why := problem(url):
        return Sent("failed", why)
    service = _service(url)
    apprise = _library()
    notifier = apprise.Apprise(asset=_asset())
    notifier.add(service)
    with apprise.LogCapture(level=apprise.logging.WARNING) as log:
        try:
            taken = notifier.notify(title=title, body=body, notify_type=apprise.NotifyType.WARNING)
        except Exception as error:  # a hundred services: none of their mistakes may stop the pager
            return Sent("unknown", f"The service's part of apprise failed: {type(error).__name__}")
        words = without_addresses(log.getvalue())
    return Sent("accepted") if taken else Sent("retry", words or "The service did not take it.")


def _service(url: str) -> Any:
    return _library().Apprise.instantiate(url, asset=_asset(), suppress_exceptions=True)


def _asset() -> Any:
    return _library().AppriseAsset(app_id="Firebreak", app_desc="Firebreak", async_mode=False, secure_logging=True)


def _library() -> Any:
    # 44 MiB with its hundred services: only a process that pages this way pays for it.
    import apprise

    return apprise


def without_addresses(log: str) -> str:
    """The last line of apprise's log, with nothing in it that may hold a password."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return ADDRESS_PARTS.sub("(address)", lines[-1].split(" - ")[-1])[:300] if lines else ""
