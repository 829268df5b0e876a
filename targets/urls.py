from django.urls import path

from targets import views

app_name = "targets"
urlpatterns = [
    # targets of a plan
    path("ke-hoach/<int:plan_pk>/them/", views.target_add, name="target_add"),
    path("<int:pk>/sua/", views.target_edit, name="target_edit"),
    path("<int:pk>/xoa/", views.target_remove, name="target_remove"),
    # indicators
    path("ke-hoach/<int:plan_pk>/chi-tieu/them/", views.indicator_add, name="indicator_add"),
    path("ke-hoach/<int:plan_pk>/chi-tieu/<int:pk>/sua/", views.indicator_edit, name="indicator_edit"),
]
