from django.urls import URLPattern

app_name = "orgunits"
urlpatterns: list[URLPattern] = []
