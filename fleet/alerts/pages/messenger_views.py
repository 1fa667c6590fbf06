"""The page of the messengers, and the button that sends a test."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fleet import clock
from fleet.alerts.models_outbox import Channel
from fleet.alerts.outbox import ask_for_test
from fleet.alerts.pages.messengers import is_any_testing, lines
from fleet.people.audit import record
from fleet.people.models import AuditEvent, Role
from fleet.people.rights import requires


@require_safe
@never_cache
@requires(Role.ADMIN)
def messengers(request: HttpRequest) -> HttpResponse:
    """Show every messenger, without its credentials."""
    shown = lines(clock.now())
    context = {"lines": shown, "is_testing": is_any_testing(shown)}
    return render(request, "alerts/messengers.html", context)


@requires(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def send_test(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Put a test into the outbox; the page tells what becomes of it."""
    # A login in between turns the form's POST into a GET.
    if request.method == "GET":
        return redirect("messengers")
    channel, now = get_object_or_404(Channel, pk=channel_id), clock.now()
    if not channel.is_enabled:
        messages.error(request, _("It is switched off: enable it in the configuration first."))
        return redirect("messengers")
    ask_for_test(channel, now)
    record(AuditEvent.Kind.MESSENGER_TESTED, request.user.get_username(), now, subject=channel.name)
    return redirect("messengers")
