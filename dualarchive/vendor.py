"""What the settings leave unsaid about the video platform: addresses by the kind of credentials, and keys."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path
from urllib.parse import urlsplit

OPENTOK, UNIFIED = "https://api.opentok.com", "https://video.api.vonage.com"
OPENTOK_SCRIPT = "https://static.opentok.com/v2/js/opentok.min.js"
UNIFIED_SCRIPT = "https://unpkg.com/@vonage/client-sdk-video@2/dist/js/opentok.js"
# The beginning says that everybody knows it.
EXAMPLE_KEY = "insecure-development-key-that-everybody-knows-0123456789"
# Keys of the vendor's projects have seven or eight digits; localtok's own is 100.
VENDOR_KEY = re.compile(r"\d{7,9}")


def api_url(key: str, unified: bool, localtok_url: str) -> str:
    """Where the platform of these credentials answers; without any of the vendor's: localtok."""
    if unified:
        return UNIFIED
    return OPENTOK if VENDOR_KEY.fullmatch(key) else localtok_url


def script_url(url: str) -> str:
    """The browser library of the platform that answers at `url`."""
    known = {urlsplit(OPENTOK).hostname: OPENTOK_SCRIPT, urlsplit(UNIFIED).hostname: UNIFIED_SCRIPT}
    return known.get(urlsplit(url).hostname, f"{url}/v2/js/opentok.min.js")


def private_key(said: str) -> str:
    """PEM text, from the text itself (line breaks may be written as \\n) or from the path of its file.

    "" where there is none: the system checks say so.
    """
    if "-----BEGIN" in said:
        return said.replace("\\n", "\n").strip() + "\n"
    try:
        return Path(said).read_text() if said else ""
    except (OSError, UnicodeDecodeError):
        return ""


def derived_key(secret: str) -> str:
    """The same in every process that has the secret, and no way back to it."""
    if not secret:
        return EXAMPLE_KEY
    return hmac.new(secret.encode(), b"SECRET_KEY of Dual Session Archive", hashlib.sha512).hexdigest()
