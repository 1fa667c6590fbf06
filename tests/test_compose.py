"""What the compose schema cannot see: dangling references, and commands that drift from ours."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet import processes

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if service.get("image") == "fleet"}
# Written by docker/make-secrets and never committed.
MADE_LATER = ("./docker/secrets/", "./docker/keys")


def references(kind: str) -> set[str]:
    return {name for service in SERVICES.values() for name in service.get(kind, ())}


def mounts() -> set[str]:
    return {volume.split(":")[0] for volume in references("volumes")}


@pytest.mark.parametrize("kind", ["networks", "secrets"])
def test_it_declares_exactly_what_services_use(kind: str) -> None:
    assert references(kind) == set(COMPOSE[kind])


def test_it_declares_exactly_the_volumes_that_services_mount() -> None:
    assert {name for name in mounts() if name[0] not in "./"} == set(COMPOSE["volumes"])


def test_it_mounts_files_that_exist() -> None:
    missing = [
        source
        for source in mounts() | {secret["file"] for secret in COMPOSE["secrets"].values()}
        if source[0] == "." and not source.startswith(MADE_LATER) and not (ROOT / source).exists()
    ]

    assert missing == []


def test_it_waits_for_services_that_exist() -> None:
    assert references("depends_on") <= set(SERVICES)


def test_it_calls_services_that_exist() -> None:
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "docker/make-secrets").read_text()

    assert set(re.findall(r"://(?:[^/@\s]+@)?(\w+):\d+/", text)) <= set(SERVICES)


def test_it_waits_for_health_where_there_is_a_check() -> None:
    waited_for = {
        name
        for service in SERVICES.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }

    assert {name for name in waited_for if "healthcheck" not in SERVICES[name]} == set()


@pytest.mark.parametrize(
    ("service", "command"),
    [
        ("web", processes.WEB),
        ("worker", processes.WORKER),
        ("worker-slow", processes.WORKER_SLOW),
        ("deliverer", processes.DELIVERER),
        ("judge", processes.JUDGE),
        ("exporter", processes.EXPORTER),
        ("buttons", processes.BUTTONS),
        ("beat", processes.BEAT),
        ("keeper", processes.KEEPER),
    ],
)
def test_it_runs_the_commands_of_every_other_way(service: str, command: tuple[str, ...]) -> None:
    assert tuple(SERVICES[service]["command"]) == command


def test_it_migrates_and_then_grants() -> None:
    steps = " && ".join(map(shlex.join, [processes.MIGRATE, processes.GRANT_ROLES]))

    assert SERVICES["migrate"]["command"] == ["sh", "-c", steps]


def test_it_sets_variables_that_the_settings_read() -> None:
    read = set(re.findall(r'env_\w+\(\s*"(\w+)"', (ROOT / "fleet/settings.py").read_text()))
    given = {
        name.removesuffix("_FILE")
        for service in OURS
        for name in SERVICES[service]["environment"]
        if name.startswith("FLEET_")
    }

    assert given - read == set()


def test_it_names_secrets_that_the_service_holds() -> None:
    wrong = [
        f"{name}: {value}"
        for name, service in SERVICES.items()
        for value in map(str, service.get("environment", {}).values())
        if value.startswith("/run/secrets/")
        if value.removeprefix("/run/secrets/") not in service["secrets"]
    ]

    assert wrong == []


def test_it_keeps_the_web_process_from_the_regions() -> None:
    web = SERVICES["web"]

    assert "regions" not in web["networks"]
    assert {name for name in web["secrets"] if name.startswith(("admin", "collect"))} == set()
    assert [volume.split(":")[::2] for volume in web["volumes"]] == [["exports", "ro"]]


def test_it_keeps_what_names_patients_to_the_exporter() -> None:
    holders = {
        name
        for name, service in SERVICES.items()
        for volume in service.get("volumes", ())
        if "export_work" in volume
    }

    assert holders == {"exporter"}


def test_its_demo_is_that_of_make_and_starts_only_when_asked() -> None:
    demo = SERVICES["demo"]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    read_by = (ROOT / "fleet/demo/__main__.py").read_text()

    assert f"$(PYTHON) {shlex.join(demo['command'][1:])}\n" in (ROOT / "Makefile").read_text()
    assert demo["profiles"] == ["demo"]
    assert demo["build"]["args"]["EXTRAS"].strip("[]") in extras["optional-dependencies"]
    assert set(demo["environment"]) == set(re.findall(r"FLEET_DEMO_\w+", read_by))
