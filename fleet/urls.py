from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from fleet.alerts.pages.urls import alerts, messengers, runbooks
from fleet.alerts.webhooks import telegram
from fleet.api.urls import api, tokens
from fleet.exports.pages.urls import audit, exports
from fleet.metrics.views import metrics

urlpatterns = [
    path("", include("fleet.review.urls")),
    path("alerts/", include(alerts)),
    path("runbooks/", include(runbooks)),
    path("exports/", include(exports)),
    path("audit/", include(audit)),
    path("settings/messengers/", include(messengers)),
    path("messengers/telegram/<int:channel_id>/", telegram, name="telegram_webhook"),
    path("api/v1/", include(api)),
    path("metrics", metrics, name="metrics"),
    path("me/tokens/", include(tokens)),
    path("admin/", admin.site.urls),
    path("", include("fleet.people.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
