"""Packets come out as paramiko's own class sealed them, in whatever portions they come."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from paramiko.common import MSG_CHANNEL_DATA, MSG_GLOBAL_REQUEST
from paramiko.compress import ZlibCompressor, ZlibDecompressor
from paramiko.message import Message
from paramiko.packet import NeedRekeyException, Packetizer
from paramiko.ssh_exception import SSHException

from regions.packets import LONGEST_PACKET, Packets

WITHIN_S = 10.0
NONCE = bytes(range(12))


class Keeper:
    """Keeps what was put, and how much of it was there at each wake."""

    def __init__(self) -> None:
        self.content = b""
        self.woken_at: list[int] = []

    def put(self, content: memoryview) -> None:
        self.content += content

    def wake(self) -> None:
        self.woken_at.append(len(self.content))


class Ends:
    """Both ends of a line: paramiko's class seals on the far one, ours opens on the near one."""

    def __init__(self, key: bytes) -> None:
        self.near, self.far = socket.socketpair()
        self.near.settimeout(0.1)
        self.sender = Packetizer(self.far)
        self.packets = Packets(self.near)
        self.change_keys(key)

    def change_keys(self, key: bytes) -> None:
        sender, receiver = AESGCM(key), AESGCM(key)
        self.sender.set_outbound_cipher(sender, 16, None, 0, b"", aead=True, iv_out=NONCE)  # type: ignore[arg-type]
        self.packets.set_inbound_cipher(receiver, 16, None, 16, b"", aead=True, iv_in=NONCE)

    def send(self, kind: int, *fields: int | bytes) -> None:
        message = Message()
        message.add_byte(bytes([kind]))
        for field in fields:
            if isinstance(field, int):
                message.add_int(field)
            else:
                message.add_string(field)
        self.sender.send_message(message)

    def sealed(self, *fields: int | bytes) -> bytearray:
        """Return a packet's bytes, which are not on the line."""
        self.send(MSG_GLOBAL_REQUEST, *fields)
        return bytearray(self.near.recv(2**20))

    def read(self) -> tuple[int, Message]:
        return self.packets.read_message()


@pytest.fixture
def ends() -> Iterator[Ends]:
    ends = Ends(os.urandom(16))
    yield ends
    ends.near.close()
    ends.far.close()


def test_it_reads_what_was_sealed(ends: Ends) -> None:
    for number in range(3):
        ends.send(MSG_GLOBAL_REQUEST, number, b"content")
    read = [ends.read() for _number in range(3)]

    assert [kind for kind, _message in read] == [MSG_GLOBAL_REQUEST] * 3
    assert [message.seqno for _kind, message in read] == [0, 1, 2]
    assert [(m.get_int(), m.get_binary()) for _k, m in read] == [(n, b"content") for n in range(3)]


def test_it_inflates(ends: Ends) -> None:
    ends.sender.set_outbound_compressor(ZlibCompressor())
    ends.packets.set_inbound_compressor(ZlibDecompressor())
    ends.send(MSG_GLOBAL_REQUEST, b"a" * 5000)

    assert ends.read()[1].get_binary() == b"a" * 5000


@pytest.mark.parametrize("portion", [1, 3, 17, 1000])
def test_it_waits_for_the_rest_of_a_packet(ends: Ends, portion: int) -> None:
    sealed = ends.sealed(b"x" * 500) + ends.sealed(b"y" * 500)

    def dribble() -> None:
        for at in range(0, len(sealed), portion):
            ends.far.sendall(sealed[at : at + portion])
            time.sleep(0)

    thread = threading.Thread(target=dribble)
    thread.start()

    assert [ends.read()[1].get_binary()[:1] for _number in range(2)] == [b"x", b"y"]
    thread.join(WITHIN_S)


@pytest.mark.parametrize("place", [0, 3, 4, 30, -1])
def test_it_refuses_a_changed_packet(ends: Ends, place: int) -> None:
    sealed = ends.sealed(b"content" * 10)
    sealed[place] ^= 1
    ends.far.sendall(sealed + bytes(2**16))

    with pytest.raises(SSHException, match=r"changed on its way|longer than any"):
        ends.read()


def test_it_refuses_a_length_before_it_waits_for_that_much(ends: Ends) -> None:
    ends.far.sendall((LONGEST_PACKET + 1).to_bytes(4, "big"))

    with pytest.raises(SSHException, match="longer than any"):
        ends.read()


def test_it_gives_a_channels_bytes_to_who_receives_them(ends: Ends) -> None:
    ends.packets.receivers[7] = keeper = Keeper()
    for number in (7, 8, 7):
        ends.send(MSG_CHANNEL_DATA, number, b"%d" % number)
    ends.send(MSG_GLOBAL_REQUEST)

    assert [ends.read()[0] for _number in range(2)] == [MSG_CHANNEL_DATA, MSG_GLOBAL_REQUEST]
    assert keeper.content == b"77"


def test_it_wakes_who_receives_when_nothing_more_is_here(ends: Ends) -> None:
    ends.packets.receivers[7] = keeper = Keeper()
    for _number in range(3):
        ends.send(MSG_CHANNEL_DATA, 7, b"abc")
    ends.far.shutdown(socket.SHUT_WR)

    with pytest.raises(EOFError):
        ends.read()
    assert keeper.woken_at == [9]


def test_it_refuses_data_of_another_length_than_they_say(ends: Ends) -> None:
    ends.packets.receivers[7] = keeper = Keeper()
    ends.send(MSG_CHANNEL_DATA, 7, 100)

    with pytest.raises(SSHException, match="another number of bytes"):
        ends.read()
    assert not keeper.content


def test_it_asks_for_new_keys_and_leaves_what_comes_meanwhile_to_paramiko(ends: Ends) -> None:
    ends.packets.REKEY_BYTES = 150
    ends.packets.receivers[7] = keeper = Keeper()
    for _number in range(2):
        ends.send(MSG_CHANNEL_DATA, 7, b"x" * 60)

    assert ends.read()[0] == MSG_CHANNEL_DATA
    assert (ends.packets.need_rekey(), keeper.content) == (True, b"x" * 60)
    with pytest.raises(NeedRekeyException):
        ends.read()


def test_it_does_not_wait_for_new_keys_for_ever(ends: Ends) -> None:
    ends.packets.REKEY_BYTES = ends.packets.REKEY_BYTES_OVERFLOW_MAX = 100
    for _number in range(2):
        ends.send(MSG_GLOBAL_REQUEST, b"x" * 80)
    ends.read()

    with pytest.raises(SSHException, match="new keys"):
        ends.read()


def test_it_goes_on_with_new_keys(ends: Ends) -> None:
    ends.send(MSG_GLOBAL_REQUEST, b"old")
    assert ends.read()[1].get_binary() == b"old"

    ends.change_keys(os.urandom(32))
    ends.packets.reset_seqno_in()
    ends.send(MSG_GLOBAL_REQUEST, b"new")
    kind, message = ends.read()

    assert (kind, message.seqno, message.get_binary()) == (MSG_GLOBAL_REQUEST, 0, b"new")
