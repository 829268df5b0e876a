"""Addresses of official letters (công văn); ``reports.urls`` takes them in."""

from django.urls import URLPattern, path

from reports.views import official_letter_writing as writing
from reports.views import official_letters as letters

urlpatterns: list[URLPattern] = [
    path("cong-van/", letters.official_letter_list, name="official_letter_list"),
    path("cong-van/<int:pk>/", letters.official_letter_detail, name="official_letter_detail"),
    path("cong-van/<int:pk>/in/", letters.official_letter_print, name="official_letter_print"),
    path("cong-van/<int:pk>/tep/", letters.official_letter_file, name="official_letter_file"),
    path("cong-van/<int:pk>/ban-hanh/", letters.official_letter_issue, name="official_letter_issue"),
    path("cong-van/thu/<int:pk>/gui-lai/", letters.official_letter_send_again, name="official_letter_send_again"),
    # a letter that is being written
    path(
        "che-do-bao-cao/<int:pk>/ky/<int:period_pk>/cong-van/",
        writing.official_letter_create,
        name="official_letter_create",
    ),
    path("cong-van/<int:pk>/soan/", writing.official_letter_edit, name="official_letter_edit"),
    path("cong-van/<int:pk>/soan/xem-truoc/", writing.official_letter_preview, name="official_letter_preview"),
    path("cong-van/<int:pk>/soan/bo-da-nop/", writing.official_letter_drop_filed, name="official_letter_drop_filed"),
    path("cong-van/<int:pk>/soan/xoa/", writing.official_letter_discard, name="official_letter_discard"),
]
