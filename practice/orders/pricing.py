"""The feature of 1.2.0: prices as quotes with a discount, behind ORDERS_NEW_PRICING. Not in the wheel of 1.1.0."""

import logging
from collections.abc import Mapping
from typing import Any

log = logging.getLogger("practice_orders.pricing")
RULES = ((20000, 10), (10000, 5), (0, 0))  # from this many cents on, this many per cent off


class NewPricing:
    """Quotes a price. Its first line in the log is what the rollback plan looks for."""

    type_name = "QuotedPrice"

    def __init__(self) -> None:
        log.info("New pricing initialised with %d rules", len(RULES))

    def price(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """The sum of the lines less the discount, in whole cents."""
        cents = sum(line["quantity"] * line["cents"] for line in order["lines"])
        percent = next(percent for least, percent in RULES if cents >= least)
        return {
            "__typename": self.type_name,
            "amount": f"{cents * (100 - percent) / 10000:.2f}",
            "currency": "EUR",
            "discount": percent,
        }
