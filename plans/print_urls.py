"""Addresses of printed plans; ``plans.urls`` takes them in."""

from django.urls import URLPattern, path

from plans.views import printing

urlpatterns: list[URLPattern] = [
    # A plan as it is printed
    path("<int:pk>/ban-in/", printing.plan_preview, name="plan_preview"),
    path("<int:pk>/xuat-pdf/", printing.plan_print, name="plan_print"),
    # A printing job
    path("in/<int:pk>/", printing.print_job, name="print_job"),
    path("in/<int:pk>/trang-thai/", printing.print_job_status, name="print_job_status"),
    path("in/<int:pk>/tep/", printing.print_job_file, name="print_job_file"),
    path("in/<int:pk>/thu-lai/", printing.print_job_retry, name="print_job_retry"),
]
