"""Settings: one file, read from the environment, that fails loudly.

Nothing set means the embedded product of ``sh scripts/run``: SQLite, a filesystem broker and mail written to
``DATA_DIR``. A production installation sets ``SECRET_KEY``, ``DATABASE_URL``, ``REDIS_URL``, ``EMAIL_URL``,
``ALLOWED_HOSTS`` and ``SITE_URL``.
"""

import os
from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF

from config import environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.env

# --- where we are -----------------------------------------------------------------------------------------------
DEBUG = environment.flag("DEBUG")
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
PORT = environment.whole_number("PORT", default=8000, low=1, high=65535)
SITE_URL = environment.site_url(f"http://127.0.0.1:{PORT}")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
HTTPS = SITE_URL.startswith("https://")
# Several machines need one key that is given to each; a single embedded one makes its own and keeps it.
EMBEDDED = not env.str("DATABASE_URL", default="")
SECRET_KEY = environment.secret_key(DATA_DIR, generate=EMBEDDED)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# --- applications -----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "reports",
    "targets",
    "plans",
    "orgunits",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "lucide",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.ConflictMiddleware",
    "config.middleware.PressedButtonMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- data -------------------------------------------------------------------------------------------------------
DATABASES = {"default": environment.database(f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Without IMMEDIATE more than half of concurrent transactions fail with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
    }
    # Tests run on a file too: in memory the connections of several threads share one, and lock it.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = environment.whole_number("CONN_MAX_AGE", default=60, high=86400)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = environment.redis_url()
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
    }
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
    },
}
MEDIA_ROOT = DATA_DIR / "files"
# The only folder to look for the printed documents' font in; empty: where Debian puts Tinos or Liberation Serif.
OFFICIAL_FONT_DIR = env.str("OFFICIAL_FONT_DIR", default="")
# Official documents are rendered in processes of their own: how many, how long and with how many MB for one document.
PRINT_PROCESSES = environment.whole_number("PRINT_PROCESSES", default=2, low=1, high=32)
PRINT_SECONDS_LIMIT = environment.whole_number("PRINT_SECONDS_LIMIT", default=300, low=10, high=840)
PRINT_MEMORY_LIMIT = environment.whole_number("PRINT_MEMORY_LIMIT", default=1536, low=384, high=65536)
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a filing form with its tables has many fields
FILE_UPLOAD_PERMISSIONS = 0o600

# --- people -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "orgunits.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SAMPLE_PASSWORD = env.str("SAMPLE_PASSWORD", default="")  # load_sample makes one up where this is empty
ACCOUNT_ADAPTER = "orgunits.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # sign-up is closed: the address was given by an administrator
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Măng Non"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody can sign up with another's address

# --- language and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_THOUSAND_SEPARATOR = True

# --- mail -------------------------------------------------------------------------------------------------------
# The embedded run writes its mail to a folder, which administrators read on the outbox page.
vars().update(environment.mail(DATA_DIR / "outbox"))
EMAIL_TIMEOUT = 20
EMAIL_USE_LOCALTIME = True  # the Date of a letter in Viet Nam's time
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Măng Non <khong-tra-loi@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where mail servers return what they cannot deliver (the envelope sender); empty: the address of DEFAULT_FROM_EMAIL.
MAIL_RETURN_PATH = environment.mail_address("MAIL_RETURN_PATH")

# --- other channels ---------------------------------------------------------------------------------------------
NOTIFICATION_DAYS = environment.whole_number("NOTIFICATION_DAYS", default=90, low=7, high=3650)
# Seconds in which a province's gateway must have answered; and whether one on this very machine may be used.
WEBHOOK_SECONDS_LIMIT = environment.whole_number("WEBHOOK_SECONDS_LIMIT", default=10, low=1, high=60)
WEBHOOK_LOOPBACK = environment.flag("WEBHOOK_LOOPBACK", default=DEBUG)

# --- jobs: a row in the database is the truth, the message is only a bell ---------------------------------------
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_URL = REDIS_URL or "files://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_connect_timeout": 5, "visibility_timeout": 3600}
    if REDIS_URL
    else {
        "data_folder_in": DATA_DIR / "broker" / "queue",
        "data_folder_out": DATA_DIR / "broker" / "queue",
        "control_folder": DATA_DIR / "broker" / "control",
        "polling_interval": 0.25,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # what waits stays in the broker, where a crash of the worker cannot lose it
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "heartbeat": {"task": "config.tasks.heartbeat", "schedule": 10},
    # Each looks in the database for what is due; the hours in which people are written to are in reports.reminders.
    "write-reminders": {"task": "reports.tasks.write_reminders", "schedule": 300},
    "ring-for-letters": {"task": "reports.tasks.ring_for_letters", "schedule": 120},
    "follow-reorganisations": {"task": "orgunits.tasks.follow_reorganisations", "schedule": 300},
    "ring-for-invitations": {"task": "orgunits.tasks.ring_for_invitations", "schedule": 120},
    "ring-for-webhooks": {"task": "orgunits.webhook_tasks.ring_for_webhooks", "schedule": 30},
    "old-notifications": {"task": "orgunits.channel_tasks.remove_old", "schedule": crontab(hour=3, minute=10)},
    "print-jobs": {"task": "plans.tasks.ring_for_print_jobs", "schedule": 60},
    "print-batches": {"task": "plans.tasks.ring_for_print_batches", "schedule": 30},
    "issued-files": {"task": "plans.tasks.ring_for_issued_files", "schedule": 60},
    "sheet-imports": {"task": "reports.sheets_tasks.ring_for_sheet_imports", "schedule": 60},
    "restate-rollups": {"task": "reports.tasks.restate_rollups", "schedule": 60},
    "workbook-imports": {"task": "orgunits.workbook_tasks.ring_for_workbook_imports", "schedule": 60},
    "check-rollups": {"task": "reports.tasks.check_rollups", "schedule": crontab(hour=2, minute=30)},
    "old-print-jobs": {"task": "plans.tasks.remove_old_print_jobs", "schedule": 3600},
    "old-print-batches": {"task": "plans.tasks.remove_old_print_batches", "schedule": 3600},
    "old-sheet-imports": {"task": "reports.sheets_tasks.remove_old_sheet_imports", "schedule": 3600},
    "old-workbook-imports": {"task": "orgunits.workbook_tasks.remove_old_workbook_imports", "schedule": 3600},
}

# --- static files -----------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.assets.PackageAssetsFinder",
]
WHITENOISE_USE_FINDERS = EMBEDDED
# Hashed names that may be kept for ever need collectstatic; the embedded run serves the files as they lie.
_manifest = not EMBEDDED and HTTPS
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _manifest
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# openpyxl reads XML through defusedxml only where it does not find lxml, which python-docx brings.
os.environ["OPENPYXL_LXML"] = "False"

# --- safety -----------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-src": [SELF],
        "worker-src": [SELF],  # filing_worker.js
        "frame-ancestors": [SELF],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if environment.flag("BEHIND_PROXY") else None
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if environment.flag("BEHIND_PROXY") else 0  # or all people share one limit
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked from inside, without the proxy
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "config.views.csrf_failure"

# --- logging ----------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
