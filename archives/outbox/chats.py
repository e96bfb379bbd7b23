"""Chat services through apprise: those whose host is fixed, and only if allowed those on a host of one's own.

apprise can send to over a hundred places, among them any URL (json://), files and programs of this machine.
Nothing is sent to a service that is not listed here.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import apprise
from django.conf import settings

from archives.outbox.addresses import URL_MAX, AddressRefused

# apprise posts to a host that is written in its source.
FIXED_HOSTS = {
    "discord": "Discord",
    "flock": "Flock",
    "gchat": "Google Chat",
    "line": "LINE",
    "opsgenie": "Opsgenie",
    "pagerduty": "PagerDuty",
    "pover": "Pushover",
    "slack": "Slack",
    "tgram": "Telegram",
    "webex": "Webex",
    "wxteams": "Webex",
}
# The host is part of the address. apprise resolves and connects itself, so the address that is connected to
# cannot be checked.
OWN_HOSTS = {
    "matrix", "matrixs", "mmost", "mmosts", "nctalk", "nctalks", "ntfy", "ntfys", "rocket", "rockets",
    "workflow", "workflows", "zulip",
}  # fmt: skip
# Others change where a message goes, or read a file of this machine (template=).
OPTIONS = {"channel", "priority", "region", "thread", "topic"}


def checked_chat(address: str) -> apprise.NotifyBase:
    """The service of an address such as slack://…. Raises AddressRefused."""
    parts = urlsplit(address)
    scheme = parts.scheme.lower()
    if len(address) > URL_MAX or (scheme not in FIXED_HOSTS and not _own(scheme)):
        names = ", ".join(sorted(set(FIXED_HOSTS.values())))
        raise AddressRefused(f"Give an apprise address of one of these: {names}.")
    if {name.lower().lstrip("+-:") for name, _ in parse_qsl(parts.query, keep_blank_values=True)} - OPTIONS:
        raise AddressRefused(f"Of options, only these are allowed: {', '.join(sorted(OPTIONS))}.")
    service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if service is None:
        raise AddressRefused("apprise does not understand this address.")
    return service


def _own(scheme: str) -> bool:
    return settings.EVENTS_ALLOW_PRIVATE and scheme in OWN_HOSTS


def notify(address: str, *, title: str, text: str) -> bool:
    """Whether the service accepted it. Raises AddressRefused."""
    service = checked_chat(address)
    service.socket_connect_timeout = service.socket_read_timeout = settings.EVENTS_TIMEOUT
    return bool(service.notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT))
