"""Settings that are wrong, found before anything runs (`manage.py check`)."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from archives.models import Remark
from archives.services.library import RETENTION_MAX

SECONDS = (
    "SESSION_JOIN_DELAY",
    "SESSION_STOP_DELAY_PRIMARY",
    "SESSION_STOP_DELAY_SECONDARY",
    "PLAYER_OFFSET_PRIMARY",
    "PLAYER_OFFSET_SECONDARY",
    "RESTART_JITTER",
)
ABOVE_ZERO = ("ARCHIVE_LIMIT", "RESTART_AFTER", "OPENTOK_TIMEOUT", "LOOK_INTERVAL", "EVENTS_TIMEOUT")
DAYS = ("RETENTION_DAYS", "EXPORT_DAYS")
URLS = ("ALERT_WEBHOOK_URL", "SITE_URL", "RUNBOOK_URL")
CHOICES = {
    "ROOM_ACCESS": ("open", "invite", "login"),
    "RESTART_STRATEGY": ("dual_session", "overlap"),
    "ADOPT_UNKNOWN": ("adopt", "stop"),
}
LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1"}
EXAMPLE_SECRET_KEY = "insecure-"  # noqa: S105 - the beginning of the key that everybody knows (dualarchive.vendor)


def platform_is_local() -> bool:
    return urlsplit(settings.OPENTOK_API_URL).hostname in LOCAL_HOSTS


def in_production() -> bool:
    """Behind TLS, or recording on the vendor's platform: then real people are in the rooms."""
    return settings.SECURE or not platform_is_local()


def key_of_session(session_id: str) -> str | None:
    """The API key that a session id carries, None where it is not a session id.

    `1_` or `2_`, then base64url of `1~<key>~…`: the form that the vendor's SDKs check too.
    """
    version, _, encoded = session_id.partition("_")
    padded = encoded + "=" * (-len(encoded) % 4)
    try:
        parts = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("~")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return parts[1] if version in ("1", "2") and len(parts) > 2 else None


@register()
def credentials(**_: Any) -> Sequence[CheckMessage]:
    kind, letter = (Warning, "W") if platform_is_local() else (Error, "E")
    return [
        kind(
            f"{name} is not set, so nothing can be recorded.",
            hint=f"Set {name} in the environment or in .env; bin/demo writes it for you.",
            id=f"archives.{letter}00{number}",
        )
        for number, name in ((1, "API_KEY"), (2, "API_SECRET"))
        if not getattr(settings, name)
    ]


@register()
def delays(**_: Any) -> Sequence[CheckMessage]:
    negative = [name for name in SECONDS if getattr(settings, name) < 0]
    not_above = [name for name in ABOVE_ZERO if getattr(settings, name) <= 0]
    return [
        Error(f"{name} must not be below 0 seconds.", hint="Give seconds, 0 or more.", id="archives.E003")
        for name in negative
    ] + [
        Error(f"{name} must be above 0 seconds.", hint="Give seconds, more than 0.", id="archives.E003")
        for name in not_above
    ]


@register()
def ages(**_: Any) -> Sequence[CheckMessage]:
    """Below 0 they would be over for what has not ended yet."""
    return [
        Error(f"{name} must be 0 to {RETENTION_MAX} days.", hint="0 keeps for ever.", id="archives.E003")
        for name in DAYS
        if not 0 <= getattr(settings, name) <= RETENTION_MAX
    ]


@register()
def content_alarms(**_: Any) -> Sequence[CheckMessage]:
    unknown = sorted(set(settings.CONTENT_ALARMS) - set(Remark.Code.values))
    hint = f"Allowed: {', '.join(Remark.Code.values)}."
    what = "CONTENT_ALARMS has a code that no remark has:"
    return [Error(f"{what} {', '.join(unknown)}.", hint=hint, id="archives.E026")] if unknown else []


@register()
def restart_before_limit(**_: Any) -> Sequence[CheckMessage]:
    if settings.RESTART_AFTER + settings.RESTART_JITTER < settings.ARCHIVE_LIMIT:
        return []
    return [
        Error(
            "RESTART_AFTER plus RESTART_JITTER reaches ARCHIVE_LIMIT: the platform would end a recording "
            "before the restart.",
            hint="Leave several minutes between them, such as 13500 and 14400.",
            id="archives.E004",
        )
    ]


@register()
def session_ids(**_: Any) -> Sequence[CheckMessage]:
    primary, secondary = settings.SESSION_ID_PRIMARY, settings.SESSION_ID_SECONDARY
    found: list[CheckMessage] = []
    for name, value in (("SESSION_ID_PRIMARY", primary), ("SESSION_ID_SECONDARY", secondary)):
        if value and key_of_session(value) != settings.API_KEY:
            hint = (
                "Create the sessions with this API_KEY, or leave both empty: they are created on first use."
            )
            found.append(Error(f"{name} does not belong to API_KEY.", hint=hint, id="archives.E005"))
    if bool(primary) != bool(secondary) or (primary and primary == secondary):
        hint = "Set two different sessions, or neither."
        found.append(
            Error("SESSION_ID_PRIMARY and SESSION_ID_SECONDARY go together.", hint=hint, id="archives.E006")
        )
    return found


@register()
def webhooks(**_: Any) -> Sequence[CheckMessage]:
    if settings.WEBHOOK_ALLOW_UNSIGNED and in_production():
        hint = "Set WEBHOOK_SECRET to the signature secret of the vendor's dashboard and drop the allowance."
        return [
            Error("Anyone may send callbacks: WEBHOOK_ALLOW_UNSIGNED is on.", hint=hint, id="archives.E007")
        ]
    short = [secret for secret in settings.WEBHOOK_SECRET if len(secret) < 16]
    if short:
        return [
            Warning(
                "A WEBHOOK_SECRET has fewer than 16 characters.", hint="Use 32 or more.", id="archives.W007"
            )
        ]
    return []


@register()
def debug_with_the_vendor(**_: Any) -> Sequence[CheckMessage]:
    if not settings.DEBUG or platform_is_local():
        return []
    hint = "Set DEBUG=false, or point OPENTOK_API_URL at a local platform."
    return [Error("DEBUG is on with the vendor's platform.", hint=hint, id="archives.E008")]


@register()
def addresses(**_: Any) -> Sequence[CheckMessage]:
    return [
        Error(f"{name} is not an address.", hint="Begin it with https:// or http://.", id="archives.E022")
        for name in URLS
        if (value := getattr(settings, name))
        and not (urlsplit(value).scheme in ("http", "https") and urlsplit(value).hostname)
    ]


@register()
def storage(**_: Any) -> Sequence[CheckMessage]:
    folder = Path(settings.ARCHIVES_DIR)
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        return []
    hint = f"Make {existing} a folder that this user may write to, or set ARCHIVES_DIR to another."
    return [Error("Recordings cannot be kept: ARCHIVES_DIR is not writable.", hint=hint, id="archives.E009")]


@register()
def secret_key(**_: Any) -> Sequence[CheckMessage]:
    if not in_production() or not settings.SECRET_KEY.startswith(EXAMPLE_SECRET_KEY):
        return []
    hint = 'Set it to a long random text: python -c "import secrets; print(secrets.token_urlsafe(50))"'
    return [Error("SECRET_KEY is the example that everybody knows.", hint=hint, id="archives.E010")]


@register()
def choices(**_: Any) -> Sequence[CheckMessage]:
    return [
        Error(f"{name} must be one of {', '.join(allowed)}.", hint=f"Now: {value!r}.", id="archives.E011")
        for name, allowed in CHOICES.items()
        if (value := getattr(settings, name)) not in allowed
    ]


@register()
def proxy_url(**_: Any) -> Sequence[CheckMessage]:
    parts = urlsplit(settings.OPENTOK_PROXY_URL)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
    if not settings.OPENTOK_PROXY_URL or (secure and parts.hostname and not parts.query):
        return []
    hint = "Give it as https://proxy.example.org or https://proxy.example.org:8443/path."
    return [Error("OPENTOK_PROXY_URL is not an https address.", hint=hint, id="archives.E021")]
