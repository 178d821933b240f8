"""Shares in words, with the figures that matter. Plain Python."""


def percent(share: float) -> str:
    """A share in words: 0.0076 → "0.76 %", 0.124 → "12.4 %", 0.4 → "40 %"."""
    return f"{_figures(share)} %"


def points_of_percent(share: float) -> str:
    """A difference of shares: 0.005 → "0.5 percentage points"."""
    return f"{_figures(share)} percentage points"


def _figures(share: float) -> str:
    value = share * 100
    return f"{value:.1f}".removesuffix(".0") if value >= 10 else f"{value:.2g}"
