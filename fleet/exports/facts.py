"""What the region and the request add to a package: plain values, nothing of the patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Request:
    """Who asked for which study, why, and who agreed."""

    export_id: str  # letters, digits, hyphens; names the package
    region_code: str
    requester: str
    approver: str  # empty where the region's policy asks for nobody
    reason: str
    created: datetime
    expires: datetime | None


@dataclass(frozen=True)
class Prediction:
    """One class of one model's answer, as the region delivered it."""

    model_code: str
    model_version: str
    class_code: str
    laterality: str
    score: float | None
    threshold: float | None
    is_positive: bool | None
    attempt_no: int


@dataclass(frozen=True)
class Attempt:
    """One processing of the study in the region. Durations are in seconds."""

    attempt_no: int
    pipeline_code: str
    pipeline_version: str
    status: str
    error_class: str
    fallback_kind: str
    device_kind: str
    wait_s: float | None
    download_s: float | None
    processing_s: float | None
    peak_mem_mb: float | None
