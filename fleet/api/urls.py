from __future__ import annotations

from django.urls import path, re_path

from fleet.api import alert_views, export_views, token_views, views

api = [
    path("regions/", views.regions, name="api-regions"),
    path("regions/<str:code>/hourly/", views.hourly, name="api-hourly"),
    path("review/<str:text>/", views.review_day, name="api-review"),
    path("alerts/", views.alerts, name="api-alerts"),
    path("alerts/<int:alert_id>/", alert_views.alert, name="api-alert"),
    path("alerts/<int:alert_id>/<str:deed>/", alert_views.act, name="api-alert-deed"),
    path("exports/", export_views.exports, name="api-exports"),
    path("exports/<int:export_id>/", export_views.export, name="api-export"),
    path("exports/<int:export_id>/<str:deed>/", export_views.act, name="api-export-deed"),
    path("exports/studies/<int:study_id>/package/", export_views.package, name="api-package"),
    path(
        "exports/studies/<int:study_id>/<str:deed>/",
        export_views.act_on_study,
        name="api-study-deed",
    ),
    re_path(r"", views.nothing),
]
tokens = [
    path("", token_views.tokens, name="api-tokens"),
    path("<int:token_id>/revoke/", token_views.revoke, name="revoke-token"),
]
