"""Signing in for the predecessor's pages: a session cookie, and no CSRF token."""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.authentication import SessionScheme
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class SameOriginSession(SessionAuthentication):
    """The session cookie, with a CSRF token or from a page of this site.

    The predecessor's pages send no CSRF token. Browsers add `Origin` to every POST, and a page cannot set it:
    https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
    """

    def enforce_csrf(self, request: Request) -> None:
        if not is_same_origin(request):
            super().enforce_csrf(request)


class SameOriginScheme(SessionScheme):
    target_class = "archives.api.authentication.SameOriginSession"
    name = "sameOriginCookieAuth"


def is_same_origin(request: Request) -> bool:
    """Whether a page of this site sent `request`. False if the browser does not send `Origin`."""
    own = f"{request.scheme}://{request.get_host()}"
    return request.headers.get("Origin") in (own, *settings.CSRF_TRUSTED_ORIGINS)
