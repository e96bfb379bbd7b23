"""The Content-Security-Policy of every answer: our own files, the platform's script and media."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from archives.web import vendor_network

HEADER = "Content-Security-Policy"
SELF, NONE, INLINE = "'self'", "'none'", "'unsafe-inline'"
CALL_PAGES = {"default_room", "default_host", "participant", "host"}
# The vendor hands out archives by links to S3.
VENDOR_MEDIA = "https://*.amazonaws.com"

Policy = dict[str, list[str]]


class ContentSecurityPolicy:
    """Django middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault(HEADER, text(policy_for(request)))
        return response


def policy_for(request: HttpRequest) -> Policy:
    found = policy()
    match = request.resolver_match
    if match is not None and "admin" in match.app_names:
        # Django's admin and its badges carry colours in attributes; no script there is inline.
        found["style-src-attr"] = [INLINE]
    if match is not None and match.url_name in CALL_PAGES and vendor_network.is_vendor():
        found["style-src-elem"] = _vendor_styles()
    if match is not None and match.url_name == "player":
        # The player reads pieces in parts, to join them.
        found["connect-src"] = _unique(found["connect-src"] + _without_blobs(found["media-src"]))
    return found


def policy() -> Policy:
    platform, sockets, media = _platform()
    return {
        "default-src": [SELF],
        "script-src": _unique([SELF, _origin(settings.OPENTOK_SCRIPT_URL)]),
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": _unique([SELF, "blob:", *media, *settings.MEDIA_ORIGINS]),
        "connect-src": _unique([SELF, *platform, *sockets]),
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }


def text(found: Policy) -> str:
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in found.items())


def _vendor_styles() -> list[str]:
    """The vendor's library inserts a style sheet for its own controls, whether a page uses them or not.

    Browsers ignore 'unsafe-inline' beside a hash, so it is one or the other.
    """
    hashes = [f"'{each}'" for each in vendor_network.style_hashes()]
    return [SELF, *(hashes or [INLINE])]


def _platform() -> tuple[list[str], list[str], list[str]]:
    """Sources of the platform's calls, of its sockets, and of its recordings."""
    if vendor_network.is_vendor():
        names = [f"https://*.{domain}" for domain in vendor_network.DOMAINS]
        proxy = [_origin(settings.OPENTOK_PROXY_URL)] if settings.OPENTOK_PROXY_URL else []
        calls = names + proxy
        return calls, [_socket(origin) for origin in calls], [VENDOR_MEDIA]
    origins = [_origin(settings.OPENTOK_SCRIPT_URL), _origin(settings.OPENTOK_API_URL)]
    return origins, [_socket(origin) for origin in origins], origins


def _socket(origin: str) -> str:
    return f"ws{origin.removeprefix('http')}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _without_blobs(sources: list[str]) -> list[str]:
    return [source for source in sources if source != "blob:"]


def _unique(sources: list[str]) -> list[str]:
    return list(dict.fromkeys(sources))
