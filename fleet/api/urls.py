from __future__ import annotations

from django.urls import path, re_path

from fleet.api import token_views, views

api = [
    path("regions/", views.regions, name="api-regions"),
    path("regions/<str:code>/hourly/", views.hourly, name="api-hourly"),
    path("review/<str:text>/", views.review_day, name="api-review"),
    path("alerts/", views.alerts, name="api-alerts"),
    re_path(r"", views.nothing),
]
tokens = [
    path("", token_views.tokens, name="api-tokens"),
    path("<int:token_id>/revoke/", token_views.revoke, name="revoke-token"),
]
