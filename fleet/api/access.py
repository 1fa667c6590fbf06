"""Who may read the API, and errors as JSON sentences."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from fleet import clock
from fleet.api.models import ApiToken

View = Callable[..., HttpResponse]


class ApiError(Exception):
    """A request that cannot be answered; the sentence says why and what to do."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def for_bearers(view: View) -> View:
    """Answer GET from those who send a good token; turn every ApiError into JSON."""

    @wraps(view)
    def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
        try:
            _admit(request)
            response = view(request, **kwargs)
        except ApiError as error:
            response = JsonResponse({"error": error.sentence}, status=error.status)
            if error.status == 401:
                response["WWW-Authenticate"] = "Bearer"
            if error.status == 405:
                response["Allow"] = "GET, HEAD"
        patch_cache_control(response, no_store=True)
        return response

    return answer


def _admit(request: HttpRequest) -> None:
    if request.method not in {"GET", "HEAD"}:
        raise ApiError(405, _("This API only reads: send GET."))
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError(401, _("Send a token: “Authorization: Bearer …”."))
    bearer = ApiToken.bearer(token.strip(), clock.now())
    if bearer is None:
        raise ApiError(401, _("The token is unknown or has expired: ask for a new one."))
    request.user = bearer
