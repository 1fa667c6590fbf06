from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from fleet.exports import keys
from fleet.exports.checks import check_export_settings, check_keys
from fleet.exports.signature import private_of_pem
from fleet.exports.tasks import refuse_without_settings
from tests.rig.export_center import make_source, signing_pem


def found() -> list[str | None]:
    return [message.id for message in check_keys()]


def exporter(*queues: str) -> Any:
    """Return a worker that is about to begin, as Celery shows it."""
    app = Celery("exporter", broker="memory://")
    app.amqp.queues.select(queues)
    return SimpleNamespace(app=app)


@pytest.mark.usefixtures("exporting")
def test_it_derives_keys_that_have_nothing_in_common():
    made = {keys.project_key("a"), keys.project_key("b"), bytes.fromhex(keys.keyed_name("a"))}

    assert [len(key) for key in made if len(key) == 32] == [32, 32]
    assert keys.project_key("a") == keys.project_key("a")


def test_it_derives_others_from_another_secret(exporting, settings):
    before = keys.project_key("a")
    settings.FLEET_EXPORT_KEY = "another secret of thirty-two letters"

    assert keys.project_key("a") != before


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FLEET_EXPORT_KEY", "short", ["fleet.E010"]),
        ("FLEET_EXPORT_SIGNING_KEY", "not a key", ["fleet.E011"]),
        ("FLEET_EXPORT_SIGNING_KEY", "", []),
    ],
)
def test_it_refuses_a_wrong_key_at_start(exporting, settings, name, value, expected):
    setattr(settings, name, value)

    assert found() == expected


@pytest.mark.parametrize(
    "name", ["FLEET_EXPORT_DIR", "FLEET_EXPORT_KEY", "FLEET_EXPORT_SIGNING_KEY"]
)
def test_an_exporter_does_not_begin_without(exporting, settings, name):
    setattr(settings, name, "")

    with pytest.raises(SystemExit):
        refuse_without_settings(exporter("export"))
    refuse_without_settings(exporter("default", "collect"))


def test_an_exporter_begins_with_all_its_settings(exporting):
    refuse_without_settings(exporter("export"))


@pytest.mark.django_db
def test_it_warns_of_an_exporter_without_keys_where_there_are_sources(exporting, settings):
    settings.FLEET_EXPORT_KEY = ""
    before = check_export_settings(["default"])
    make_source("tver")

    assert (before, [m.id for m in check_export_settings(["default"])]) == ([], ["fleet.W007"])


def test_it_makes_a_signing_key_that_nobody_else_can_read(tmp_path, capsys):
    file = tmp_path / "key.pem"
    call_command("make_signing_key", file)

    assert private_of_pem(file.read_bytes())
    assert file.stat().st_mode & 0o777 == 0o600
    assert "BEGIN PUBLIC KEY" in capsys.readouterr().out
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("make_signing_key", file)


def test_it_says_how_to_make_the_keys(settings):
    settings.FLEET_EXPORT_SIGNING_KEY = signing_pem().replace("PRIVATE", "OTHER")

    with pytest.raises(ImproperlyConfigured, match="make_signing_key"):
        keys.signer()
