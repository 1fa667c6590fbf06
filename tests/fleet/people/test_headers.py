"""What every answer tells the browser to refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
TEMPLATES = sorted((Path(__file__).parents[3] / "templates").rglob("*.html"))
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)[^>]*>")


@pytest.mark.parametrize("path", ["/login/", "/nowhere/", "/admin/login/", "/api/v1/regions/"])
def test_it_lets_nothing_in_but_our_own_files(client: Client, path: str) -> None:
    policy = client.get(path)["Content-Security-Policy"]

    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
        assert part in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
    ],
)
def test_it_keeps_to_itself(client: Client, header: str, value: str) -> None:
    assert client.get("/login/")[header] == value


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_it_has_nothing_inline_that_the_policy_would_refuse(template: Path) -> None:
    assert INLINE.findall(template.read_text()) == []
