"""The tables behind the charts. Made in Python because a page has thousands of cells: as template
nodes they take several times as long. Every text is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from fleet.review.charts import Table

register = template.Library()


@register.simple_tag
def number_table(table: Table) -> SafeString:
    """Return the table, which a keyboard can scroll where it is broader than the screen."""
    caption = escape(table.caption)
    heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    rows = "\n".join(map(_row, table.rows))
    note = f'<p class="muted">{escape(table.note)}</p>' if table.note else ""
    html = (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}">'
        f'<table class="small"><caption>{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{note}</div>"
    )
    return mark_safe(html)  # noqa: S308 (escaped)


def _row(cells: Sequence[str]) -> str:
    first, *rest = cells
    return (
        f'<tr><th scope="row"><bdi>{escape(first)}</bdi></th>'
        f"{''.join(f'<td><bdi>{escape(cell)}</bdi></td>' for cell in rest)}</tr>"
    )
