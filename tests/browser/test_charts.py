"""The charts where scripts run: drawn by uPlot under the strict policy, updated in place, while the SVG stays for paper."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from rollbacks.models import Sample
from tests.browser import scenes
from tests.browser.waiting import wait_until_true

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Any]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_are_drawn_without_a_word_of_the_policy(open_page: OpenPage, responder: User, theme: str) -> None:
    incident = scenes.not_recovered(responder)
    page = open_page(responder, theme=theme)
    page.goto(incident.get_absolute_url())
    page.wait_for_selector("figure.is-drawn canvas")
    assert page.locator("figure.is-drawn").count() == 2
    assert page.locator("svg.chart").first.is_hidden()
    assert page.complaints == []


def test_a_chart_is_updated_in_place_and_reads_the_value_under_the_pointer(
    open_page: OpenPage, responder: User
) -> None:
    incident = scenes.not_recovered(responder)
    page = open_page(responder)
    page.goto(incident.get_absolute_url())
    page.wait_for_selector("figure.is-drawn canvas")
    page.evaluate("document.querySelector('.drawn canvas').dataset.same = 'yes'")
    Sample.objects.filter(target=incident.target).update(errors=0)
    page.evaluate(f"htmx.trigger('#incident', 'sse:incident-{incident.pk}')")
    wait_until_true(page, "document.querySelector('figure[data-chart] b').textContent.startsWith('0 %')")
    assert page.locator(".drawn canvas[data-same]").count() == 1
    page.locator(".drawn .u-over").first.hover()
    wait_until_true(page, "document.querySelector('.drawn .reading').textContent.endsWith('%')")
    assert page.complaints == []


def test_paper_and_pages_without_scripts_have_the_svg(open_page: OpenPage, responder: User) -> None:
    incident = scenes.not_recovered(responder)
    page = open_page(responder)
    page.goto(incident.get_absolute_url())
    page.wait_for_selector("figure.is-drawn canvas")
    page.emulate_media(media="print")
    assert page.locator("svg.chart").first.is_visible()
    assert page.locator(".drawn").first.is_hidden()
