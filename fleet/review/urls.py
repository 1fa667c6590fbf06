from __future__ import annotations

from django.urls import path

from fleet.review import region_views, sign_views, studies_views, views

urlpatterns = [
    path("", views.index, name="index"),
    path("day/<str:text>/", views.day, name="day"),
    path("day/<str:text>/csv/", views.csv, name="day_csv"),
    path("day/<str:text>/sign/", sign_views.sign_fine, name="sign_all"),
    path("day/<str:text>/note/", sign_views.note_fleet, name="note_fleet"),
    path("day/<str:text>/handover/", sign_views.hand_over, name="handover"),
    path("regions/<str:code>/<str:text>/sign/", sign_views.sign_region, name="sign"),
    path("regions/<str:code>/<str:text>/unsign/", sign_views.unsign_region, name="unsign"),
    path("regions/<str:code>/<str:text>/note/", sign_views.note_region, name="note"),
    path("regions/<str:code>/<str:text>/studies/", studies_views.studies, name="studies"),
    path("regions/<str:code>/", region_views.latest, name="latest_region"),
    path("regions/<str:code>/<str:text>/", region_views.region, name="region"),
]
