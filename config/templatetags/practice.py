"""`{% load practice %}{% practice_panel %}`: the practice service on the front page; nothing where it is left out."""

from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string

from config.practice_views import MAY, read_practice

register = template.Library()


@register.simple_tag(takes_context=True)
def practice_panel(context: Context) -> str:
    """The panel with its buttons, for the person who asks."""
    practice = read_practice()
    if practice is None:
        return ""
    request = context["request"]
    facts: dict[str, Any] = {"practice": practice, "may_break": request.user.has_perm(MAY)}
    return render_to_string("practice/panel.html", facts, request=request)
