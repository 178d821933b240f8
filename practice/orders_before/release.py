"""What is special in 1.1.0: it has never heard of the new pricing, and an unknown setting stops its start."""

from collections.abc import Mapping

VERSION = "1.1.0"
SETTINGS = frozenset({"ORDERS_CURRENCY"})


def new_pricing(settings: Mapping[str, str]) -> None:
    """There is none yet."""
