"""Copy the center's database into a file, and make a new database from it.

What code makes anew by itself is left out: foreign servers with their mappings and tables, whose
passwords no copy shall hold, and the union views.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from regions.contract import VIEWS

LONGEST_S = 6 * 3600
# What pg_restore calls that which is made anew, or was made by roles.sql.
LEFT_OUT = (
    *("EXTENSION", "COMMENT - EXTENSION", "SCHEMA - public", "COMMENT - SCHEMA public"),
    *("SERVER", "COMMENT - SERVER", "ACL - FOREIGN SERVER", "USER MAPPING", "FOREIGN TABLE"),
    *("ACL - FOREIGN DATA WRAPPER", "SCHEMA - region_"),
)
# libpq reads these of a URL from the environment: an argument could be seen by every account.
_FROM_URL = {
    "host": "PGHOST",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}
_TABLES = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""


class BackupError(Exception):
    """The sentence says what went wrong and what to do."""


def back_up(url: str, file: Path) -> int:
    """Copy the database at `url` into a new file that its owner alone can read; return its bytes.

    Raises BackupError; a file that was begun is removed.
    """
    if file.exists():
        raise BackupError(f"{file} is there already: choose another name.")
    if not file.absolute().parent.is_dir():
        raise BackupError(f"There is no folder {file.absolute().parent}: make it first.")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    unions = [f"--exclude-table=fleet.union_{view}" for view in VIEWS]
    command = ["pg_dump", "--format=custom", "--no-password", "--exclude-schema=region_*", *unions]
    try:
        _run([*command, f"--file={part}"], url)
        # What pg_restore cannot list it cannot restore.
        _run(["pg_restore", "--list", str(part)], url)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.rename(file)
    return file.stat().st_size


def restore(url: str, file: Path) -> None:
    """Fill the empty database at `url`, which roles.sql prepared, from a file; all or nothing.

    Raises BackupError.
    """
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            found = connection.execute(_TABLES).fetchone()
    except psycopg.OperationalError as error:
        raise BackupError(f"The database cannot be reached: {error}") from None
    if found and found[0]:
        raise BackupError(
            "The database is not empty: restore into a new one, made with regions/sql/roles.sql."
        )
    listed = _run(["pg_restore", "--list", str(file)], url).splitlines()
    with tempfile.NamedTemporaryFile("w", suffix=".list") as chosen:
        chosen.write("\n".join(line for line in listed if not _is_left_out(line)))
        chosen.flush()
        command = ["pg_restore", "--no-password", "--exit-on-error", "--single-transaction"]
        database = conninfo_to_dict(url)["dbname"]
        _run([*command, f"--dbname={database}", f"--use-list={chosen.name}", str(file)], url)


def _is_left_out(line: str) -> bool:
    """Say whether a line of the list goes, such as “12; 1417 16400 SERVER - region_tver admin”."""
    what = " ".join(line.partition(";")[2].split()[2:])
    return what.startswith(LEFT_OUT)


def _run(command: Sequence[str], url: str) -> str:
    parts = conninfo_to_dict(url)
    login = {_FROM_URL[name]: str(value) for name, value in parts.items() if name in _FROM_URL}
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **login},
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    except FileNotFoundError:
        raise BackupError(
            f"{command[0]} is not installed: apt-get install postgresql-client."
        ) from None
    if done.returncode:
        raise BackupError(f"{command[0]} failed: {done.stderr.strip()[-1000:]}")
    return done.stdout
