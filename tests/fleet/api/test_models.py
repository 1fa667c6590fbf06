from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from fleet.api.models import ApiToken
from tests.builders import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def fresh_token() -> str:
    return ApiToken.create(User.objects.create_user("anna"), "script", NOW, DAY)


def test_it_knows_the_bearer(fresh_token):
    assert ApiToken.good(fresh_token, NOW).user.username == "anna"


def test_it_does_not_keep_the_token(fresh_token):
    row = ApiToken.objects.values_list().get()

    assert fresh_token not in str(row)


def test_it_expires(fresh_token):
    assert ApiToken.good(fresh_token, NOW + DAY) is None


def test_it_notes_its_use(fresh_token):
    ApiToken.good(fresh_token, NOW)

    assert ApiToken.objects.get().last_used_at == NOW


def test_it_writes_once_a_minute_at_most(fresh_token):
    ApiToken.good(fresh_token, NOW)
    ApiToken.good(fresh_token, NOW + timedelta(seconds=59))

    assert ApiToken.objects.get().last_used_at == NOW
