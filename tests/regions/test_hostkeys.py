from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from regions.hostkeys import fingerprint, parse_host_key, validate_host_key

LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2zJ4mGWWXlzUVQ7nC1yzXkZx9ZJ0B8Yw3LQ0lqk5oX"


@pytest.mark.parametrize("line", [LINE, f"{LINE} root@tver", f"[10.0.0.5]:2222 {LINE}"])
def test_it_reads_a_line_as_ssh_prints_it(line: str) -> None:
    assert parse_host_key(line).get_base64() == LINE.split()[1]


def test_it_prints_the_fingerprint_as_openssh_does() -> None:
    assert fingerprint(parse_host_key(LINE)).startswith("SHA256:")


@pytest.mark.parametrize(
    "line",
    ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-dss AAAA", "ssh-ed25519 что-то", "SHA256:abc def"],
)
def test_it_refuses_what_is_no_host_key(line: str) -> None:
    with pytest.raises(ValidationError, match="ssh-keyscan"):
        validate_host_key(line)
