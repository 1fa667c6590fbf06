"""Judge whether what a region sends, answers and leaves out is usual. Arrays in, verdicts out.

Nothing here knows where the numbers come from: it imports NumPy and SciPy alone and can be called
from a notebook. SciPy's parts are named in full where they are called, which imports them then:
most processes judge nothing.

Names of axes in the docstrings: T days (ascending, the last one is the newest), S series (a
region's attribute or score), K rows (a series within one device model, or one category), B bins
(64: below the range, 62 equal ones, above it), R regions.

A fleet's day, in the order of the calls:

    windows.windows                       which days make today, and which it is compared with
    windows.add_rows, histogram.merged    their histograms, added up
    windows.fleet_day                     what differs, and how much of it chance makes
    inputs.judge_day                      verdicts, and the state for tomorrow
    inputs.with_moved                     the bins that moved most, for a verdict that is shown

Beside it, each for all regions at once: `categories.new_categories`, `outputs.identical`,
`outputs.class_share`, `outputs.unlike_peers`, `outputs.flat`, `outputs.absent`,
`volume.volume`, `volume.silence`, `rates.rates`. Figures that are only shown: `figures`.

The rules, their limits and their measured rates of false alarms are described in
docs/decisions/ and bench/results/detection.md.
"""

from __future__ import annotations
