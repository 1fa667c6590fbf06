"""Any service that Apprise knows by a URL. It is told what is new, and changes nothing."""

from __future__ import annotations

from fleet.alerts.messengers.http import CONNECT_S, READ_S
from fleet.alerts.messengers.messenger import Gone, Missing, Passing, Text


class ByApprise:
    can_edit = False
    shows_pictures = False

    def __init__(self, url: str) -> None:
        self._url = url

    def send(
        self,
        text: Text,
        key: str,
        *,
        is_silent: bool,  # noqa: ARG002
        picture: bytes | None = None,  # noqa: ARG002
    ) -> str:
        # Its hundreds of services are read only where one of them is used.
        from apprise import Apprise, NotifyFormat

        one = Apprise()
        mark = "&" if "?" in self._url else "?"
        if not one.add(f"{self._url}{mark}cto={CONNECT_S}&rto={READ_S}"):
            raise Gone("Apprise does not know such a URL: look at its list of services.")
        title, _line, body = text.body.partition("\n")
        if not one.notify(body=body or title, title=title, body_format=NotifyFormat.TEXT):
            raise Passing("The service did not take the message; Apprise does not say why.")
        return key

    def edit(self, remote_id: str, text: Text, key: str) -> None:  # noqa: ARG002
        raise Missing("Nothing is changed through Apprise.")

    def reply(self, remote_id: str, text: Text, key: str, *, is_silent: bool) -> None:  # noqa: ARG002
        self.send(text, key, is_silent=is_silent)
