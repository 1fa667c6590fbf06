from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from fleet.api.models import ApiToken

pytestmark = pytest.mark.django_db


def ask(client, authorization: str):
    return client.get("/api/v1/regions/", headers={"authorization": authorization})


def test_it_admits_a_good_token(get):
    assert get("regions/").status_code == 200


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer fleet_x"])
def test_it_refuses_what_is_no_token(client, authorization):
    response = ask(client, authorization)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith('Bearer realm="fleet"')
    assert response.json()["detail"].endswith(".")


def test_it_refuses_an_expired_token(get):
    ApiToken.objects.update(expires_at="2026-01-01T00:00Z")

    assert get("regions/").status_code == 401


def test_it_refuses_the_token_of_a_person_who_left(get):
    User.objects.update(is_active=False)

    assert get("regions/").status_code == 401


def test_it_does_not_take_a_session_for_a_token(client):
    client.force_login(User.objects.create_user("oncall"))

    assert client.get("/api/v1/regions/").status_code == 401


def test_it_only_reads(client, token):
    response = client.post("/api/v1/regions/", headers={"authorization": f"Bearer {token}"})

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_it_keeps_answers_out_of_caches(get):
    assert get("regions/")["Cache-Control"] == "no-store"


def test_it_answers_unknown_addresses_in_json(get):
    response = get("reports/")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address of the API.",
    }


def test_it_refuses_a_token_of_another_scope(client, token):
    ApiToken.objects.update(scopes=["metrics"])
    response = ask(client, f"Bearer {token}")

    assert response.status_code == 403
    assert "insufficient_scope" in response["WWW-Authenticate"]


def test_it_refuses_a_revoked_token(get):
    ApiToken.objects.all().delete()

    assert get("regions/").status_code == 401


def test_it_refuses_the_token_of_a_person_without_a_role(get):
    User.objects.get().person.delete()

    assert get("regions/").status_code == 403
