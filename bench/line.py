"""A relay as a process: prints its port, then answers `bytes`, `pass` and `silent` on stdin."""

from __future__ import annotations

import sys
from typing import cast

from fleet.demo.relay import Mode, Relay
from fleet.demo.servers import LOOPBACK


def main() -> None:
    relay = Relay(LOOPBACK, int(sys.argv[1]), delay=float(sys.argv[2]))
    relay.start()
    print(relay.port, flush=True)
    for command in map(str.strip, sys.stdin):
        if command == "bytes":
            print(relay.bytes_to_target, relay.bytes_from_target, flush=True)
        else:
            relay.mode = cast(Mode, command)
            print("ok", flush=True)


if __name__ == "__main__":
    main()
