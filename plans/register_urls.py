"""Addresses of the register of outgoing documents; ``plans.urls`` takes them in."""

from django.urls import URLPattern, path

from plans.views import batches, register, signing

urlpatterns: list[URLPattern] = [
    # the register of a unit
    path("<int:unit_pk>/", register.outgoing_list, name="outgoing_list"),
    path("<int:unit_pk>/ban-in/", register.outgoing_print, name="outgoing_print"),
    path("<int:unit_pk>/excel/", register.outgoing_export, name="outgoing_export"),
    path("<int:unit_pk>/in-tat-ca/", batches.outgoing_print_all, name="outgoing_print_all"),
    path("<int:unit_pk>/giu-so/", register.outgoing_reserve, name="outgoing_reserve"),
    path("<int:unit_pk>/dat-so/", register.outgoing_settings, name="outgoing_settings"),
    # one number of it
    path("so/<int:pk>/", register.outgoing_detail, name="outgoing_detail"),
    path("so/<int:pk>/huy/", register.outgoing_void, name="outgoing_void"),
    # its signed copy
    path("so/<int:pk>/ky-so/", signing.outgoing_sign, name="outgoing_sign"),
    path("so/<int:pk>/ban-da-ky/", signing.outgoing_signed_copy, name="outgoing_signed_copy"),
    path("tep/<int:pk>/", register.issued_file, name="issued_file"),
]
