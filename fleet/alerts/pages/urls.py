from __future__ import annotations

from django.urls import path

from fleet.alerts.pages import messenger_views, silence_views, views

alerts = [
    path("", views.inbox, name="alerts"),
    path("act/<str:deed>/", views.act, name="act"),
    path("silences/", silence_views.silences, name="silences"),
    path("silences/<int:silence_id>/end/", silence_views.end_silence, name="end_silence"),
    path("work/", silence_views.plan_work, name="plan_work"),
    path("work/<int:work_id>/end/", silence_views.end_work, name="end_work"),
    path("quality/", views.quality, name="quality"),
    path("<int:alert_id>/", views.alert, name="alert"),
    path("<int:alert_id>/studies/", views.alert_studies, name="alert_studies"),
]
runbooks = [path("<str:kind>/", views.runbook, name="runbook")]
messengers = [
    path("", messenger_views.messengers, name="messengers"),
    path("<int:channel_id>/test/", messenger_views.send_test, name="test_messenger"),
]
