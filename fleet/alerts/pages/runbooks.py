"""The runbooks as HTML. They are ours, and still nothing in them becomes markup but Markdown."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from markdown_it import MarkdownIt

# Raw HTML is shown as text, and links lead to http, https, mailto or our own pages only.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")


def runbook_html(kind: str) -> SafeString:
    """Return the runbook of a known kind in the active language, else in English.

    Its first heading, which is the kind's code, is left out.
    """
    return _runbook(kind, get_language() or "en")


@cache
def _runbook(kind: str, language: str) -> SafeString:
    folder = settings.BASE_DIR / "docs" / "runbooks"
    own = folder / language / f"{kind}.md"
    text = (own if own.is_file() else folder / f"{kind}.md").read_text()
    return markdown_html(text.partition("\n")[2])


def markdown_html(text: str) -> SafeString:
    """Return Markdown as HTML that holds no script, no style and no picture."""
    html: str = _MARKDOWN.render(text)
    return mark_safe(html)  # noqa: S308 (markdown-it escapes HTML)
