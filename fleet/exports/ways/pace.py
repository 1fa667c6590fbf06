"""How slowly a source may send before it is one that only keeps us waiting."""

from __future__ import annotations

import time

from fleet.exports.ways.way import Trouble, WayFailed

LEAST_BYTES = 16 * 2**10
WITHIN_S = 60.0


class Pace:
    """Watches one transfer from its first byte on; `source` names the source in what it raises."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.rest()

    def rest(self) -> None:
        """Begin anew with the next byte: nothing is expected until then."""
        self._since: float | None = None
        self._n_bytes = 0

    def heard(self, n_bytes: int) -> None:
        """Count new bytes. Raises WayFailed(TIMEOUT) when they come too slowly."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        self._n_bytes += n_bytes
        if now - self._since < WITHIN_S:
            return
        if self._n_bytes < LEAST_BYTES:
            raise WayFailed(
                Trouble.TIMEOUT,
                f"{self._source} sent {self._n_bytes} bytes within {WITHIN_S:.0f} s."
                " Check that server and the line.",
            )
        self._since, self._n_bytes = now, 0
