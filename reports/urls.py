from django.urls import URLPattern, path

from reports.views import reminders

app_name = "reports"
urlpatterns: list[URLPattern] = [
    # reminders and other letters
    path("thu-nhac/", reminders.reminder_list, name="reminder_list"),
    path("thu-nhac/nhac/", reminders.remind_now, name="remind_now"),
    path("thu-nhac/<int:pk>/gui-lai/", reminders.reminder_send_again, name="reminder_send_again"),
    path("thu-bao/", reminders.notice_list, name="notice_list"),
    path("thu-bao/<int:pk>/gui-lai/", reminders.notice_send_again, name="notice_send_again"),
]
