from django.urls import URLPattern, path

from reports.views import activities, attachments, dashboard, duties, filing, printing, reminders, reports, review

app_name = "reports"
urlpatterns: list[URLPattern] = [
    # expected reports, and what is filed for them
    path("bao-cao/", reports.report_list, name="report_list"),
    path("bao-cao/phai-nop/<int:pk>/", reports.obligation_detail, name="obligation_detail"),
    path("bao-cao/phai-nop/<int:pk>/bat-dau/", reports.report_start, name="report_start"),
    path("bao-cao/phai-nop/<int:pk>/gia-han/", duties.obligation_extend, name="obligation_extend"),
    path("bao-cao/phai-nop/<int:pk>/mien-nop/", duties.obligation_waive, name="obligation_waive"),
    path("bao-cao/<int:pk>/", reports.report_detail, name="report_detail"),
    path("bao-cao/<int:pk>/so-sanh/", reports.report_compare, name="report_compare"),
    path("bao-cao/<int:pk>/ban-in/", printing.report_print, name="report_print"),
    # review
    path("xet-duyet/", review.review_queue, name="review_queue"),
    path("bao-cao/<int:pk>/duyet/", review.report_approve, name="report_approve"),
    path("bao-cao/<int:pk>/tra-lai/", review.report_return, name="report_return"),
    path("bao-cao/<int:pk>/mo-lai/", review.report_reopen, name="report_reopen"),
    # dashboards
    path("bang-theo-doi/", dashboard.dashboard_home, name="dashboard_home"),
    path("bang-theo-doi/<int:pk>/", dashboard.dashboard, name="dashboard"),
    path("bang-theo-doi/<int:pk>/chua-nop/", dashboard.missing_list, name="missing"),
    # reporting duties
    path("che-do-bao-cao/", duties.duty_list, name="duty_list"),
    path("che-do-bao-cao/<int:pk>/", duties.duty_detail, name="duty_detail"),
    path("che-do-bao-cao/thoi-han/<int:pk>/", duties.due_rule_edit, name="due_rule_edit"),
    path("che-do-bao-cao/thoi-han/<int:pk>/tao-ky/", duties.period_open, name="period_open"),
    path("che-do-bao-cao/<int:pk>/ky/<int:period_pk>/", duties.duty_period, name="duty_period"),
    path("che-do-bao-cao/<int:pk>/ky/<int:period_pk>/gia-han/", duties.period_extend, name="period_extend"),
    # filing
    path("bao-cao/<int:pk>/lap/", filing.filing, name="filing"),
    path("bao-cao/<int:pk>/lap/luu/", filing.filing_autosave, name="filing_autosave"),
    path("bao-cao/<int:pk>/lap/nop/", filing.filing_submit, name="filing_submit"),
    path("bao-cao/tai-lieu/<int:pk>/", attachments.attachment_download, name="attachment_download"),
    # activities
    path("hoat-dong/", activities.activity_list, name="activity_list"),
    path("hoat-dong/them/", activities.activity_create, name="activity_create"),
    path("hoat-dong/<int:pk>/sua/", activities.activity_edit, name="activity_edit"),
    path("hoat-dong/<int:pk>/xoa/", activities.activity_delete, name="activity_delete"),
    # reminders and other letters
    path("thu-nhac/", reminders.reminder_list, name="reminder_list"),
    path("thu-nhac/nhac/", reminders.remind_now, name="remind_now"),
    path("thu-nhac/<int:pk>/gui-lai/", reminders.reminder_send_again, name="reminder_send_again"),
    path("thu-bao/", reminders.notice_list, name="notice_list"),
    path("thu-bao/<int:pk>/gui-lai/", reminders.notice_send_again, name="notice_send_again"),
]
