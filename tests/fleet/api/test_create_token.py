from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from fleet.api.models import ApiToken
from fleet.clock import now

pytestmark = pytest.mark.django_db


def create_token(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_it_prints_a_token_that_works():
    User.objects.create_user("anna")

    token = create_token("anna", "--name", "script")

    assert ApiToken.good(token, now()).user.username == "anna"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["boris", "--name", "x"], "There is no user 'boris': make one with createsuperuser."),
        (
            ["anna", "--name", "x", "--days", "0"],
            "Write for how many days it lasts: from 1 to 3650.",
        ),
        (["anna", "--name", ""], "Write a name of 1 to 100 characters: what uses the token."),
    ],
)
def test_it_refuses_with_a_sentence(arguments, sentence):
    User.objects.create_user("anna")

    with pytest.raises(CommandError, match="^" + sentence.replace(".", r"\.") + "$"):
        create_token(*arguments)


def test_it_refuses_a_name_twice():
    User.objects.create_user("anna")
    create_token("anna", "--name", "x")

    with pytest.raises(CommandError, match="choose another name"):
        create_token("anna", "--name", "x")
