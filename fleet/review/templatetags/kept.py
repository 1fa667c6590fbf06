"""Parts of templates that are made once: most of what surrounds a page's numbers is the same for
everybody, and takes longer to put together than the numbers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from django import template
from django.template import Context
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
# Of values that nobody limits, such as a count, only so many are kept.
MOST = 100


@register.tag
def kept(parser: Parser, token: Token) -> _Kept:
    """Keep what is between this and `endkept`, once for each language and named values.

        {% kept theme=person.theme %}…{% endkept %}

    Nothing else than these values is known in between, neither the request nor the page: what is
    kept cannot be one person's and shown to another.
    """
    bits = token.split_contents()[1:]
    named = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"kept takes named values only, not {bits[0]!r}")
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return _Kept(nodelist, named)


class _Kept(template.Node):
    def __init__(self, nodelist: NodeList, named: Mapping[str, FilterExpression]) -> None:
        self.nodelist = nodelist
        self._named = named
        self._made: dict[Hashable, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        named = {name: value.resolve(context) for name, value in self._named.items()}
        key = (get_language(), *named.values())
        if key not in self._made:
            if len(self._made) >= MOST:
                self._made.clear()
            bare = Context(named)
            bare.template = context.template
            self._made[key] = self.nodelist.render(bare)
        return self._made[key]
