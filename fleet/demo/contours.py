"""The regions' side of the demo: their databases, readers, history and SSH servers."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from fleet.demo import native
from fleet.demo.children import Children
from fleet.demo.folder import PROJECT, DemoFolder
from fleet.demo.orthanc import Orthanc, is_installed
from fleet.demo.postgres import Cluster
from fleet.demo.scenario import DAYS, Keeps, Part
from fleet.demo.servers import LOOPBACK, Process, ServerError, tail
from fleet.demo.ssh import SshServer
from regions.passwords import verifier
from regions.sql import sql_file


def made_of() -> str:
    """Return the text of all that the databases are made of, and that is not made again."""
    steps = [sql_file(f"contract/{step}.sql") for step in ("1_stubs", "2_derived", "3_reader")]
    natives = [file.read_text() for file in sorted(native.NATIVE.iterdir())]
    return "\n".join([*steps, *natives, native.CLOCK, sql_file("roles.sql")])


class Contours:
    """One database a region in one cluster, and an SSH server before each that needs one."""

    def __init__(self, folder: DemoFolder, cluster: Cluster, parts: list[Part]) -> None:
        self.folder = folder
        self.cluster = cluster
        self.parts = parts
        self.orthancs: dict[str, Orthanc] = {}
        if is_installed():
            self.orthancs = {
                part.code: Orthanc(folder.path / "archives" / part.code)
                for part in parts
                if part.keeps is Keeps.ORTHANC
            }

    def archive_folder(self, part: Part) -> Path | None:
        """Return the folder of images that the region's SSH server shows, if it does.

        Where Orthanc cannot be had, its region shows a folder as well.
        """
        if part.keeps is Keeps.NOWHERE or part.code in self.orthancs:
            return None
        return self.folder.path / "archives" / part.code

    def reader(self, part: Part) -> str:
        return f"reader_{part.code}"

    def create_databases(self, news: Callable[[str], None]) -> None:
        """Create each region's database, native tables, contract and reader, if it has none."""
        for done, part in enumerate(self.parts):
            news(f"{done} of {len(self.parts)} regions")
            self.cluster.create_database(part.code)
            with self.cluster.connect(part.code) as superuser:
                known = superuser.execute("SELECT to_regnamespace('fleet_contract')").fetchone()
                if known != (None,):
                    continue
                with superuser.transaction():
                    native.install(superuser, part.sham)
                    self._create_reader(superuser, part)

    def _create_reader(self, superuser: psycopg.Connection[Any], part: Part) -> None:
        reader = sql.Identifier(self.reader(part))
        superuser.execute(
            sql.SQL(sql_file("contract/3_reader.sql")).format(
                reader=reader, database=sql.Identifier(part.code)
            )
        )
        password = sql.Literal(verifier(self.folder.secret(self.reader(part))))
        superuser.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(reader, password))

    def fill_history(self, children: Children, news: Callable[[str], None]) -> None:
        """Fill the regions that are empty, as many at a time as there are processors.

        Raises ServerError when one cannot be filled.
        """
        n_processes = min(len(self.parts), os.cpu_count() or 1)
        fillers = [
            self._module(
                f"history {number + 1}",
                "fleet.demo.history",
                str(self._config(f"history-{number}", self.parts[number::n_processes])),
                str(DAYS),
            )
            for number in range(n_processes)
        ]
        for filler in fillers:
            filler.log.unlink(missing_ok=True)
            children.start(filler)
        while any(filler.is_running for filler in fillers):
            time.sleep(0.1)
            shares = [_share(tail(filler.log, 1)) for filler in fillers]
            news(f"{100 * sum(shares) / n_processes:.0f} %")
        for filler in fillers:
            children.stop(filler)
            if filler.exit_code:
                raise ServerError(f"{filler.name} failed:\n{tail(filler.log)}")

    def simulator(self) -> Process:
        """Return the process that keeps writing studies into every region."""
        config = self._config("simulator", self.parts)
        return self._module("simulator", "fleet.demo.simulator", "--config", str(config))

    def ssh_server(self, part: Part) -> SshServer:
        """Return the region's SSH server, not started, with host key and port of last time."""
        folder = self.folder.path / "ssh"
        folder.mkdir(mode=0o711, exist_ok=True)
        permitted = [(LOOPBACK, self.cluster.port)]
        if orthanc := self.orthancs.get(part.code):
            permitted.append((LOOPBACK, orthanc.port))
        return SshServer(folder / part.code, permitted, archive=self.archive_folder(part))

    def archivist(self) -> Process:
        """Return the process that keeps the regions' archives; the Orthancs run already."""
        entries = [
            {
                "url": self.cluster.superuser_url(part.code),
                "folder": str(self.folder.path / "archives" / part.code),
                "is_orthanc": part.code in self.orthancs,
            }
            for part in self.parts
            if part.keeps is not Keeps.NOWHERE
        ]
        config = self._secret_file("archivist", entries)
        return self._module("archivist", "fleet.demo.archivist", "--config", str(config))

    def _module(self, name: str, module: str, *arguments: str) -> Process:
        command = [sys.executable, "-m", module, *arguments]
        return Process(name, command, self.folder.log(name), cwd=PROJECT)

    def _config(self, name: str, parts: Iterable[Part]) -> Path:
        entries = [
            {"url": self.cluster.superuser_url(part.code), "sham": part.sham.as_json()}
            for part in parts
        ]
        return self._secret_file(name, entries)

    def _secret_file(self, name: str, entries: list[dict[str, Any]]) -> Path:
        config = self.folder.path / "secrets" / f"{name}.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(entries))
        return config


def _share(line: str) -> float:
    try:
        return float(line)
    except ValueError:
        return 0.0
