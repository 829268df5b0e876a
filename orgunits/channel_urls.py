"""What reaches a person beside the pages: notifications, the choice of letters, gateways."""

from django.urls import URLPattern, path

from orgunits.views import notifications, preferences, webhooks

app_name = "channels"
urlpatterns: list[URLPattern] = [
    # notifications
    path("thong-bao/", notifications.notification_list, name="notification_list"),
    path("thong-bao/da-doc/", notifications.notification_read_all, name="notification_read_all"),
    path("thong-bao/<int:pk>/", notifications.notification_open, name="notification_open"),
    # letters
    path("nhan-thu/", preferences.preference_form, name="preferences"),
    path("nhan-thu/thu-lai/", preferences.try_again, name="try_again"),
    path("nhan-thu/it-hon/<str:token>/", preferences.unsubscribe, name="unsubscribe"),
    path("dia-chi-thu/<int:pk>/thu-lai/", preferences.person_try_again, name="person_try_again"),
    # gateways
    path("cong-gui-tin/", webhooks.webhook_list, name="webhook_list"),
    path("cong-gui-tin/them/", webhooks.webhook_create, name="webhook_create"),
    path("cong-gui-tin/khong-gui-duoc/", webhooks.webhook_dead_list, name="webhook_dead_list"),
    path("cong-gui-tin/tin/<int:pk>/gui-lai/", webhooks.webhook_resend, name="webhook_resend"),
    path("cong-gui-tin/tin/<int:pk>/bo/", webhooks.webhook_discard, name="webhook_discard"),
    path("cong-gui-tin/<int:pk>/", webhooks.webhook_detail, name="webhook_detail"),
    path("cong-gui-tin/<int:pk>/sua/", webhooks.webhook_change, name="webhook_change"),
    path("cong-gui-tin/<int:pk>/bat-tat/", webhooks.webhook_switch, name="webhook_switch"),
    path("cong-gui-tin/<int:pk>/khoa/", webhooks.webhook_secret, name="webhook_secret"),
    path("cong-gui-tin/<int:pk>/gui-thu/", webhooks.webhook_test, name="webhook_test"),
]
