"""All settings, from the environment (docs/settings.md lists each variable); an odd value stops the start."""

from pathlib import Path
from typing import Any

from config.database_url import database_from_url, sqlite_database
from config.environment import env_bool, env_choice, env_float, env_int, env_keys, env_list, env_str

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env_str("FIREBREAK_DATA", str(BASE_DIR / "var"))).resolve()

PRODUCTION = env_bool("FIREBREAK_PRODUCTION", False)
DEBUG = env_bool("FIREBREAK_DEBUG", False)
TESTING = env_bool("FIREBREAK_TESTING", False)


def _kept(name: str) -> str:
    """What `manage.py up` keeps in the data folder for other commands; empty where it never ran."""
    try:
        return (DATA_DIR / name).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


# An empty key is refused by Django at first use.
SECRET_KEY = env_str("FIREBREAK_SECRET_KEY") or ("" if PRODUCTION else _kept("secret-key"))
# Seal the secrets of targets, newest first. None: a key that follows from SECRET_KEY (rollbacks/sealing.py).
SECRETS_KEYS = env_keys("FIREBREAK_SECRETS_KEY")
ALLOWED_HOSTS = env_list("FIREBREAK_HOSTS", "localhost,127.0.0.1,[::1]")
# The address in mails and links: no request exists where they are written.
PUBLIC_URL = env_str("FIREBREAK_URL", "http://127.0.0.1:8100").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "template_partials",
    "timeline",
    "plans",
    "rollbacks",
    "incidents",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "config.accounts.one_time.OneTimePasswordMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "incidents.context.shell",
            ],
        },
    },
]

# Database: SQLite in the data folder, or DATABASE_URL.
_database_url = env_str("DATABASE_URL")
DATABASES = {
    "default": database_from_url(_database_url) if _database_url else sqlite_database(DATA_DIR / "firebreak.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sign-in, lock-out, cookies.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if TESTING:
    # Half a second for each account of a test is a suite that nobody runs.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "now"
LOGOUT_REDIRECT_URL = "sign-in"
AXES_FAILURE_LIMIT = env_int("FIREBREAK_LOCKOUT_FAILURES", 10)
AXES_COOLOFF_TIME = env_float("FIREBREAK_LOCKOUT_HOURS", 0.25)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
# Made by the first start of an installation without people; the password is printed once.
FIRST_ADMINISTRATOR = env_str("FIREBREAK_ADMIN", "admin")
FIRST_ADMINISTRATOR_EMAIL = env_str("FIREBREAK_ADMIN_EMAIL", "admin@localhost")
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = env_bool("FIREBREAK_HTTPS_REDIRECT", False)
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION and SECURE_SSL_REDIRECT else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("FIREBREAK_BEHIND_PROXY", False) else None
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# No inline script or style anywhere; htmx is told so in base.html.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

LANGUAGE_CODE = "en"
TIME_ZONE = env_str("FIREBREAK_TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = False

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Mail: without a host every message stays in the in-app outbox and says so.
EMAIL_HOST = env_str("FIREBREAK_SMTP_HOST")
EMAIL_PORT = env_int("FIREBREAK_SMTP_PORT", 25)
EMAIL_HOST_USER = env_str("FIREBREAK_SMTP_USER")
EMAIL_HOST_PASSWORD = env_str("FIREBREAK_SMTP_PASSWORD")
EMAIL_USE_TLS = env_bool("FIREBREAK_SMTP_STARTTLS", False)
EMAIL_USE_SSL = env_bool("FIREBREAK_SMTP_TLS", False)
EMAIL_TIMEOUT = env_int("FIREBREAK_SMTP_TIMEOUT", 10)
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
MAIL_CONFIGURED = bool(EMAIL_HOST)
MAIL_PER_MINUTE = env_int(
    "FIREBREAK_MAIL_PER_MINUTE", 600
)  # messages to stakeholders; pages to contacts are never held back
REVIEW_MESSAGES = env_bool("FIREBREAK_REVIEW_MESSAGES", False)
PAGE_ROUNDS = env_int(
    "FIREBREAK_PAGE_ROUNDS", 3
)  # how often the escalation path is walked before the pager stays quiet
WEBHOOK_HOSTS = env_list("FIREBREAK_WEBHOOK_HOSTS", "")
HEARTBEAT_URL = env_str("FIREBREAK_HEARTBEAT_URL")
DEFAULT_FROM_EMAIL = env_str("FIREBREAK_MAIL_FROM", "Firebreak <firebreak@localhost>")

# Redis and Celery: the database is the state machine, a message is only a hint.
REDIS_URL = env_str("REDIS_URL") or _kept("redis-url") or "redis://127.0.0.1:6379/0"
REDIS_PREFIX = env_str("FIREBREAK_REDIS_PREFIX", "firebreak:")
CELERY_BROKER_URL = REDIS_URL
CELERY_VISIBILITY_TIMEOUT = env_int("FIREBREAK_VISIBILITY_TIMEOUT", 3600)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_VISIBILITY_TIMEOUT,
    "global_keyprefix": REDIS_PREFIX,
    "socket_keepalive": True,
    "socket_connect_timeout": 3,
    "socket_timeout": 30,
    "health_check_interval": 25,
}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
CELERY_TASK_IGNORE_RESULT = True  # state lives in our tables
CELERY_TASK_ACKS_LATE = False  # at most once; the reaper, not the broker, notices death
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}
CELERY_TASK_DEFAULT_QUEUE = "general"
CELERY_TASK_ROUTES = {
    "*.scan": {"queue": "control"},
    "incidents.audit": {"queue": "control"},
    "rollbacks.advance": {"queue": "rollback"},
    "rollbacks.probe": {"queue": "probe"},
    "*.send*": {"queue": "mail"},
}
CELERY_TASK_TIME_LIMIT = env_int(
    "FIREBREAK_TASK_TIME_LIMIT", 3600 + 120
)  # a backstop above the longest step; the runner keeps its own deadline

# The engine's clock, in seconds. Tests shorten them.
SCAN_INTERVAL = env_float("FIREBREAK_SCAN_INTERVAL", 5.0)
LEASE_SECONDS = env_float("FIREBREAK_LEASE_SECONDS", 30.0)
# The slow heartbeat of each target outside of incidents (0: none), how long before an incident the healthy time ends,
# and how long raw samples are kept.
BASELINE_SECONDS = env_float("FIREBREAK_BASELINE_SECONDS", 60.0)
BASELINE_LEAD_MINUTES = env_float("FIREBREAK_BASELINE_LEAD_MINUTES", 15.0)
SAMPLE_DAYS = env_float("FIREBREAK_SAMPLE_DAYS", 30.0)
LEASE_RENEW_SECONDS = env_float("FIREBREAK_LEASE_RENEW_SECONDS", 5.0)
LEASE_MARGIN_SECONDS = env_float("FIREBREAK_LEASE_MARGIN_SECONDS", 10.0)
# Minutes after which whoever leads may start a run that nobody else has approved; 0: never.
LONE_APPROVAL_MINUTES = env_float("FIREBREAK_LONE_APPROVAL_MINUTES", 10.0)
# A folder such as /run/lock; empty: no locks on the host (rollbacks/executors/host_lock.py).
HOST_LOCKS = env_str("FIREBREAK_HOST_LOCKS")
KILL_GRACE_SECONDS = env_float("FIREBREAK_KILL_GRACE_SECONDS", 10.0)
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "timeline": {
        "task": "timeline.scan",
        "schedule": SCAN_INTERVAL,
        "options": {"expires": max(1.0, SCAN_INTERVAL - 1)},
    },
    "rollbacks": {
        "task": "rollbacks.scan",
        "schedule": SCAN_INTERVAL,
        "options": {"expires": max(1.0, SCAN_INTERVAL - 1)},
    },
    "audit": {
        "task": "incidents.audit",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "incidents": {
        "task": "incidents.scan",
        "schedule": SCAN_INTERVAL,
        "options": {"expires": max(1.0, SCAN_INTERVAL - 1)},
    },
}

# The domain clock may be moved by tests and drills of the clock, never in production.
DOMAIN_TIME_OFFSET_SECONDS = 0.0 if PRODUCTION else env_float("FIREBREAK_TIME_OFFSET", 0.0)
# Closing an incident with open action items: "reason" asks for one, "refuse" waits for them, "allow" does not mind.
CLOSE_WITH_OPEN_ITEMS = env_choice("FIREBREAK_CLOSE_WITH_OPEN_ITEMS", "reason", ("reason", "refuse", "allow"))
PRACTICE = env_bool("FIREBREAK_PRACTICE", not PRODUCTION)
PRACTICE_DIR = DATA_DIR / "practice"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_str("FIREBREAK_LOG_LEVEL", "INFO")},
    # httpx would write each probe's address.
    # Three scans every five seconds would bury everything else; a task that fails is still told at ERROR.
    "loggers": {
        name: {"level": "WARNING"}
        for name in (
            "httpx",
            "celery.utils.functional",
            "celery.worker.strategy",
            "celery.app.trace",
            "celery.beat",
            "axes",
        )
    },
}
