"""Typed readers of the environment: a wrong value is refused with the variable's name."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured


def env_str(name: str, default: str | None = None) -> str:
    """Return the variable, or the content of the file named by NAME_FILE, or the default.

    Raises ImproperlyConfigured when none of the three exists.
    """
    if name in os.environ:
        return os.environ[name]
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: cannot read {path}: {error}") from error
    if default is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE) in the environment.")
    return default


def env_bool(name: str, default: bool) -> bool:
    """Return True for "1" or "true", False for "0" or "false"; refuse anything else."""
    value = env_str(name, "true" if default else "false").lower()
    if value not in {"1", "0", "true", "false"}:
        raise ImproperlyConfigured(f"{name} is {value!r}: write true or false.")
    return value in {"1", "true"}


def env_int(name: str, default: int) -> int:
    """Return the variable as a whole number."""
    value = env_str(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number.") from None


def env_zone(name: str, default: str) -> ZoneInfo:
    """Return the IANA time zone that the variable names."""
    value = env_str(name, default)
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ImproperlyConfigured(
            f"{name} is {value!r}: write an IANA name such as Europe/Moscow."
        ) from None


def env_list(name: str, default: str = "") -> list[str]:
    """Return the comma-separated items, without blanks."""
    return [item.strip() for item in env_str(name, default).split(",") if item.strip()]


def env_database(name: str) -> dict[str, str]:
    """Return Django's NAME, USER, PASSWORD, HOST and PORT from postgresql://user:password@host:port/name.

    A host that begins with "/" (percent-encoded in the URL) is the folder of a unix socket.
    """
    url = urlsplit(env_str(name))
    shape = f"{name}: write postgresql://user:password@host:port/database."
    if url.scheme not in {"postgresql", "postgres"} or len(url.path) < 2 or url.query:
        raise ImproperlyConfigured(shape)
    try:
        port = url.port
    except ValueError:
        raise ImproperlyConfigured(shape) from None
    # urlsplit's hostname is in small letters, which a folder need not be.
    place = url.netloc.rpartition("@")[2]
    host = (url.hostname or "") if place.startswith("[") else place.partition(":")[0]
    return {
        "NAME": unquote(url.path[1:]),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(host),
        "PORT": str(port or ""),
    }
