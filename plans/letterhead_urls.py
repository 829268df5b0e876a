"""Addresses of the units' letterheads and of their private pictures."""

from django.urls import path

from plans.views import letterheads

urlpatterns = [
    path("mau-van-ban/don-vi/<int:unit_pk>/", letterheads.letterhead_list, name="letterhead_list"),
    path("mau-van-ban/don-vi/<int:unit_pk>/them/", letterheads.letterhead_add, name="letterhead_add"),
    path("mau-van-ban/don-vi/<int:unit_pk>/xem-truoc/", letterheads.letterhead_preview, name="letterhead_preview"),
    path("mau-van-ban/<int:pk>/", letterheads.letterhead_detail, name="letterhead_detail"),
    path("mau-van-ban/<int:pk>/sua/", letterheads.letterhead_edit, name="letterhead_edit"),
    path("mau-van-ban/<int:pk>/bo/", letterheads.letterhead_remove, name="letterhead_remove"),
    path("mau-van-ban/<int:pk>/con-dau.png", letterheads.seal_image, name="letterhead_seal"),
    path("mau-van-ban/<int:pk>/chu-ky.png", letterheads.signature_image, name="letterhead_signature"),
    path("mau-van-ban/nguoi-ky/<int:pk>/chu-ky.png", letterheads.signer_image, name="letterhead_signer_image"),
]
