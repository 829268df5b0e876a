from django.urls import URLPattern, path

from orgunits.views import acts, audit, delegations, levels, outbox, people, reforms, special_days, units, workbooks

app_name = "orgunits"
urlpatterns: list[URLPattern] = [
    # units
    path("don-vi/", units.unit_list, name="unit_list"),
    path("don-vi/goi-y/", units.unit_suggestions, name="unit_suggestions"),
    path("don-vi/them/", acts.unit_create, name="unit_create"),
    path("don-vi/<int:pk>/", units.unit_detail, name="unit_detail"),
    path("don-vi/<int:pk>/cap-duoi/", units.unit_below, name="unit_below"),
    path("don-vi/<int:pk>/nhanh/", units.unit_branch, name="unit_branch"),
    path("don-vi/<int:pk>/lien-he/", units.unit_contact, name="unit_contact"),
    # acts on units
    path("don-vi/<int:pk>/doi-ten/", acts.unit_rename, name="unit_rename"),
    path("don-vi/<int:pk>/chuyen/", acts.unit_move, name="unit_move"),
    path("don-vi/<int:pk>/ket-thuc/", acts.unit_end, name="unit_end"),
    path("don-vi/<int:pk>/sap-nhap/", acts.unit_merge, name="unit_merge"),
    path("don-vi/<int:pk>/chia-tach/", acts.unit_split, name="unit_split"),
    path("don-vi/<int:pk>/khoi-phuc/", acts.unit_restore, name="unit_restore"),
    path("quyet-dinh/<int:pk>/huy/", acts.act_reverse, name="act_reverse"),
    # workbooks, and the reforms that came from them
    path("don-vi/excel/", workbooks.unit_book_upload, name="unit_book_upload"),
    path("don-vi/excel/tai/", workbooks.unit_book_download, name="unit_book_download"),
    path("tep-to-chuc/<int:pk>/", workbooks.workbook_import, name="workbook_import"),
    path("tep-to-chuc/<int:pk>/tien-do/", workbooks.workbook_import_status, name="workbook_import_status"),
    path("tep-to-chuc/<int:pk>/ghi/", workbooks.workbook_import_confirm, name="workbook_import_confirm"),
    path("tep-to-chuc/<int:pk>/tra-lai/", workbooks.workbook_returned, name="workbook_returned"),
    path("sap-xep/", reforms.reform_list, name="reform_list"),
    path("sap-xep/tep/", workbooks.reform_upload, name="reform_upload"),
    path("sap-xep/tep/mau/", workbooks.reform_template, name="reform_template"),
    path("sap-xep/<int:pk>/", reforms.reform_detail, name="reform_detail"),
    path("sap-xep/<int:pk>/huy/", reforms.reform_reverse, name="reform_reverse"),
    path("sap-xep/<int:pk>/viec-kem-theo/", reforms.reform_take_up, name="reform_take_up"),
    path("sap-xep/<int:pk>/viec-kem-theo/lam-lai/", reforms.reform_follow_again, name="reform_follow_again"),
    # levels
    path("cap/", levels.level_list, name="level_list"),
    path("cap/them/", levels.level_create, name="level_create"),
    path("cap/<int:pk>/sua/", levels.level_change, name="level_change"),
    # days off and swap days
    path("ngay-nghi/", special_days.special_day_list, name="special_day_list"),
    path("ngay-nghi/them/", special_days.special_day_create, name="special_day_create"),
    path("ngay-nghi/<int:pk>/sua/", special_days.special_day_change, name="special_day_change"),
    path("ngay-nghi/<int:pk>/xoa/", special_days.special_day_remove, name="special_day_remove"),
    # people
    path("nguoi-dung/", people.person_list, name="person_list"),
    path("nguoi-dung/moi/", people.person_invite, name="person_invite"),
    path("nguoi-dung/<int:pk>/", people.person_detail, name="person_detail"),
    path("nguoi-dung/<int:pk>/sua/", people.person_change, name="person_change"),
    path("nguoi-dung/<int:pk>/gui-lai-thu-moi/", people.person_invite_again, name="person_invite_again"),
    path("nguoi-dung/<int:pk>/ngung/", people.person_deactivate, name="person_deactivate"),
    path("nguoi-dung/<int:pk>/mo-lai/", people.person_reactivate, name="person_reactivate"),
    path("nguoi-dung/<int:pk>/vai-tro/", people.role_give, name="role_give"),
    path("vai-tro/<int:pk>/ket-thuc/", people.role_end, name="role_end"),
    # delegation of review
    path("uy-quyen/", delegations.delegation_list, name="delegation_list"),
    path("uy-quyen/moi/", delegations.delegation_create, name="delegation_create"),
    path("uy-quyen/<int:pk>/ket-thuc/", delegations.delegation_end, name="delegation_end"),
    # the audit trail and the outgoing mail
    path("nhat-ky/", audit.audit_list, name="audit_list"),
    path("hop-thu-di/", outbox.outbox_list, name="outbox"),
    path("hop-thu-di/<str:name>/<int:number>/", outbox.outbox_letter, name="outbox_letter"),
    path("hop-thu-di/<str:name>/<int:number>/html/", outbox.outbox_html, name="outbox_html"),
]
