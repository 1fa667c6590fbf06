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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "fleet",
    "regions",
    "fleet.people",
    "fleet.alerts",
    "fleet.exports",
    "fleet.review",
    "fleet.api",
    "fleet.demo",
    "fleet.rehearsal",
]
MIDDLEWARE = [
    "fleet.metrics.pages.time_pages",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "fleet.people.sessions.limit_sessions",
    "allauth.account.middleware.AccountMiddleware",
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
                "fleet.people.context.person",
                "fleet.exports.context.waiting",
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

# Who signs in, and how: a password, then a code if the person wants one, or the organisation's
# own sign-in (OpenID Connect). Nobody signs up, and nothing is sent by e-mail.
AUTHENTICATION_BACKENDS = [
    "fleet.people.permissions.AccountsWithPersons",
    "fleet.people.permissions.RolePermissions",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_ADAPTER = "fleet.people.accounts.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False
ACCOUNT_SESSION_REMEMBER = True
# Per address all attempts, then the failed ones per address and per name.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/5m/ip,5/5m/key",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
MFA_ADAPTER = "fleet.people.accounts.SecondSteps"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Fleet"
# allauth remembers a used code for one period: a code that held longer could be used twice.
MFA_TOTP_TOLERANCE = 0
SOCIALACCOUNT_ADAPTER = "fleet.people.accounts.Identities"
# A link, not a form: the policy below lets forms lead to ourselves only.
SOCIALACCOUNT_LOGIN_ON_GET = True
FLEET_OIDC_ISSUER = env_str("FLEET_OIDC_ISSUER", "")
FLEET_OIDC_CLIENT_ID = env_str("FLEET_OIDC_CLIENT_ID", "")
FLEET_OIDC_CLIENT_SECRET = env_str("FLEET_OIDC_CLIENT_SECRET", "")
FLEET_OIDC_NAME = env_str("FLEET_OIDC_NAME", "OpenID Connect")
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": FLEET_OIDC_NAME,
                "client_id": FLEET_OIDC_CLIENT_ID,
                "secret": FLEET_OIDC_CLIENT_SECRET,
                "settings": {"server_url": FLEET_OIDC_ISSUER},
            }
        ]
        if FLEET_OIDC_ISSUER
        else [],
    }
}
# Whom people ask who cannot get in: a name, a number, a channel.
FLEET_CONTACT = env_str("FLEET_CONTACT", "")

# A session ends after so many hours without a page, and after a week whatever happens.
SESSION_COOKIE_AGE = 3600 * env_int("FLEET_SESSION_HOURS", 12)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env_bool("FLEET_SECURE_COOKIES", not DEBUG)
SESSION_COOKIE_SAMESITE = "Lax"
# Proxies of ours in front of the web process: they say who asks, and whether through TLS.
FLEET_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = env_int("FLEET_PROXIES", 0)
if FLEET_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE
# What asks from this machine, past the proxy, and speaks no TLS.
SECURE_REDIRECT_EXEMPT = [r"^metrics/?$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SESSION_COOKIE_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# Whether browsers ship with a domain in their list is its owner's decision, not ours.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский")]
LOCALE_PATHS = [BASE_DIR / "fleet" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
# Where people open the pages, for the links of messages: https://fleet.example
FLEET_PUBLIC_URL = env_str("FLEET_PUBLIC_URL", "").rstrip("/")
# Where the messenger of the console writes; without it, to stderr.
FLEET_CONSOLE_FILE = env_str("FLEET_CONSOLE_FILE", "")
# The people at the center: their “today” and their clock on the pages. Inside, all is UTC.
FLEET_TIME_ZONE = env_zone("FLEET_TIME_ZONE", "UTC")

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "fleet.review.plotly_script.PlotlyFinder",
]
WHITENOISE_USE_FINDERS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env_str("FLEET_LOG_LEVEL", "INFO")},
    # sshtunnel and paramiko log addresses and user names of regions at INFO.
    # httpx logs the URLs of bots, which hold their tokens; Apprise those of its services.
    "loggers": {
        name: {"level": "CRITICAL"}
        for name in ("paramiko", "sshtunnel", "httpx", "httpcore", "apprise")
    },
}

# Exports of studies: the folder of packages and of the exporter's private files; the secret of
# which pseudonyms are made; the Ed25519 key (PEM) that signs manifests. The web process needs the
# folder alone, other processes none.
FLEET_EXPORT_DIR = env_str("FLEET_EXPORT_DIR", "")
FLEET_EXPORT_KEY = env_str("FLEET_EXPORT_KEY", "")
FLEET_EXPORT_SIGNING_KEY = env_str("FLEET_EXPORT_SIGNING_KEY", "")
# A table of rectangles over text that device models burn into images; see docs/operations.md.
FLEET_EXPORT_MASKS = env_str("FLEET_EXPORT_MASKS", "")
# Whether images are searched for text, where a program is installed that can.
FLEET_EXPORT_TEXT_SEARCH = env_bool("FLEET_EXPORT_TEXT_SEARCH", True)
# How many studies one request may name, one person and all people may ask for in a day, and how
# often a package may be downloaded.
FLEET_EXPORT_STUDIES_PER_REQUEST = env_int("FLEET_EXPORT_STUDIES_PER_REQUEST", 20)
FLEET_EXPORT_STUDIES_PER_PERSON = env_int("FLEET_EXPORT_STUDIES_PER_PERSON", 50)
FLEET_EXPORT_STUDIES_PER_DAY = env_int("FLEET_EXPORT_STUDIES_PER_DAY", 200)
FLEET_EXPORT_DOWNLOADS = env_int("FLEET_EXPORT_DOWNLOADS", 20)

FLEET_REDIS_URL = env_str("FLEET_REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    # Counts sign-ins for all web processes together; empty after a restart of Redis.
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": FLEET_REDIS_URL,
        "KEY_PREFIX": "fleet-cache",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}
