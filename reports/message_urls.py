"""The addresses of reminders and other messages: the log, what does not arrive, and what is set about them."""

from django.urls import URLPattern, path

from reports.views import letter_log, message_templates, reminders, sending

urlpatterns: list[URLPattern] = [
    # the log of messages, by kind, and what does not arrive
    path("thu-nhac/", letter_log.reminder_list, name="reminder_list"),
    path("thu-nhac/nhac/", reminders.remind_now, name="remind_now"),
    path("thu-nhac/<int:pk>/gui-lai/", letter_log.reminder_send_again, name="reminder_send_again"),
    path("thu-bao/", letter_log.notice_list, name="notice_list"),
    path("thu-bao/<int:pk>/gui-lai/", letter_log.notice_send_again, name="notice_send_again"),
    path("thu-khong-den/", letter_log.letter_problems, name="letter_problems"),
    path("nhat-ky-thu/<slug:code>/", letter_log.letter_log, name="letter_log"),
    path("nhat-ky-thu/<slug:code>/<int:pk>/gui-lai/", letter_log.letter_send_again, name="letter_send_again"),
    # what is set
    path("che-do-bao-cao/<int:pk>/moc-nhac/", sending.ladder_edit, name="ladder_edit"),
    path("gio-gui-thu/", sending.sending_hours_edit, name="sending_hours"),
    path("mau-thu/", message_templates.message_template_list, name="message_template_list"),
    path("mau-thu/<slug:code>/", message_templates.message_template_edit, name="message_template_edit"),
]
