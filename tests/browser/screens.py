"""The screens that a page is read on."""

from __future__ import annotations

import pytest

# Layout hangs on the width and contrast on the theme, neither on both: two screens show all four.
each_screen = pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
