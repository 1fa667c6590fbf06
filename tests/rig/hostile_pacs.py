"""A PACS that finds and sends just what a test tells it, made of pynetdicom's server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pynetdicom import AE, StoragePresentationContexts, evt
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
)

from fleet.demo.servers import LOOPBACK

PENDING = 0xFF00
# Whatever is asked -> what is answered.
Finding = Callable[[Dataset], Iterable[Dataset]]
Sending = Callable[[Dataset], Iterable[Dataset]]


def as_found(image: Dataset, question: Dataset) -> Dataset:
    """Return what a PACS answers of this image, or of its study or series, to a question."""
    answer = Dataset()
    answer.QueryRetrieveLevel = question.QueryRetrieveLevel
    for element in question:
        if element.tag in image:
            answer[element.tag] = image[element.tag]
    return answer


class HostilePacs:
    """`finding` answers every C-FIND and `sending` every C-GET; set them at any time."""

    finding: Finding
    sending: Sending

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        entity = AE(ae_title="ARCHIVE")
        entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
        entity.add_supported_context(StudyRootQueryRetrieveInformationModelGet)
        for context in StoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax, scu_role=True, scp_role=True)

        def find(event: Any) -> Iterator[tuple[int, Dataset | None]]:
            for answer in self.finding(event.identifier):
                yield PENDING, answer

        def get(event: Any) -> Iterator[Any]:
            images = list(self.sending(event.identifier))
            yield len(images)
            for image in images:
                yield PENDING, image

        def remember(event: Any) -> None:
            # The library forgets to close it when the other end hangs up.
            self._sockets.append(event.assoc.dul.socket.socket)

        self._server = entity.start_server(
            (LOOPBACK, 0),
            block=False,
            evt_handlers=[
                (evt.EVT_C_FIND, find),
                (evt.EVT_C_GET, get),
                (evt.EVT_CONN_OPEN, remember),
            ],
        )
        assert self._server is not None
        self.port = int(self._server.server_address[1])

    def stop(self) -> None:
        self._server.shutdown()
        for connection in self._sockets:
            connection.close()


def images_of(files: Iterable[bytes]) -> list[Dataset]:
    return [pydicom.dcmread(BytesIO(file)) for file in files]
