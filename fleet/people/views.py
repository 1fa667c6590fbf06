"""A person's own page."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from fleet.people.models import Person, Theme
from fleet.people.rights import person_of, visible_regions


@require_safe
@never_cache
@login_required
def me(request: HttpRequest) -> HttpResponse:
    """Show what the person is, sees and likes."""
    return render(
        request,
        "people/me.html",
        {
            "themes": Theme.choices,
            "languages": settings.LANGUAGES,
            "regions": visible_regions(request.user).order_by("name"),
            "has_second_step": bool(settings.FLEET_CREDENTIAL_KEYS),
        },
    )


@require_POST
@login_required
def preferences(request: HttpRequest) -> HttpResponseRedirect:
    """Keep those of the person's likings that were sent, and go back."""
    person = person_of(request.user)
    form = PreferencesForm(request.POST, instance=person)
    if person is not None and form.is_valid():
        sent = [name for name in form.fields if name in request.POST]
        for name in sent:
            setattr(person, name, form.cleaned_data[name])
        person.save()
    return redirect(_way_back(request))


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # plain at run time
    uses_shortcuts = forms.TypedChoiceField(
        choices=[("yes", ""), ("no", "")], coerce=lambda text: text == "yes", required=False
    )
    theme = forms.ChoiceField(choices=Theme.choices, required=False)

    class Meta:
        model = Person
        fields = ("theme", "uses_shortcuts")


def _way_back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("me")
