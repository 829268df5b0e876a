from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from config import views
from config.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("tai-khoan/", include("orgunits.account_urls")),
]
for prefix, module in [
    ("to-chuc/", "orgunits.urls"),
    ("ke-hoach/", "plans.urls"),
    ("muc-tieu/", "targets.urls"),
    ("", "reports.urls"),
]:
    if find_spec(module):
        urlpatterns.append(path(prefix, include(module)))
if not find_spec("reports.urls"):
    urlpatterns.append(path("", views.home, name="home"))

handler400 = "config.views.bad_request"
handler403 = "config.views.permission_denied"
handler404 = "config.views.page_not_found"
handler500 = "config.views.server_error"
