"""Who saw a study, and what a person took: for administrators."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fleet import clock
from fleet.exports.pages.audit import person_audit, study_audit
from fleet.people.models import Role
from fleet.people.rights import requires


@require_safe
@never_cache
@requires(Role.ADMIN)
def audit(request: HttpRequest) -> HttpResponse:
    """Lead to the study or the person that is asked about."""
    if ref := request.GET.get("study", "").strip().strip("/").replace("\0", ""):
        return redirect("audit_study", ref)
    if name := request.GET.get("person", "").strip().replace("\0", ""):
        return redirect("audit_person", name)
    names = User.objects.order_by("username").values_list("username", flat=True)
    return render(request, "exports/audit.html", {"names": names})


@require_safe
@never_cache
@requires(Role.ADMIN)
def study(request: HttpRequest, ref: str) -> HttpResponse:
    """Show who asked for, looked at and took a study, and who read lists that may name it."""
    ref = ref.replace("\0", "")
    found = study_audit(cast(User, request.user), ref, clock.now())
    return render(request, "exports/audit_study.html", {"ref": ref, "audit": found})


@require_safe
@never_cache
@requires(Role.ADMIN)
def person(request: HttpRequest, username: str) -> HttpResponse:
    """Show what a person asked for, looked through and took."""
    username = username.replace("\0", "")
    found = person_audit(cast(User, request.user), username, clock.now())
    return render(request, "exports/audit_person.html", {"name": username, "audit": found})
