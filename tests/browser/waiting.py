"""Waits for a state of a page without evaluating a string in it: the page's own policy forbids that, and shall."""

import time
from typing import Any

from playwright.sync_api import Error


def wait_until_true(page: Any, expression: str, arg: Any = None, seconds: float = 30) -> None:
    """Asks until `expression` is true, also across a navigation.

    `Page.wait_for_function` is no help here: only its first look is exempt from the Content-Security-Policy, each
    later one is an `eval` inside the page.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if page.evaluate(expression, arg):
                return
        except Error as error:
            if "context was destroyed" not in str(error) and "navigat" not in str(error):
                raise
        page.wait_for_timeout(50)
    raise AssertionError(f"Not true within {seconds:g} s on {page.url}: {expression}")
