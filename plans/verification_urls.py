"""Addresses of the public check of a paper; they are printed on documents, so they never change."""

from django.urls import URLPattern, path

from plans.views import verification

app_name = "verification"
urlpatterns: list[URLPattern] = [
    path("", verification.start, name="start"),
    path("<str:code>/", verification.document, name="document"),
]
