"""The description of the API is true: every address, every answer, every refusal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.http import HttpResponse
from django.urls import URLPattern
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from fleet.api.models import ApiToken, Scope
from fleet.api.urls import api
from fleet.clock import now
from fleet.review.situation import Level
from tests.builders import make_alert, make_cause, make_path, make_region, make_score
from tests.fleet.api.test_views import make_live_region

pytestmark = pytest.mark.django_db
FILE = Path(__file__).parents[3] / "docs" / "api" / "openapi.yaml"
HOSTILE = "<img src=x onerror=alert(1)>'; DROP TABLE x; --\u202e" + "x" * 14


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


def faults(
    described: dict[str, Any], path: str, response: HttpResponse, method: str = "get"
) -> list[str]:
    """Return in what the response differs from its description."""
    answers = described["paths"][path][method]["responses"]
    answer = answers[str(response.status_code)]
    if "$ref" in answer:
        answer = described["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    headers = answer.get("headers", {}).items()
    missing = [name for name, one in headers if one.get("required") and name not in response]
    schema = answer["content"][response["Content-Type"].partition(";")[0]]["schema"]
    checker = Draft202012Validator({**schema, "components": described["components"]})
    body = json.loads(response.content, parse_constant=lambda word: pytest.fail(word))
    return missing + [f"{fault.json_path} {fault.message}" for fault in checker.iter_errors(body)]


def test_it_is_openapi(described) -> None:
    validate(described)


def test_it_describes_every_address(described) -> None:
    ours = {
        "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(part.pattern)).replace("{text}", "{day}")
        for part in api
        if isinstance(part, URLPattern) and part.name
    }

    assert described["paths"].keys() == ours | {"/metrics"}


def test_it_knows_every_mark(described) -> None:
    assert set(described["components"]["schemas"]["Mark"]["enum"]) == set(Level)


@pytest.mark.parametrize(
    ("path", "asked", "query"),
    [
        ("/api/v1/regions/", "regions/", {}),
        ("/api/v1/review/{day}/", "review/{today}/", {}),
        ("/api/v1/review/{day}/", "review/2026-02-30/", {}),
        ("/api/v1/regions/{code}/hourly/", "regions/tver/hourly/", {}),
        ("/api/v1/regions/{code}/hourly/", "regions/tver/hourly/", {"from": "x"}),
        ("/api/v1/regions/{code}/hourly/", "regions/nowhere/hourly/", {}),
        ("/api/v1/alerts/", "alerts/", {}),
        ("/api/v1/alerts/", "alerts/", {"state": "x"}),
    ],
)
def test_every_answer_is_as_described(described, get, path, asked, query) -> None:
    tver = make_live_region()
    make_score(tver, now().date())
    make_path(make_region("omsk"))
    make_alert(tver)

    response = get(asked.format(today=now().date()), **query)

    assert faults(described, path, response) == []


@pytest.mark.parametrize("path", ["/api/v1/regions/", "/metrics"])
def test_every_refusal_is_as_described(described, client, path) -> None:
    without_token, wrong_method = client.get(path), client.post(path)

    assert (without_token.status_code, wrong_method.status_code) == (401, 405)
    assert faults(described, path, without_token) == []
    assert faults(described, path, wrong_method) == []


def test_a_hostile_region_is_given_as_text(described, get) -> None:
    tver = make_live_region()
    tver.name = HOSTILE
    tver.save()
    make_score(tver, now().date(), model_code=HOSTILE, model_version=HOSTILE)
    make_cause(tver, HOSTILE, 9, hour=now().replace(minute=0, second=0, microsecond=0))

    response = get(f"review/{now().date()}/")

    assert faults(described, "/api/v1/review/{day}/", response) == []
    (region,) = response.json()["regions"]
    assert (region["name"], region["models"][0]["code"]) == (HOSTILE, HOSTILE)


@pytest.mark.parametrize("scope", Scope)
def test_a_token_opens_only_what_it_is_for(described, client, token, scope) -> None:
    ApiToken.objects.update(scopes=[scope])
    path = "/metrics" if scope is Scope.READ else "/api/v1/regions/"

    response = client.get(path, headers={"authorization": f"Bearer {token}"})

    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response["WWW-Authenticate"]
    assert faults(described, path, response) == []
