"""What a page needs of the video platform's network: hosts, style sheets, a test, and whose they are."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings

# The vendor spreads its service over names of these domains (its "network connectivity requirements").
DOMAINS = ("opentok.com", "tokbox.com", "vonage.com")
NETWORK_TESTS = {
    False: "https://tokbox.com/developer/tools/precall/",
    True: "https://developer.vonage.com/en/video/developer-tools/precall",
}
# An exact version in the script's address: …/v2.35.2/js/… or …/client@2.35.2/dist/…
VERSION = re.compile(r"(?:/v|@)(\d+\.\d+\.\d+)/")
# Hashes of the style sheet that each version of the vendor's library inserts into the page, measured in
# Chromium (tests/e2e/test_vendor_client.py compares them with the library itself).
STYLE_HASHES = {
    "2.35.2": (
        "sha256-JAt5aCOX5D01HuArPrLRKiM6OfRElkfTL8jgNlcvRyQ=",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",  # the empty sheet that it fills afterwards
    )
}


def is_vendor() -> bool:
    """Whether pages load the vendor's script or the server calls the vendor's platform."""
    urls = (settings.OPENTOK_SCRIPT_URL, settings.OPENTOK_API_URL)
    return any(_is_of_vendor(urlsplit(url).hostname or "") for url in urls)


def _is_of_vendor(host: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in DOMAINS)


def style_hashes() -> tuple[str, ...]:
    """Of the version that the script's address names; empty where it names none that is known."""
    named = VERSION.search(settings.OPENTOK_SCRIPT_URL)
    return STYLE_HASHES.get(named[1], ()) if named else ()


def hosts() -> list[str]:
    """What a firewall has to let through for a browser, without duplicates."""
    script, api, proxy = (
        urlsplit(url).netloc
        for url in (settings.OPENTOK_SCRIPT_URL, settings.OPENTOK_API_URL, settings.OPENTOK_PROXY_URL)
    )
    if not is_vendor():
        return list(dict.fromkeys([script, api]))
    service = [f"*.{domain}" for domain in DOMAINS]
    elsewhere = [name for name in (script, proxy) if name and not _is_of_vendor(name.partition(":")[0])]
    return list(dict.fromkeys([*service, *elsewhere]))


def test_url() -> str:
    """The vendor's own test of a network, for a person to open; "" on another platform."""
    return NETWORK_TESTS[settings.UNIFIED] if is_vendor() else ""
