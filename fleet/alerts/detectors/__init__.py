"""What is wrong now, from the local tables, for all regions at once.

`watch` runs every minute; each detector is a plain function from regions to findings.
"""

from __future__ import annotations
