from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from fleet.demo.relay import Relay
from fleet.demo.servers import free_port
from fleet.demo.ssh import SshServer
from regions import check_database, ssh
from regions.check import Outcome, Step, check_path
from regions.credentials import seal
from regions.models import AccessPath, Region
from tests.rig.regions import lead_through

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
DATABASE_STEPS = [
    "database",
    "role is read-only",
    "contract",
    "clock skew",
    "index",
    "time of one bucket",
]
HOP_STEPS = ["name", "TCP", "host key", "login"]


@pytest.fixture
def database(region_database: Callable[..., Any]) -> Any:
    return region_database()


@pytest.fixture
def region(make_region: Callable[..., Region], database: Any) -> Region:
    return make_region(database)


@pytest.fixture
def server(ssh_server: Callable[..., SshServer], database: Any) -> SshServer:
    return ssh_server(("127.0.0.1", database.cluster.port))


def check(region: Region) -> list[Step]:
    return list(check_path(region.paths.get()))


def failed(region: Region) -> Step:
    """Return the one failed step; what comes before is good, what comes after is skipped."""
    steps = check(region)
    place = [step.outcome for step in steps].index(Outcome.FAILED)
    assert {step.outcome for step in steps[:place]} <= {Outcome.OK}
    assert {step.outcome for step in steps[place + 1 :]} <= {Outcome.SKIPPED}
    return steps[place]


def test_it_finds_a_direct_path_good(region: Region) -> None:
    steps = check(region)

    assert [step.name for step in steps] == ["name", "TCP", *DATABASE_STEPS]
    assert {step.outcome for step in steps} == {Outcome.OK}, steps


def test_it_finds_an_ssh_path_good(region: Region, server: SshServer) -> None:
    lead_through(region, server)

    steps = check(region)

    assert [step.name for step in steps] == [*HOP_STEPS, "forward", *DATABASE_STEPS]
    assert {step.outcome for step in steps} == {Outcome.OK}, steps


def test_it_walks_each_jump_host(
    region: Region, server: SshServer, ssh_server: Callable[..., SshServer]
) -> None:
    lead_through(region, ssh_server((server.host, server.port)), server)

    steps = check(region)

    hops = [f"hop {number}: {name}" for number in (1, 2) for name in HOP_STEPS]
    assert [step.name for step in steps] == [*hops, "forward", *DATABASE_STEPS]
    assert {step.outcome for step in steps} == {Outcome.OK}, steps


def test_it_leaves_no_socket_behind(
    region: Region, server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lead_through(region, server)

    check(region)

    assert list(tmp_path.iterdir()) == []


def test_it_stops_at_the_name(region: Region, server: SshServer) -> None:
    lead_through(region, server, host="no-such-host.invalid")

    assert failed(region).name == "name"


def test_it_stops_at_tcp(region: Region, server: SshServer) -> None:
    lead_through(region, server, port=free_port())

    assert failed(region).name == "TCP"


def test_it_stops_at_the_host_key(
    region: Region, server: SshServer, ssh_server: Callable[..., SshServer]
) -> None:
    lead_through(region, server).hops.update(host_key=ssh_server().host_key_line)

    step = failed(region)

    assert step.name == "host key"
    assert "ask the region's administrator" in step.sentence


def test_it_stops_at_a_mute_server(
    region: Region,
    server: SshServer,
    relay: Callable[..., Relay],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ssh, "BANNER_TIMEOUT_S", 0.5)
    line = relay(server.port)
    line.mode = "silent"
    lead_through(region, server, port=line.port)

    assert "does not speak SSH" in failed(region).sentence


def test_it_stops_at_the_login(
    region: Region, server: SshServer, ssh_server: Callable[..., SshServer]
) -> None:
    other = f"file:{ssh_server().private_key_path}"
    lead_through(region, server).hops.update(private_key=other)

    assert failed(region).name == "login"


def test_it_stops_at_the_forward(region: Region, ssh_server: Callable[..., SshServer]) -> None:
    lead_through(region, ssh_server(("127.0.0.1", 1)))

    step = failed(region)

    assert step.name == "forward"
    assert "permitopen" in step.sentence


def test_it_says_that_an_ssh_path_has_no_hop(region: Region) -> None:
    region.paths.update(kind=AccessPath.Kind.SSH)

    assert "has no hop" in failed(region).sentence


def test_it_stops_at_a_wrong_password(region: Region) -> None:
    region.database_password = seal("wrong")

    step = failed(region)

    assert step.name == "database"
    assert "password" in step.sentence
    assert "wrong" not in step.sentence


def test_it_stops_at_a_missing_credential(region: Region) -> None:
    region.database_password = "env:FLEET_NOT_SET"

    assert "set the variable FLEET_NOT_SET" in failed(region).sentence


@pytest.mark.parametrize(
    ("mistake", "remedy"),
    [
        ("ALTER ROLE {reader} SUPERUSER", "Make a reader"),
        ("ALTER ROLE {reader} CREATEROLE", "NOCREATEROLE"),
        ("GRANT CREATE ON DATABASE {database} TO {reader}", "REVOKE CREATE ON DATABASE"),
        ("GRANT CREATE ON SCHEMA fleet_contract TO {reader}", "REVOKE CREATE ON SCHEMA"),
        ("GRANT DELETE ON study_native TO {reader}", "REVOKE INSERT, UPDATE, DELETE"),
        ("ALTER ROLE {reader} RESET default_transaction_read_only", "SET default_transaction"),
    ],
)
def test_it_stops_at_a_reader_who_may_write(
    region: Region, database: Any, mistake: str, remedy: str
) -> None:
    database.execute(mistake.format(reader=database.reader, database=database.name))

    step = failed(region)

    assert step.name == "role is read-only"
    assert remedy in step.sentence


def test_it_stops_at_a_missing_contract_column(region: Region, database: Any) -> None:
    database.execute("ALTER VIEW fleet_contract.study RENAME COLUMN kvp TO kilovolts")

    step = failed(region)

    assert step.name == "contract"
    assert "kvp" in step.sentence


def test_it_stops_at_another_region(make_region: Callable[..., Region], database: Any) -> None:
    step = failed(make_region(database, code="beta"))

    assert step.name == "contract"
    assert "wrong region" in step.sentence


def test_it_stops_at_a_missing_index(region: Region, database: Any) -> None:
    for (index,) in database.execute(
        "SELECT indexname FROM pg_indexes WHERE tablename = 'study_native'"
        " AND indexdef LIKE '%received_at%'"
    ):
        database.execute(f"DROP INDEX {index}")
    database.execute(
        "INSERT INTO study_native (study_ref, received_at)"
        " SELECT i::text, now() - i * interval '1 minute' FROM generate_series(1, 20000) i"
    )
    database.execute("ANALYZE study_native")

    step = failed(region)

    assert step.name == "index"
    assert "20,000 rows of public.study_native" in step.sentence


def test_it_stops_at_a_slow_bucket(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_database, "SLOW_BUCKET_S", 0.0)

    step = failed(region)

    assert step.name == "time of one bucket"
    assert "EXPLAIN ANALYZE" in step.sentence


def test_the_command_prints_every_step(region: Region) -> None:
    output = StringIO()

    call_command("check_region", region.code, stdout=output)

    lines = output.getvalue().splitlines()
    assert lines[0] == "alpha 1 (direct)"
    assert lines[1] == "  ok      name                127.0.0.1 is 127.0.0.1."


def test_the_command_checks_every_path_and_fails_when_one_does(region: Region) -> None:
    AccessPath.objects.create(region=region, position=2, database_port=free_port())
    output = StringIO()

    with pytest.raises(CommandError, match="A step failed"):
        call_command("check_region", region.code, stdout=output)

    assert "time of one bucket  The busiest" in output.getvalue()
    assert "  skipped time of one bucket" in output.getvalue()


def test_the_command_knows_no_such_region() -> None:
    with pytest.raises(CommandError, match="no region “nowhere”"):
        call_command("check_region", "nowhere")


def test_the_command_leaves_an_offline_region_alone(region: Region) -> None:
    region.paths.all().delete()
    Region.objects.update(level=3)
    output = StringIO()

    call_command("check_region", region.code, stdout=output)

    assert "offline by design" in output.getvalue()


def test_the_command_asks_for_a_path(region: Region) -> None:
    region.paths.all().delete()

    with pytest.raises(CommandError, match="no enabled path"):
        call_command("check_region", region.code)
