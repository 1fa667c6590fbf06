"""Pack a study that a person has looked through, and check the package before anybody has it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.contrib.auth.models import User

from fleet.exports import keys
from fleet.exports.cleaning import kept
from fleet.exports.facts import Request
from fleet.exports.folders import package_path
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.package import Contents, pack
from fleet.exports.purposes import PURPOSES
from fleet.exports.queueing import policy_of
from fleet.exports.verify import verify

KEEP_DAYS = 30


class Unsound(Exception):
    """The package that was just made is not what it should be: an error of ours."""


@dataclass(frozen=True)
class Packed:
    """The package, and until when it may be taken."""

    path: Path
    n_bytes: int
    sha256: str
    expires_at: datetime


def pack_study(study: ExportedStudy, now: datetime) -> Packed:
    """Write, check and place the package. Raises FileNotFoundError, Unsound."""
    export, target = study.export, package_path(study)
    policy = policy_of(export.region)
    expires_at = now + timedelta(days=policy.keep_days if policy else KEEP_DAYS)
    what = kept(study)
    contents = Contents(
        request=_request(study, now, expires_at),
        purpose=PURPOSES[export.purpose],
        study=what.study,
        predictions=what.predictions,
        attempts=what.attempts,
        looked_through_by=_name(study.looked_through_by),
        texts=what.texts,
    )
    draft, signer = target.with_suffix(".new"), keys.signer()
    draft.unlink(missing_ok=True)
    pack(contents, draft, keys.project_key(export.project), signer)
    verdict = verify(draft, signer.public_key())
    if verdict.problems or not verdict.is_trusted:
        draft.unlink()
        raise Unsound("; ".join(verdict.problems))
    with draft.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    draft.chmod(0o600)
    draft.replace(target)
    return Packed(target, target.stat().st_size, sha256, expires_at)


def _request(study: ExportedStudy, now: datetime, expires_at: datetime) -> Request:
    export: Export = study.export
    return Request(
        export_id=f"{export.pk}-{study.pk}",
        region_code=export.region.code,
        requester=export.requester.get_username(),
        approver=_name(export.decided_by) if export.is_approved else "",
        reason=export.reason,
        created=now.astimezone(UTC),
        expires=expires_at.astimezone(UTC),
    )


def _name(account: User | None) -> str:
    return account.get_username() if account else ""
