"""`make demo`: Fleet with sham regions on this machine, until Ctrl-C or SIGTERM.

FLEET_DEMO_DIR is the folder of everything (.demo; used again when it is there), FLEET_DEMO_PORT
the web server's port (8000, or another when that is taken), FLEET_DEMO_REGIONS the number of
regions (6). FLEET_DEMO_SYNAPSE=0 leaves out the room of Matrix where Synapse is installed.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from types import FrameType

from fleet.demo.children import Children
from fleet.demo.folder import open_folder
from fleet.demo.scenario import FEWEST, MOST, ONCALL, cast
from fleet.demo.servers import LOOPBACK, ServerError, free_port, is_free
from fleet.demo.show import Show

DEFAULT_PORT = 8000
DEFAULT_REGIONS = 6
ENDING = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Run the demo; return 0 when it was asked to end, 1 when it failed."""
    for number in ENDING:
        signal.signal(number, _end)
    try:
        n_regions = _n_regions()
        folder = open_folder(os.environ.get("FLEET_DEMO_DIR"))
        with folder.locked():
            # A demo that was killed may have left its web server on the port.
            folder.end_leftovers()
            port = _port()
            children = Children(folder)
            show = Show(folder, cast(n_regions), port, children)
            try:
                show.start()
                command = f"{_where()}{os.path.relpath(sys.executable)} manage.py sham_scenario"
                room = show.synapse
                also = f"The same in Matrix: {room.url}  user: {ONCALL}\n" if room else ""
                show.progress.last(
                    f"Messages about alerts appear here and in {folder.messages}\n{also}"
                    f"To see one born, in another terminal: {command} zero_tensor\n"
                    f"Fleet is ready: http://{LOOPBACK}:{port}/  user: {ONCALL}"
                    f"  password: {folder.secret(ONCALL)}"
                )
                show.watch()
            finally:
                _ignore_signals()
                print("Stopping …", file=sys.stderr, flush=True)
                children.stop_all()
    except ServerError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _where() -> str:
    """Return what a command in another terminal needs before it, to find this demo's folder."""
    folder = os.environ.get("FLEET_DEMO_DIR")
    return f"FLEET_DEMO_DIR={shlex.quote(folder)} " if folder else ""


def _n_regions() -> int:
    asked = os.environ.get("FLEET_DEMO_REGIONS", str(DEFAULT_REGIONS))
    if not asked.isdecimal() or not FEWEST <= int(asked) <= MOST:
        raise ServerError(
            f"FLEET_DEMO_REGIONS is {asked!r}: write a whole number from {FEWEST} to {MOST}."
        )
    return int(asked)


def _port() -> int:
    asked = os.environ.get("FLEET_DEMO_PORT")
    if asked is None:
        return DEFAULT_PORT if is_free(DEFAULT_PORT) else free_port()
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise ServerError(f"FLEET_DEMO_PORT is {asked!r}: write a port from 1 to 65535.")
    if not is_free(int(asked)):
        raise ServerError(f"FLEET_DEMO_PORT: something else listens on {asked}, or you may not.")
    return int(asked)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    """Stopping goes on when Ctrl-C is pressed again; each step of it has its own time limit."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
