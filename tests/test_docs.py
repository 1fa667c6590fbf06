"""The documents name files, commands, variables and processes that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import get_commands

from fleet import processes
from regions.registration import register_regions

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
OPERATIONS = (ROOT / "docs/operations.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_it_links_to_files_that_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_it_links_to_headings_that_exist(page: Path) -> None:
    text = page.read_text()
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) - anchors == set()


def test_it_names_management_commands_that_exist() -> None:
    named = {
        command
        for page in PAGES
        for command in re.findall(r"manage\.py ([a-z_]+)", page.read_text())
    }

    assert named - set(get_commands()) == set()


def test_it_names_make_targets_that_exist() -> None:
    named = {target for page in PAGES for target in re.findall(r"`make ([a-z]+)", page.read_text())}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))

    assert named - targets == set()


def test_it_lists_every_environment_variable() -> None:
    read = re.findall(r'env_\w+\(\s*"(\w+)"', (ROOT / "fleet/settings.py").read_text())
    listed = re.findall(r"^\| `(FLEET_\w+)` \|", OPERATIONS, flags=re.MULTILINE)

    assert sorted(listed) == sorted(read)


def test_it_runs_the_units_by_the_commands_of_every_other_way() -> None:
    # In a unit, %% stands for a percent sign; the virtual environment is named in full.
    started = [
        tuple(shlex.split(line.replace("%%", "%").replace("/srv/fleet/.venv/bin/", "")))
        for line in re.findall(r"^ExecStart=(.*)$", OPERATIONS, flags=re.MULTILINE)
    ]

    assert started == [
        processes.WEB,
        processes.WORKER,
        processes.WORKER_SLOW,
        processes.DELIVERER,
        processes.JUDGE,
        processes.EXPORTER,
        processes.BUTTONS,
        processes.BEAT,
        processes.KEEPER,
    ]


@pytest.mark.django_db
@pytest.mark.integration
def test_it_describes_regions_that_can_be_added(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    (tmp_path / "tver").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    )
    for code in ("tver", "kamchatka"):
        (tmp_path / f"{code}.password").write_text("password")
    (text,) = re.findall(r"^```yaml\n(.*?)^```", OPERATIONS, flags=re.MULTILINE | re.DOTALL)

    regions = register_regions(yaml.safe_load(text.replace("/etc/fleet/keys", str(tmp_path))))

    assert {region.code: region.paths.count() for region in regions} == {
        "tver": 2,
        "kamchatka": 1,
        "chukotka": 0,
    }
