"""Of allauth's addresses only those that make sense here: no sign-up, no e-mail."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from django.urls import path

from fleet.people import entrance, views
from fleet.people.entrance import PROVIDER, counted

urlpatterns = [
    path("login/", counted(account.login), name="login"),
    path("login/", counted(account.login), name="account_login"),
    path("login/inactive/", account.account_inactive, name="account_inactive"),
    path("login/second-step/", counted(mfa.authenticate), name="mfa_authenticate"),
    path("login/again/", counted(account.reauthenticate), name="account_reauthenticate"),
    path("login/again/code/", counted(mfa.reauthenticate), name="mfa_reauthenticate"),
    path(
        f"login/{PROVIDER}/",
        entrance.oidc_login,
        kwargs={"provider_id": PROVIDER},
        name="openid_connect_login",
    ),
    path(
        f"login/{PROVIDER}/callback/",
        counted(entrance.oidc_callback),
        kwargs={"provider_id": PROVIDER},
        name="openid_connect_callback",
    ),
    path("login/failed/", social.login_error, name="socialaccount_login_error"),
    path("login/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("logout/", account.logout, name="logout"),
    path("logout/", account.logout, name="account_logout"),
    path("me/", views.me, name="me"),
    path("me/preferences/", views.preferences, name="preferences"),
    path("me/password/", counted(entrance.change_password), name="account_change_password"),
    path("me/second-step/", mfa.index, name="mfa_index"),
    path("me/second-step/on/", counted(entrance.activate_totp), name="mfa_activate_totp"),
    path("me/second-step/off/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("me/second-step/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "me/second-step/codes/new/",
        codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "me/second-step/codes/file/",
        codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]
