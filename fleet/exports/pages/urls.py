from __future__ import annotations

from django.urls import path

from fleet.exports.pages import audit_views, deed_views, sheet_views, views

exports = [
    path("", views.exports, name="exports"),
    path("new/", views.new, name="new_export"),
    path("sample/", views.draw, name="draw_sample"),
    path("<int:export_id>/", views.export, name="export"),
    path("<int:export_id>/progress/", views.progress, name="export_progress"),
    path("<int:export_id>/<str:deed>/", deed_views.act, name="act_on_export"),
    path("studies/<int:study_id>/download/", deed_views.take, name="take_export"),
    path("studies/<int:study_id>/sheets/<int:n>/", sheet_views.sheet, name="sheet"),
    path("studies/<int:study_id>/sheets/<int:n>.png", sheet_views.sheet_image, name="sheet_image"),
    path("studies/<int:study_id>/<str:deed>/", deed_views.act_on_study, name="act_on_study"),
]
audit = [
    path("", audit_views.audit, name="audit"),
    path("studies/<path:ref>/", audit_views.study, name="audit_study"),
    path("people/<path:username>/", audit_views.person, name="audit_person"),
]
