"""What is special in 1.2.0: it knows ORDERS_NEW_PRICING and brings the pricing that it turns on."""

from collections.abc import Mapping

from .pricing import NewPricing

VERSION = "1.2.0"
SETTINGS = frozenset({"ORDERS_CURRENCY", "ORDERS_NEW_PRICING"})


def new_pricing(settings: Mapping[str, str]) -> NewPricing | None:
    """The feature when its flag is on (the default), else None."""
    return NewPricing() if settings.get("ORDERS_NEW_PRICING", "on") == "on" else None
