"""System checks: configurations that work, and should not.

Every manage.py command and the web process run them at start with all that Django checks; workers
run those tagged `security` and `fleet` alone, since others import every page. Those that ask the
database are run by `migrate` and by `check --database default`.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}
MIN_SECRET_KEY = 32
MAX_SESSION_S = 7 * 24 * 3600
# A unix socket's path has 107 bytes; a region's code, a path's position and libpq's name for the
# socket take up to 52 of them.
MAX_SOCKET_DIR = 55


@register(Tags.security)
def check_debug(**_: object) -> list[CheckMessage]:
    """fleet.E001: an error page of DEBUG shows settings and rows to whoever can reach it."""
    reachable = sorted(set(settings.ALLOWED_HOSTS) - LOOPBACK)
    if not settings.DEBUG or not reachable:
        return []
    return [
        Error(
            f"FLEET_DEBUG is on while FLEET_ALLOWED_HOSTS names {', '.join(reachable)}.",
            hint="Set FLEET_DEBUG=false, or serve 127.0.0.1 and localhost only.",
            id="fleet.E001",
        )
    ]


@register(Tags.security)
def check_secret_key(**_: object) -> list[CheckMessage]:
    """fleet.E002: sessions and tokens are only as strong as the key that signs them."""
    if settings.DEBUG or len(settings.SECRET_KEY) >= MIN_SECRET_KEY:
        return []
    return [
        Error(
            f"FLEET_SECRET_KEY has fewer than {MIN_SECRET_KEY} characters.",
            hint="Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            id="fleet.E002",
        )
    ]


@register("fleet")
def check_clock(**_: object) -> list[CheckMessage]:
    """fleet.E003: the center counts in UTC; only a region's edge knows its local time."""
    if settings.USE_TZ and settings.TIME_ZONE == "UTC":
        return []
    return [
        Error(
            "The center's clock is UTC: USE_TZ must be True and TIME_ZONE 'UTC'.",
            hint="Give each region its zone instead (Region.time_zone).",
            id="fleet.E003",
        )
    ]


@register(Tags.security)
def check_credential_keys(**_: object) -> list[CheckMessage]:
    """fleet.E004: a malformed key would fail in a worker, when a region's password is needed."""
    return [
        Error(
            f"Key {place} of FLEET_CREDENTIAL_KEYS is not 32 bytes in URL-safe base64.",
            hint="Make one: python -c 'from cryptography.fernet import Fernet; "
            "print(Fernet.generate_key().decode())'",
            id="fleet.E004",
        )
        for place, key in enumerate(settings.FLEET_CREDENTIAL_KEYS, 1)
        if not _is_fernet_key(key)
    ]


@register(Tags.security)
def check_cookies(**_: object) -> list[CheckMessage]:
    """fleet.W001: a session's cookie that travels without TLS can be read on the way."""
    reachable = sorted(set(settings.ALLOWED_HOSTS) - LOOPBACK)
    if settings.SESSION_COOKIE_SECURE or not reachable:
        return []
    return [
        checks.Warning(
            f"FLEET_SECURE_COOKIES is off while FLEET_ALLOWED_HOSTS names {', '.join(reachable)}.",
            hint="Serve Fleet behind TLS and set FLEET_SECURE_COOKIES=true.",
            id="fleet.W001",
        )
    ]


@register(Tags.security)
def check_proxies(**_: object) -> list[CheckMessage]:
    """fleet.W003: behind an unnamed proxy all people share one address, and its limit."""
    reachable = sorted(set(settings.ALLOWED_HOSTS) - LOOPBACK)
    if settings.FLEET_PROXIES or not settings.SESSION_COOKIE_SECURE or not reachable:
        return []
    return [
        checks.Warning(
            "FLEET_SECURE_COOKIES wants a proxy with TLS in front, and FLEET_PROXIES says that "
            "there is none: whoever guesses passwords would lock everybody out.",
            hint="Set FLEET_PROXIES=1, or how many proxies set X-Forwarded-For one after another.",
            id="fleet.W003",
        )
    ]


@register(Tags.security)
def check_oidc(**_: object) -> list[CheckMessage]:
    """fleet.E005: who can answer in the provider's place can be anybody here."""
    issuer = urlsplit(settings.FLEET_OIDC_ISSUER)
    is_open = issuer.scheme != "https" and issuer.hostname not in LOOPBACK
    wrong = {
        "FLEET_OIDC_ISSUER does not begin with https://.": is_open,
        "FLEET_OIDC_CLIENT_ID is empty.": not settings.FLEET_OIDC_CLIENT_ID,
        "FLEET_OIDC_CLIENT_SECRET is empty.": not settings.FLEET_OIDC_CLIENT_SECRET,
    }
    return [
        Error(
            sentence,
            hint="Write what the provider shows for Fleet's registration.",
            id="fleet.E005",
        )
        for sentence, is_wrong in wrong.items()
        if is_wrong and settings.FLEET_OIDC_ISSUER
    ]


@register(Tags.security)
def check_session_hours(**_: object) -> list[CheckMessage]:
    """fleet.E006: a session that never ends, or has ended before it began."""
    if 3600 <= settings.SESSION_COOKIE_AGE <= MAX_SESSION_S:
        return []
    return [
        Error(
            "FLEET_SESSION_HOURS is outside 1 to 168.",
            hint="12 fits a shift; a session ends after a week whatever it says.",
            id="fleet.E006",
        )
    ]


@register(Tags.security)
def check_hosts(**_: object) -> list[CheckMessage]:
    """fleet.E007: a name that the asker chose would stand in the addresses that we make."""
    if settings.DEBUG or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Error(
            "FLEET_ALLOWED_HOSTS is '*': whoever asks chooses the name under which we answer.",
            hint="Write the names under which the proxy serves Fleet, by commas.",
            id="fleet.E007",
        )
    ]


@register(Tags.security)
def check_redis(**_: object) -> list[CheckMessage]:
    """fleet.W004: who reaches Redis plans tasks and resets the count of failed sign-ins."""
    redis = urlsplit(settings.FLEET_REDIS_URL)
    if redis.password or redis.hostname is None or redis.hostname in LOOPBACK:
        return []
    return [
        checks.Warning(
            f"FLEET_REDIS_URL names {redis.hostname} and no password: whoever reaches it can plan "
            "tasks and guess passwords without a limit.",
            hint="Set requirepass there and write redis://:password@host:6379/0.",
            id="fleet.W004",
        )
    ]


@register(Tags.security)
def check_logins(**_: object) -> list[CheckMessage]:
    """fleet.W005: a hole in the web process opens all that its environment holds."""
    if not (settings.FLEET_ADMIN_DATABASE_URL and settings.FLEET_STUDIES_DATABASE_URL):
        return []
    return [
        checks.Warning(
            "This process holds the login of fleet_admin and that of fleet_studies: the web "
            "process needs the second only, workers and commands the first only.",
            hint="Give each process its own file of environment variables.",
            id="fleet.W005",
        )
    ]


@register(Tags.database)
def check_roles(databases: Sequence[str] | None = None, **_: object) -> list[CheckMessage]:
    """fleet.E008, fleet.E009: the rights of a login are the last wall, when all others fell."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, EXISTS"
            " (SELECT FROM pg_user_mappings WHERE usename = current_user)"
            " FROM pg_roles WHERE rolname = current_user"
        )
        role, is_superuser, has_mappings = cursor.fetchone()
    found: list[CheckMessage] = []
    if is_superuser:
        found.append(
            Error(
                f"FLEET_DATABASE_URL logs in as {role}, a superuser.",
                hint="Log in as fleet_web, fleet_collect or fleet_admin (regions/sql/roles.sql).",
                id="fleet.E008",
            )
        )
    if has_mappings and settings.FLEET_STUDIES_DATABASE_URL:
        found.append(
            Error(
                f"FLEET_DATABASE_URL of the web process logs in as {role}, which can open regions.",
                hint="Log in as fleet_web there, which has no user mapping.",
                id="fleet.E009",
            )
        )
    return found


@register("fleet")
def check_socket_dir(**_: object) -> list[CheckMessage]:
    """fleet.W002: a socket whose path is too long cannot be made, for some codes and not others."""
    length = len(bytes(settings.FLEET_SOCKET_DIR))
    if length <= MAX_SOCKET_DIR:
        return []
    return [
        checks.Warning(
            f"FLEET_SOCKET_DIR has {length} bytes; beyond {MAX_SOCKET_DIR}, tunnels of regions "
            "with long codes cannot open.",
            hint="Choose a short folder such as /run/fleet/regions.",
            id="fleet.W002",
        )
    ]


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
