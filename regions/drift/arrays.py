"""Names for the arrays that the kernel takes and returns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# Counts come in whatever width they are kept in.
Counts = npt.NDArray[Any]
