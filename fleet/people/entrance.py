"""The way in: allauth's views, with a sentence where a server that they need is silent."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account import views as account
from allauth.mfa.totp import views as totp
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from redis.exceptions import RedisError
from requests.exceptions import RequestException

View = Callable[..., HttpResponseBase]
PROVIDER = "oidc"


def counted(view: View) -> View:
    """Refuse politely while attempts cannot be counted: guessing must never be free."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except RedisError:
            return _unavailable(
                request,
                _("Sign-ins cannot be counted, because Redis does not answer. Start it again."),
            )

    return answer


def oidc_login(
    request: HttpRequest,
    provider_id: str,  # noqa: ARG001 (allauth builds the address with it)
) -> HttpResponseBase:
    """Lead to the organisation's own sign-in, and back to `next`."""
    if request.user.is_authenticated:
        return redirect("index")
    # allauth reads other wishes from the query, such as joining accounts: not here.
    wanted = request.GET.get("next")
    request.GET = QueryDict(urlencode({"next": wanted}) if wanted else "")
    return _asked(request, OAuth2LoginView)


def oidc_callback(
    request: HttpRequest,
    provider_id: str,  # noqa: ARG001
) -> HttpResponseBase:
    """Take who comes back from there."""
    return _asked(request, OAuth2CallbackView)


@login_required
def change_password(request: HttpRequest) -> HttpResponseBase:
    """Change it, for those who have one: who came by OpenID Connect has none."""
    if not isinstance(request.user, User) or not request.user.has_usable_password():
        raise Http404
    response: HttpResponseBase = account.password_change(request)
    return response


@login_required
def activate_totp(request: HttpRequest) -> HttpResponseBase:
    """Turn the second step on, where its secret can be sealed."""
    if not settings.FLEET_CREDENTIAL_KEYS:
        raise Http404
    response: HttpResponseBase = totp.activate_totp(request)
    return response


class Provider(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # not typed
    """Checks the signature of an identity even though it came straight from the provider."""

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> Any:
        data = super().get_access_token_data(*args, **kwargs)
        self.did_fetch_access_token = False
        return data


def _asked(request: HttpRequest, view: Any) -> HttpResponseBase:
    try:
        response: HttpResponseBase = view.adapter_view(Provider(request, PROVIDER))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except RequestException:
        return _unavailable(
            request,
            _("%(name)s does not answer. Try again, or log in with your password.")
            % {"name": settings.FLEET_OIDC_NAME},
        )
    return response


def _unavailable(request: HttpRequest, sentence: str) -> HttpResponseBase:
    return render(request, "503.html", {"sentence": sentence}, status=503)
