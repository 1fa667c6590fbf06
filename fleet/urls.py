from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("fleet.review.urls")),
    path("api/v1/", include("fleet.api.urls")),
    path("admin/", admin.site.urls),
    path("", include("fleet.people.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
