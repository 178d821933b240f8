"""What monitoring systems send: one file per kind; a body in, plain alerts out."""

from collections.abc import Callable

from incidents.intake import alertmanager, generic, grafana
from incidents.intake.body import Malformed, Notification

# Kind, as it stands in the address, and its reader.
KINDS: dict[str, Callable[[bytes], Notification]] = {
    "alertmanager": alertmanager.read,
    "grafana": grafana.read,
    "generic": generic.read,
}

__all__ = ["KINDS", "Malformed", "Notification"]
