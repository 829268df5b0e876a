from django.urls import include, path

from plans import letterhead_urls, print_urls, register_urls
from plans.views import duties, issuing, plans, programmes, sections

app_name = "plans"
plan_patterns = [
    # programmes and their cascade
    path("", programmes.plan_list, name="plan_list"),
    path("chuong-trinh/them/", programmes.programme_create, name="programme_create"),
    path("chuong-trinh/<int:pk>/", programmes.programme_detail, name="programme_detail"),
    path("chuong-trinh/<int:pk>/sua/", programmes.programme_edit, name="programme_edit"),
    path("chuong-trinh/<int:pk>/van-ban/them/", programmes.document_create, name="document_create"),
    path("chuong-trinh/<int:pk>/ghi-nhan/<int:unit_pk>/", programmes.plan_register, name="plan_register"),
    # plans
    path("lap/", plans.plan_start, name="plan_start"),
    path("lap/<int:unit_pk>/", plans.plan_create, name="plan_create"),
    path("<int:pk>/", plans.plan_detail, name="plan_detail"),
    path("<int:pk>/doi-chieu/", plans.plan_source, name="plan_source"),
    path("<int:pk>/sua/", plans.plan_edit, name="plan_edit"),
    path("<int:pk>/xoa/", plans.plan_remove, name="plan_remove"),
    path("<int:pk>/noi-nhan/", plans.recipients_edit, name="recipients_edit"),
    path("<int:pk>/can-cu/", plans.citations_edit, name="citations_edit"),
    path("<int:pk>/ban-hanh/", issuing.plan_issue, name="plan_issue"),
    # the text of a plan
    path("<int:pk>/noi-dung/", sections.plan_outline, name="plan_outline"),
    path("<int:pk>/muc/them/", sections.section_add, name="section_add"),
    path("muc/<int:pk>/sua/", sections.section_edit, name="section_edit"),
    path("muc/<int:pk>/chuyen/", sections.section_move, name="section_move"),
    path("muc/<int:pk>/xoa/", sections.section_remove, name="section_remove"),
    # reporting duties
    path("<int:pk>/che-do/them/", duties.duty_add, name="duty_add"),
    path("che-do/<int:pk>/sua/", duties.duty_edit, name="duty_edit"),
    path("che-do/<int:pk>/xoa/", duties.duty_remove, name="duty_remove"),
    # letterheads of the units
    *letterhead_urls.urlpatterns,
    # printed plans and printing jobs
    *print_urls.urlpatterns,
]
urlpatterns = [
    path("ke-hoach/", include(plan_patterns)),
    path("so-van-ban-di/", include(register_urls.urlpatterns)),
]
