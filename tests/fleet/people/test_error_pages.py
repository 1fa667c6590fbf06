from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import server_error


def test_it_explains_an_error_of_ours() -> None:
    page = server_error(RequestFactory().get("/")).content.decode()

    assert "Something is broken here" in page


@pytest.mark.django_db
def test_it_explains_a_form_from_an_old_page() -> None:
    response = Client(enforce_csrf_checks=True).post("/login/", {"login": "anna"})

    assert response.status_code == 403
    assert "Sent from an old page" in response.content.decode()
