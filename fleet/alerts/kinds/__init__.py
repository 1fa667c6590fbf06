"""The kinds of alerts, one file each, and their register."""

from __future__ import annotations

from fleet.alerts.kinds import (
    backlog,
    class_collapse,
    clock_skew,
    collector_blind,
    contract_broken,
    data_stale,
    errors_up,
    input_drift,
    latency_up,
    link_lost,
    new_category,
    output_drift,
    outputs_identical,
    region_silent,
    unlike_peers,
    version_unexpected,
    volume_shift,
)
from fleet.alerts.kinds.kind import Kind

KINDS: dict[str, Kind] = {
    module.KIND.code: module.KIND
    for module in (
        link_lost,
        data_stale,
        region_silent,
        volume_shift,
        errors_up,
        latency_up,
        backlog,
        input_drift,
        new_category,
        outputs_identical,
        class_collapse,
        output_drift,
        unlike_peers,
        version_unexpected,
        clock_skew,
        contract_broken,
        collector_blind,
    )
}
