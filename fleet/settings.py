"""Settings: everything comes from the environment; `docs/operations.md` lists the variables."""

from __future__ import annotations

from pathlib import Path

from fleet.env import env_bool, env_database, env_int, env_list, env_str, env_zone

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env_bool("FLEET_DEBUG", False)
SECRET_KEY = env_str("FLEET_SECRET_KEY")
ALLOWED_HOSTS = env_list("FLEET_ALLOWED_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = env_list("FLEET_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "fleet.people.apps.FleetAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "fleet",
    "regions",
    "fleet.people",
    "fleet.review",
    "fleet.api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "fleet.urls"
WSGI_APPLICATION = "fleet.wsgi.application"
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
            ],
        },
    }
]

# One login per duty: the web process gets fleet_web here, workers and the tunnel keeper
# fleet_collect, `migrate` fleet_admin. What a role may do is in regions/sql/grants.sql.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **env_database("FLEET_DATABASE_URL"),
        "OPTIONS": {
            "pool": {
                "min_size": 0,
                "max_size": env_int("FLEET_DATABASE_POOL", 8),
                "timeout": 10,
            },
            "connect_timeout": 5,
            "options": "-c statement_timeout=30000 -c lock_timeout=10000",
        },
    }
}
# Workers and commands that create foreign servers and union views; the web process goes without.
FLEET_ADMIN_DATABASE_URL = env_str("FLEET_ADMIN_DATABASE_URL", "")
# The web process's login for reading one region's studies live; without it that page says how.
FLEET_STUDIES_DATABASE_URL = env_str("FLEET_STUDIES_DATABASE_URL", "")
# Fernet keys, newest first, for credentials kept in the database ("sealed:…" references).
FLEET_CREDENTIAL_KEYS = env_list("FLEET_CREDENTIAL_KEYS")
# How many regions' sessions a worker keeps warm; each is a session of the center's PostgreSQL.
FLEET_WARM_SESSIONS = env_int("FLEET_WARM_SESSIONS", 128)
# The folder of the tunnels' sockets, shared by the tunnel keeper, the workers and PostgreSQL.
FLEET_SOCKET_DIR = Path(env_str("FLEET_SOCKET_DIR", "/run/fleet/regions"))
FLEET_SOCKET_GROUP = env_str("FLEET_SOCKET_GROUP", "")

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "fleet.people.permissions.RolePermissions",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env_bool("FLEET_SECURE_COOKIES", not DEBUG)
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский")]
LOCALE_PATHS = [BASE_DIR / "fleet" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
# The people at the center: their “today” and their clock on the pages. Inside, all is UTC.
FLEET_TIME_ZONE = env_zone("FLEET_TIME_ZONE", "UTC")

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env_str("FLEET_LOG_LEVEL", "INFO")},
    # sshtunnel and paramiko log addresses and user names of regions at INFO.
    "loggers": {"paramiko": {"level": "CRITICAL"}, "sshtunnel": {"level": "CRITICAL"}},
}

FLEET_REDIS_URL = env_str("FLEET_REDIS_URL", "redis://127.0.0.1:6379/0")
