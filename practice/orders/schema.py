"""The types of the shop and how each field is answered."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .execute import ResolverError, Schema
from .store import Store

if TYPE_CHECKING:
    from .pricing import NewPricing

MOST_ORDERS = 100


def plain(name: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Any]:
    """Answers a field with the parent's value of that name."""
    return lambda parent, arguments: parent[name]


def build_schema(store: Store, *, pricing: "NewPricing | None", fails: Callable[[str], bool]) -> Schema:
    """The resolvers. `fails("flag")` and `fails("version")` say whether the fault of that kind hits this request."""

    def orders(parent: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        if fails("version"):
            raise ResolverError("The order book could not be read: unexpected column layout.")
        limit = arguments.get("limit") or 10
        if not isinstance(limit, int) or not 0 < limit <= MOST_ORDERS:
            raise ResolverError(f"limit must be between 1 and {MOST_ORDERS}.")
        return store.orders(limit=limit)

    def order(parent: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        number = str(arguments.get("id", ""))
        found = store.orders(limit=1, order_id=int(number)) if number.isdigit() else []
        return found[0] if found else None

    def price(parent: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        if pricing is None:
            return old_price(parent)
        if fails("flag") and parent["id"] == "1":
            raise ResolverError("No pricing rule matches order 1.")
        return pricing.price(parent)

    price_fields = {"amount": plain("amount"), "currency": plain("currency")}
    return {
        "Query": {"orders": orders, "order": order, "__schema": lambda parent, arguments: {"__typename": "__Schema"}},
        "__Schema": {"queryType": lambda parent, arguments: {"__typename": "__Type", "name": "Query"}},
        "__Type": {"name": plain("name")},
        "Order": {
            "id": plain("id"),
            "customer": plain("customer"),
            "placedOn": plain("placedOn"),
            "status": plain("status"),
            "lines": plain("lines"),
            "price": price,
        },
        "Line": {"product": plain("product"), "quantity": plain("quantity")},
        "Product": {"sku": plain("sku"), "name": plain("name")},
        "Price": price_fields,
        "QuotedPrice": {**price_fields, "discount": plain("discount")},
    }


def old_price(order: Mapping[str, Any]) -> dict[str, Any]:
    """The sum of the lines, as it was before the new pricing."""
    cents = sum(line["quantity"] * line["cents"] for line in order["lines"])
    return {"__typename": "Price", "amount": f"{cents / 100:.2f}", "currency": "EUR"}
