"""An authenticator app."""

from __future__ import annotations

import time

import pyotp

PERIOD_S = 30
# A code that is shown for a shorter time than this may be void before it is checked.
ENOUGH_S = 4


def shown_code(secret: str) -> str:
    """Return the code that the app shows, after waiting for the next one if it is about to."""
    left = PERIOD_S - time.time() % PERIOD_S
    if left < ENOUGH_S:
        time.sleep(left)
    return pyotp.TOTP(secret).now()
