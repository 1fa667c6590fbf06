from __future__ import annotations

from django.urls import path

from fleet.review import views

urlpatterns = [
    path("", views.index, name="index"),
    path("day/<str:text>/", views.day, name="day"),
]
