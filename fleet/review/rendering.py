"""Pages made of thousands of values, which are let go of at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import Engine, RequestContext


def render_freely(request: HttpRequest, name: str, values: Mapping[str, Any]) -> HttpResponse:
    """Return the page as `render` does, without leaving its values to the garbage collector.

    A template's context refers to itself: what is in it would stay until the collector looks for
    it, in the middle of somebody's answer.
    """
    context = RequestContext(request, dict(values))
    page = Engine.get_default().get_template(name).render(context)
    context.dicts.clear()
    return HttpResponse(page)
