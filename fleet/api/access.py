"""Who may read the API, and errors as JSON sentences (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from fleet import clock
from fleet.api.models import ApiToken, Scope
from fleet.people.models import Role
from fleet.people.rights import may_act_as, why_not

View = Callable[..., HttpResponseBase]
READING = ("GET", "HEAD")
REALM = 'Bearer realm="fleet"'


class ApiError(Exception):
    """A request that cannot be answered; the sentence says why and what to do."""

    def __init__(self, status: int, sentence: str, challenge: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.challenge = challenge


def for_bearers(scope: Scope, *methods: str) -> Callable[[View], View]:
    """Answer those who send a good token of the scope; turn every ApiError into JSON.

    Without `methods` the view only reads. No browser sends a token by itself, so that nothing here
    has to be guarded against forged requests.
    """
    allowed = methods or READING

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            response: HttpResponseBase
            try:
                _check_method(request, allowed)
                request.user = _bearer(request, scope)
                response = view(request, **kwargs)
            except ApiError as error:
                response = _problem(error)
                if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
                    response["Allow"] = ", ".join(allowed)
            patch_cache_control(response, no_store=True)
            return response

        return answer

    return decorate


def _check_method(request: HttpRequest, allowed: Sequence[str]) -> None:
    """Raise ApiError(405) for another method."""
    if request.method in allowed:
        return
    if "POST" in allowed:
        raise ApiError(405, _("Send POST here."))
    raise ApiError(405, _("Only reading is possible here: send GET."))


def _bearer(request: HttpRequest, scope: Scope) -> User:
    """Return the person whose good token of the scope was sent; raise ApiError(401 or 403)."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ApiError(401, _("Send a token: “Authorization: Bearer …”."), REALM)
    found = ApiToken.good(token.strip(), clock.now())
    if found is None:
        raise ApiError(
            401,
            _("The token is unknown or has expired: make a new one on your page."),
            f'{REALM}, error="invalid_token"',
        )
    if scope not in found.scopes:
        raise ApiError(
            403,
            _("This takes a token of the scope “%(scope)s”: make one on your page.")
            % {"scope": scope.value},
            f'{REALM}, error="insufficient_scope", scope="{scope.value}"',
        )
    if not may_act_as(found.user, Role.VIEWER):
        raise ApiError(403, why_not(found.user, Role.VIEWER))
    return found.user


def _problem(error: ApiError) -> JsonResponse:
    """Return the error as application/problem+json."""
    response = JsonResponse(
        {
            "type": "about:blank",
            "title": HTTPStatus(error.status).phrase,
            "status": error.status,
            "detail": error.sentence,
        },
        status=error.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )
    if error.challenge:
        response["WWW-Authenticate"] = error.challenge
    return response
