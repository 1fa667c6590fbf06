"""Parts of templates that are made once."""

from __future__ import annotations

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils.translation import override

LOAD = "{% load i18n kept %}"


def shown(template: Template, **values: object) -> str:
    return template.render(Context(values))


def test_it_makes_a_part_once_for_each_named_value():
    made: list[int] = []
    template = Template(LOAD + "{% kept n=n %}{{ n.append }}{{ n }}{% endkept %}")

    class Counted(int):
        def append(self) -> str:
            made.append(int(self))
            return ""

    assert [shown(template, n=Counted(n)) for n in (1, 2, 1, 2)] == ["1", "2", "1", "2"]
    assert made == [1, 2]


def test_it_makes_a_part_once_for_each_language():
    template = Template(LOAD + '{% kept %}{% translate "Alerts" %}{% endkept %}')

    with override("ru"):
        russian = shown(template)

    assert (shown(template), russian) == ("Alerts", "Тревоги")


def test_it_knows_nothing_of_who_asks():
    template = Template(
        LOAD + "{% kept %}{{ person }}{{ request.path }}{% csrf_token %}{% endkept %}"
    )

    assert shown(template, person="anna", request=RequestFactory().get("/"), csrf_token="x") == ""


def test_it_forgets_rather_than_grow():
    template = Template(LOAD + "{% kept n=n %}{{ n }}{% endkept %}")

    assert [shown(template, n=n) for n in range(250)] == [str(n) for n in range(250)]


def test_it_refuses_values_without_a_name():
    with pytest.raises(TemplateSyntaxError, match="named values only"):
        Template(LOAD + "{% kept n %}{% endkept %}")
