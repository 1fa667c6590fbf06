"""The page on which people make and revoke their own tokens."""

from __future__ import annotations

import re
from datetime import datetime
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from fleet.api.models import ApiToken, Scope
from fleet.api.tokens import BadToken, make_token, revoke_token
from fleet.clock import now
from fleet.people.models import Role
from fleet.people.rights import requires

USUAL_DAYS = "90"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@requires(Role.VIEWER)
def tokens(request: HttpRequest) -> HttpResponse:
    """Show one's tokens, and make one."""
    user, moment, made, error = cast(User, request.user), now(), "", ""
    if request.method == "POST":
        try:
            made = _make(request, user, moment)
        except BadToken as refused:
            error = str(refused)
    asked = request.POST if error else {}
    # Answered without a redirect: the token is kept nowhere, so no other page could show it.
    return render(
        request,
        "people/tokens.html",
        {
            "made": made,
            "error": error,
            "name": asked.get("name", ""),
            "days": asked.get("days", USUAL_DAYS),
            "scopes": Scope.choices,
            "tokens": [
                (token, [Scope(scope).label for scope in token.scopes])
                for token in ApiToken.objects.filter(user=user).order_by("name")
            ],
            "now": moment,
        },
        status=400 if error else 200,
    )


@require_POST
@requires(Role.VIEWER)
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke one of one's own tokens, and go back."""
    if name := revoke_token(cast(User, request.user), token_id, now()):
        messages.success(
            request, _("The token “%(name)s” opens nothing any more.") % {"name": name}
        )
    return redirect("api-tokens")


def _make(request: HttpRequest, user: User, moment: datetime) -> str:
    days = request.POST.get("days", "")
    scopes = [Scope(one) for one in request.POST.getlist("scope") if one in Scope.values]
    return make_token(
        user,
        request.POST.get("name", "").strip(),
        moment,
        int(days) if re.fullmatch("[0-9]{1,9}", days) else 0,
        scopes,
    )
