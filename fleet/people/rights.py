"""Who may see which regions, and who may do what. Every page and the API ask here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from fleet.people.models import Person, Role
from regions.models import Region

View = Callable[..., HttpResponseBase]
Account = AbstractBaseUser | AnonymousUser
_ORDER = [Role.VIEWER, Role.ON_CALL, Role.ADMIN]


def person_of(account: Account) -> Person | None:
    """Return what Fleet knows of the account; None for one to whom nobody gave a role."""
    if not isinstance(account, User):
        return None
    # Django keeps what it looked up, and what it did not find, with the account.
    person: Person | None = getattr(account, "person", None)
    if person is None and account.is_superuser:
        return Person(user=account, role=Role.ADMIN, sees_all_regions=True)
    return person


def may_act_as(account: Account, role: Role) -> bool:
    """Whether the account has this role or a higher one."""
    person = person_of(account)
    return person is not None and _ORDER.index(Role(person.role)) >= _ORDER.index(role)


def visible_regions(account: Account) -> QuerySet[Region]:
    """Return the active regions that the account may see; none for a stranger."""
    person = person_of(account)
    active = Region.objects.filter(is_active=True)
    if person is None:
        return active.none()
    return active if person.sees_all_regions else active.filter(people=person)


def region_or_404(account: Account, code: str) -> Region:
    """Return the region; raise Http404 alike for one that is not there and one of other people."""
    region = visible_regions(account).filter(code=code).first()
    if region is None:
        raise Http404(code)
    return region


def requires(role: Role) -> Callable[[View], View]:
    """Let only those in who have the role: others get 403, strangers the login page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not may_act_as(request.user, role):
                raise PermissionDenied(why_not(request.user, role))
            return view(request, *args, **kwargs)

        return login_required(answer)

    return decorate


def why_not(account: Account, role: Role) -> str:
    """Return the sentence for an account that lacks the role."""
    person = person_of(account)
    if person is None:
        return _("Your account has no role yet, so that it sees no regions.")
    return _("This takes the role “%(needed)s”; yours is “%(held)s”.") % {
        "needed": role.label,
        "held": person.get_role_display(),
    }
