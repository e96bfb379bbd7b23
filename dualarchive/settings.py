"""All settings, read from the environment and from `.env`; runs on SQLite with nothing set."""

import sys
from datetime import timedelta
from pathlib import Path

import environ

from dualarchive import addons, logs, vendor

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

# Set by Heroku in every process: there no disk outlives a day.
ON_HEROKU = bool(env.str("DYNO", ""))
DEBUG = env.bool("DEBUG", False)
TESTING = "pytest" in sys.modules
# A key that everybody knows is for looking around only; checks.py refuses it in production. The settings of
# the system before have none: then one that nobody knows is derived from the secret that they do have.
SECRET_KEY_IS_DERIVED = not env.str("SECRET_KEY", "")
SECRET_KEY = env.str("SECRET_KEY", "") or vendor.derived_key(
    env.str("API_SECRET", "") or env.str("VONAGE_PRIVATE_KEY", "")
)
# Old ones, while a new SECRET_KEY takes over: who is signed in stays so.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORT = env.int("PORT", 8000)

# --- the platform -----------------------------------------------------------------------------------
API_KEY = env.str("API_KEY", "")
API_SECRET = env.str("API_SECRET", "")
# The Unified platform instead: an application, whose id stands where the key does, and its private key.
VONAGE_APPLICATION_ID = env.str("VONAGE_APPLICATION_ID", "")
VONAGE_PRIVATE_KEY = env.str("VONAGE_PRIVATE_KEY", "")
UNIFIED = bool(VONAGE_APPLICATION_ID)
BOTH_PLATFORMS = bool(API_KEY and UNIFIED)
if UNIFIED:
    API_KEY, API_SECRET = VONAGE_APPLICATION_ID, vendor.private_key(VONAGE_PRIVATE_KEY)
LOCALTOK_URL = f"http://127.0.0.1:{env.int('LOCALTOK_PORT', 8100)}"
OPENTOK_API_URL = env.str("OPENTOK_API_URL", "") or vendor.api_url(API_KEY, UNIFIED, LOCALTOK_URL)
OPENTOK_API_URL = OPENTOK_API_URL.rstrip("/")
OPENTOK_SCRIPT_URL = env.str("OPENTOK_SCRIPT_URL", "") or vendor.script_url(OPENTOK_API_URL)
OPENTOK_PROXY_URL = env.str("OPENTOK_PROXY_URL", "").rstrip("/")
OPENTOK_TIMEOUT = env.float("OPENTOK_TIMEOUT", 10.0)
LOOK_INTERVAL = env.float("LOOK_INTERVAL", 5.0)
SESSION_ID_PRIMARY = env.str("SESSION_ID_PRIMARY", "")
SESSION_ID_SECONDARY = env.str("SESSION_ID_SECONDARY", "")

# --- recording; seconds -----------------------------------------------------------------------------
SESSION_JOIN_DELAY = env.float("SESSION_JOIN_DELAY", 5.0)
SESSION_STOP_DELAY_PRIMARY = env.float("SESSION_STOP_DELAY_PRIMARY", 1.0)
SESSION_STOP_DELAY_SECONDARY = env.float("SESSION_STOP_DELAY_SECONDARY", 1.0)
PLAYER_OFFSET_PRIMARY = env.float("PLAYER_OFFSET_PRIMARY", 0.0)
PLAYER_OFFSET_SECONDARY = env.float("PLAYER_OFFSET_SECONDARY", 0.0)
ARCHIVE_LIMIT = env.float("ARCHIVE_LIMIT", 14400.0)
RESTART_AFTER = env.float("RESTART_AFTER", 13500.0)
RESTART_JITTER = env.float("RESTART_JITTER", 120.0)
RESTART_STRATEGY = env.str("RESTART_STRATEGY", "dual_session")
ADOPT_UNKNOWN = env.str("ADOPT_UNKNOWN", "adopt")
ROOM_ACCESS = env.str("ROOM_ACCESS", "invite")
KEEP_FILES = env.bool("KEEP_FILES", True)
DELETE_VENDOR_COPIES = env.bool("DELETE_VENDOR_COPIES", False)

# --- callbacks in, alarms out -----------------------------------------------------------------------
WEBHOOK_SECRET = env.list("WEBHOOK_SECRET", default=[])
WEBHOOK_ALLOW_UNSIGNED = env.bool("WEBHOOK_ALLOW_UNSIGNED", False)
CALLBACK_KEEP = timedelta(days=30)
TRASH_KEEP = timedelta(days=30)
# Days that recordings are kept; 0: for ever.
RETENTION_DAYS = env.int("RETENTION_DAYS", 0)
# An export that no longer fits its recording, and that nobody fetches.
EXPORT_KEEP = timedelta(days=30)
# Days after which one that does fit goes too; 0: never.
EXPORT_DAYS = env.int("EXPORT_DAYS", 0)
# Deprecated: a subscriber gets more, signed. Its body stays as it is until it is dropped.
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", "")
EVENTS_ALLOW_PRIVATE = env.bool("EVENTS_ALLOW_PRIVATE", False)
EVENTS_TIMEOUT = env.float("EVENTS_TIMEOUT", 10.0)
# Where links of events lead: to this site, and to the run-book.
SITE_URL = env.str("SITE_URL", "").rstrip("/")
RUNBOOK_URL = env.str("RUNBOOK_URL", "")
EMAIL_URL = env.str("EMAIL_URL", "")
EMAIL = env.email_url_config(EMAIL_URL or "dummymail://")
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = EMAIL["EMAIL_HOST"], EMAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_USER"] or "", EMAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_TLS", False), EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = EVENTS_TIMEOUT
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", "dual-session-archive@localhost")
# Codes of remarks on what is recorded that raise an alarm, such as black, no_audio.
CONTENT_ALARMS = env.list("CONTENT_ALARMS", default=[])

# --- Django -----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "archives.console.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_tasks",
    "django_tasks_db",
    "axes",
    "archives",
]
MIDDLEWARE = [
    "archives.web.request_log.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "archives.web.csp.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Last, so that it sees the sign-in itself and not what others make of it.
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "dualarchive.urls"
WSGI_APPLICATION = "dualarchive.wsgi.application"
ASGI_APPLICATION = "dualarchive.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"modules": "archives.web.modules"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "archives.web.pages.navigation",
            ],
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{VAR_DIR / 'dualarchive.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    VAR_DIR.mkdir(exist_ok=True)
    # Web and worker write at the same time. IMMEDIATE takes the write lock where a transaction begins,
    # so that the busy time-out applies; a lock that is upgraded half-way fails at once instead.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    pool_size = env.int("DATABASE_POOL", 0)
    addons.tune_postgres(DATABASES["default"], max_age_s=env.int("CONN_MAX_AGE", 60), pool_size=pool_size)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# By name and address together: nobody locks another out from elsewhere, and a class behind one address
# is not locked out by one of it.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
# Failures are kept to count them; who signed in when is not.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "archives.web.signin.caller_address"
AXES_LOCKOUT_CALLABLE = "archives.web.signin.too_many_failures"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/host/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["dualarchive.formats"]
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Without collectstatic (tests, DEBUG) WhiteNoise serves from the finders; hashed names need the manifest.
WHITENOISE_USE_FINDERS = DEBUG or TESTING
WHITENOISE_AUTOREFRESH = DEBUG
ARCHIVES_DIR = env.str("ARCHIVES_DIR", str(VAR_DIR / "archives"))
# An add-on of Heroku (Bucketeer) gives the same under names of its own.
S3 = {
    "bucket": env.str("S3_BUCKET", "") or env.str("BUCKETEER_BUCKET_NAME", ""),
    "region": env.str("S3_REGION", "") or env.str("BUCKETEER_AWS_REGION", ""),
    "endpoint": env.str("S3_ENDPOINT_URL", "").rstrip("/"),
    "key": env.str("AWS_ACCESS_KEY_ID", "") or env.str("BUCKETEER_AWS_ACCESS_KEY_ID", ""),
    "secret": env.str("AWS_SECRET_ACCESS_KEY", "") or env.str("BUCKETEER_AWS_SECRET_ACCESS_KEY", ""),
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Recordings apart from anything else, so that they can move to S3 alone.
    "archives": addons.recordings_storage(folder=ARCHIVES_DIR, **S3),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "dualarchive.statics.HashedStatics"
    },
}

# Media work waits in Redis where there is one, else in the database; `manage.py media` serves either.
REDIS_URL = env.str("REDIS_URL", "")
REDIS_TLS_VERIFY = env.bool("REDIS_TLS_VERIFY", True)
if REDIS_URL:
    RQ_QUEUES = addons.redis_queues(REDIS_URL, verify=REDIS_TLS_VERIFY)
    TASKS = {"default": {"BACKEND": "archives.media.queues.RedisQueues", "QUEUES": []}}
else:
    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}

# Of each process: what is small and asked often, and long answers, each of which may be half a megabyte.
IN_PROCESS = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": IN_PROCESS, "OPTIONS": {"MAX_ENTRIES": 10_000}},
    "answers": {"BACKEND": IN_PROCESS, "LOCATION": "answers", "OPTIONS": {"MAX_ENTRIES": 100}},
}
if REDIS_URL:
    # Of all processes: how often an address has asked.
    CACHES["throttles"] = addons.redis_counts(REDIS_URL, verify=REDIS_TLS_VERIFY)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["archives.api.parsers.JSONBody", "archives.api.parsers.FormBody"],
    "DEFAULT_PAGINATION_CLASS": "archives.api.pagination.Newest",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "archives.api.errors.exception_handler",
    # How many proxies stand before us: throttles count by the address that the outermost of them saw.
    "NUM_PROXIES": env.int("NUM_PROXIES", 0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
VERSION = "0.1.0"
SPECTACULAR_SETTINGS = {
    "TITLE": "Dual Session Archive",
    "VERSION": VERSION,
    "DESCRIPTION": "Records OpenTok calls of any length into one gapless recording.",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "archives.api.openapi.describe",
    ],
    # Three kinds of rows have a status of their own.
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "archives.models.ArchiveRun.Status",
        "SegmentStatus": "archives.models.Segment.Status",
        "RestartStatus": "archives.models.Restart.Status",
        "SeamKind": ["overlap", "gap"],
        "SpanKind": ["segment", "gap"],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- security: plain http is for DEBUG and for a machine by itself; behind TLS set SECURE=true ----------
SECURE = env.bool("SECURE", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)/?$"]
# HSTS for every subdomain, and its preloading, are for the owner of the whole domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Where links to recordings lead besides here and the platform: a bucket's own address.
MEDIA_ORIGINS = env.list("MEDIA_ORIGINS", default=[]) + addons.bucket_origins(**S3)
# Asked of every camera. It shares its recording's 1280x720 with the others, so more is rarely seen.
CAMERA_WIDTH = env.int("CAMERA_WIDTH", 640)
CAMERA_HEIGHT = env.int("CAMERA_HEIGHT", 480)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOG_FORMAT = env.str("LOG_FORMAT", "text")
LOGGING = logs.config(level=LOG_LEVEL, form=LOG_FORMAT)
# Errors go to Sentry where there is an address for them; /metrics answers where there is a token for it.
SENTRY_DSN = env.str("SENTRY_DSN", "")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", "production")
if SENTRY_DSN:
    logs.start_sentry(SENTRY_DSN, environment=SENTRY_ENVIRONMENT, release=VERSION)
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
