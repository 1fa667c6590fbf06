"""Time Evidently's drift report on two tables; run by bench/detection.py with another Python.

Evidently wants an older pandas and plotly than Fleet has, so it lives in an environment of its own:
its interpreter is named by BENCH_EVIDENTLY_PYTHON.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

tables = np.load(sys.argv[1])
today, reference = (
    pd.DataFrame({f"f{i}": column for i, column in enumerate(tables[name])})
    for name in ("today", "reference")
)
started = time.process_time()
Report([DataDriftPreset()]).run(today, reference)
print(time.process_time() - started)
