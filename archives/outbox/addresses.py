"""Which hosts a subscriber may lead to: public ones, checked on the very address that is connected to.

A name is resolved once, and the socket is connected to the result that was checked: a name server that
answers otherwise the next time (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
WEB_PORTS = {80, 443}
FIRST_FREE_PORT = 1024
URL_MAX = 1000


class AddressRefused(Exception):
    """The message says why, and repeats no path and no query: they may be a password."""


def checked_url(url: str) -> SplitResult:
    """The parts of a webhook's URL. Raises AddressRefused."""
    parts = trusted_url(url)
    if parts.username is not None or parts.fragment:
        raise AddressRefused("A URL must have neither a user name nor a fragment.")
    if not settings.EVENTS_ALLOW_PRIVATE:
        _require_public(parts)
    return parts


def trusted_url(url: str) -> SplitResult:
    """Only its form is checked: for a URL of the environment. Raises AddressRefused."""
    if len(url) > URL_MAX or any(ord(each) <= 32 or ord(each) == 127 for each in url):
        raise AddressRefused(f"A URL has no spaces and at most {URL_MAX} characters.")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise AddressRefused("This is not a URL.") from error
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise AddressRefused("Give a URL such as https://example.org/events.")
    return parts


def _require_public(parts: SplitResult) -> None:
    """What can be seen without resolving the name; `connect` checks the rest."""
    if parts.scheme != "https":
        raise AddressRefused("Use https, or set EVENTS_ALLOW_PRIVATE for a network of your own.")
    if parts.port is not None and parts.port not in WEB_PORTS and parts.port < FIRST_FREE_PORT:
        raise AddressRefused(f"Port {parts.port} belongs to another service.")
    try:
        literal = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return
    if not is_public(literal):
        raise AddressRefused(f"{literal} is not a public address.")


def connect(host: str, port: int, *, left_s: Callable[[], float], trusted: bool) -> socket.socket:
    """A TCP connection to the first address of `host` that answers.

    `left_s`: seconds that are left for all of its addresses; raises TimeoutError if none are. Raises
    AddressRefused if one of them is not public (unless `trusted`), OSError if none answers.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    if not trusted:
        _check([str(sockaddr[0]) for *_, sockaddr in found])
    failure: OSError = OSError("The host has no address.")
    for family, kind, protocol, _, sockaddr in found:
        try:
            return _connected(socket.socket(family, kind, protocol), sockaddr, left_s)
        except OSError as error:
            failure = error
    raise failure


def _check(addresses: list[str]) -> None:
    """All of them: a host with one inside and one outside leads to the inside sooner or later."""
    for each in addresses:
        if not is_public(ipaddress.ip_address(each.partition("%")[0])):
            raise AddressRefused("The host's address is not public (EVENTS_ALLOW_PRIVATE is off).")


def _connected(sock: socket.socket, sockaddr: object, left_s: Callable[[], float]) -> socket.socket:
    try:
        sock.settimeout(left_s())
        sock.connect(sockaddr)  # type: ignore[arg-type]
    except OSError:
        sock.close()
        raise
    return sock


def is_public(address: Address) -> bool:
    """Whether it belongs to a host of the internet, also where IPv6 carries an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address.sixtofour or address.teredo or address.is_site_local:
            return False
        if int(address) >> 32 == 0:  # ::a.b.c.d, out of use, and understood by some systems
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
