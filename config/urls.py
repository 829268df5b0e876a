from django.urls import URLPattern, URLResolver, include, path

from config.filing_worker import filing_worker
from config.health import healthz
from reports.views.home import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("bao-cao/lap-ngoai-mang.js", filing_worker, name="filing_worker"),
    path("tai-khoan/", include("orgunits.account_urls")),
    path("to-chuc/", include("orgunits.urls")),
    path("", include("orgunits.channel_urls")),
    path("", include("plans.urls")),
    path("muc-tieu/", include("targets.urls")),
    path("xac-minh/", include("plans.verification_urls")),
    path("", include("reports.urls")),
]

handler400 = "config.views.bad_request"
handler403 = "config.views.permission_denied"
handler404 = "config.views.page_not_found"
handler500 = "config.views.server_error"
