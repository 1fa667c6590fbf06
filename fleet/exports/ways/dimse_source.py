"""A PACS that speaks DIMSE, and what is said when it fails us."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.exports.ways.dimse_association import Rejected
from fleet.exports.ways.tls import Certificate
from fleet.exports.ways.way import Trouble, WayFailed

TRANSIENT = 2
REJECTED = "refuses us. Ask its administrator to allow associations from us"
REJECTIONS = {
    (1, 3): "does not know our AE title {calling}. Ask its administrator to add it",
    (1, 7): "has no archive {called} that we may see. Set its AE title, or have ours added there",
}


@dataclass(frozen=True)
class DimseSource:
    """One PACS as the region's network sees it; `name` is for people."""

    name: str
    host: str
    port: int
    called_ae_title: str
    calling_ae_title: str = "FLEET"
    lookup_tag: str = ""  # the attribute that holds the study_ref, "0008,0050"; empty: by UID
    certificate: Certificate | None = None  # by what it is known; None: without TLS

    def __str__(self) -> str:
        return f"The study source {self.name}"

    def nonsense(self) -> WayFailed:
        return WayFailed(
            Trouble.PROTOCOL,
            f"{self} answers something else than a PACS does. Check its host and port.",
        )

    def too_late(self) -> WayFailed:
        return WayFailed(
            Trouble.TIMEOUT,
            f"{self} does not answer in time. Check that server and the line.",
        )

    def broken(self) -> WayFailed:
        return WayFailed(
            Trouble.LINK,
            f"{self} broke off the connection, or the line did. It is tried again.",
        )

    def aborted(self) -> WayFailed:
        return WayFailed(
            Trouble.LINK,
            f"{self} ended the association. It is tried again; if it goes on, ask its administrator"
            f" whether it knows our AE title {self.calling_ae_title}.",
        )

    def no_service(self, service: str) -> WayFailed:
        return WayFailed(
            Trouble.CONFIGURATION,
            f"{self} does not let us use {service}."
            " Ask its administrator to allow it to our AE title.",
        )

    def ambiguous(self) -> WayFailed:
        return WayFailed(
            Trouble.CONFIGURATION,
            f"{self} has more than one study with this reference."
            " Look studies up by an attribute that is unique there, or by UID.",
        )

    def doubled(self) -> WayFailed:
        return WayFailed(
            Trouble.PROTOCOL,
            f"{self} lists two images of the study under the same UID."
            " Ask the region to repair the study.",
        )

    def rejection(self, rejected: Rejected) -> WayFailed:
        if rejected.result == TRANSIENT:
            return WayFailed(Trouble.LINK, f"{self} is busy. It is tried again.")
        said = REJECTIONS.get((rejected.source, rejected.reason), REJECTED)
        said = said.format(called=self.called_ae_title, calling=self.calling_ae_title)
        return WayFailed(Trouble.AUTH, f"{self} {said}.")

    def refusal(self, status: int) -> WayFailed:
        return WayFailed(
            Trouble.PROTOCOL,
            f"{self} refuses with the DICOM status {status:04X}. Read that server's log.",
        )

    def not_sent(self, status: int) -> WayFailed:
        if status == 0:
            return self.gone()
        return WayFailed(
            Trouble.PROTOCOL,
            f"{self} does not send an image (DICOM status {status:04X}): its file is"
            " damaged there, or in an encoding that it does not send. Read that server's log.",
        )

    def other(self) -> WayFailed:
        return WayFailed(
            Trouble.PROTOCOL,
            f"{self} sends something else than the image that it was asked for."
            " Nothing of it was kept. Check that server.",
        )

    def endless(self) -> WayFailed:
        return WayFailed(
            Trouble.PROTOCOL,
            f"{self} does not come to an end of its list. Check that server.",
        )

    def gone(self) -> WayFailed:
        return WayFailed(
            Trouble.GONE,
            f"{self} does not have the study any more: it was deleted meanwhile."
            " Ask the region whether it can be restored.",
        )
