"""Addresses of printed plans; ``plans.urls`` takes them in."""

from django.urls import URLPattern, path

from plans.views import batches, printing

urlpatterns: list[URLPattern] = [
    # A plan as it is printed
    path("<int:pk>/ban-in/", printing.plan_preview, name="plan_preview"),
    path("<int:pk>/xuat-pdf/", printing.plan_print, name="plan_print"),
    # Many documents in one press
    path("chuong-trinh/<int:pk>/in-tat-ca/", batches.programme_print, name="programme_print"),
    path("in/", batches.print_list, name="print_list"),
    path("in/nhieu/<int:pk>/", batches.print_batch, name="print_batch"),
    path("in/nhieu/<int:pk>/trang-thai/", batches.print_batch_status, name="print_batch_status"),
    path("in/nhieu/<int:pk>/dung/", batches.print_batch_cancel, name="print_batch_cancel"),
    path("in/nhieu/<int:pk>/tep/", batches.print_batch_file, name="print_batch_file"),
    # A printing job
    path("in/<int:pk>/", printing.print_job, name="print_job"),
    path("in/<int:pk>/trang-thai/", printing.print_job_status, name="print_job_status"),
    path("in/<int:pk>/tep/", printing.print_job_file, name="print_job_file"),
    path("in/<int:pk>/thu-lai/", printing.print_job_retry, name="print_job_retry"),
]
