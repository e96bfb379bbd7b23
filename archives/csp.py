"""The Content-Security-Policy of every answer: our own files, the platform's script and media."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "Content-Security-Policy"
SELF, NONE, INLINE = "'self'", "'none'", "'unsafe-inline'"
# The vendor spreads its service over names of these domains and hands out archives by links to S3.
# Its script adds styles for its own controls; pages that ask for none (insertDefaultUI) do without them.
VENDOR_DOMAINS = ("opentok.com", "tokbox.com", "vonage.com")
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


def _platform() -> tuple[list[str], list[str], list[str]]:
    """Sources of the platform's calls, of its sockets, and of its recordings."""
    origins = [_origin(settings.OPENTOK_SCRIPT_URL), _origin(settings.OPENTOK_API_URL)]
    if any(_is_vendor(origin) for origin in origins):
        names = [f"*.{domain}" for domain in VENDOR_DOMAINS]
        return [f"https://{name}" for name in names], [f"wss://{name}" for name in names], [VENDOR_MEDIA]
    return origins, [f"ws{origin.removeprefix('http')}" for origin in origins], origins


def _is_vendor(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in VENDOR_DOMAINS)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _without_blobs(sources: list[str]) -> list[str]:
    return [source for source in sources if source != "blob:"]


def _unique(sources: list[str]) -> list[str]:
    return list(dict.fromkeys(sources))
