"""Subscribers lead to public hosts only, whatever their name resolves to when it matters."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from archives.outbox import transports
from archives.outbox.addresses import AddressRefused, checked_url, connect, is_public
from archives.outbox.parcels import Parcel
from tests.support.servers.event_receiver import Receiver

INSIDE = [
    "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0",  # noqa: S104
    "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1",
    "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::8.8.8.8",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:7f00:1::",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.fixture
def public_only(settings: Any) -> None:
    settings.EVENTS_ALLOW_PRIVATE = False


@pytest.mark.parametrize("address", INSIDE)
def test_it_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_it_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",  # in clear
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://example.org:22/",
        "https://user:password@example.org/",
        "https://example.org/#fragment",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https:///nowhere",
        "https://example.org:99999/",
        "https://example.org/a b",
        "https://example.org/\r\nHost: inside",
        "json://example.org/",
        "",
        "https://example.org/" + "a" * 1000,
    ],
)
def test_a_url_is_refused(url: str, public_only: None) -> None:
    with pytest.raises(AddressRefused):
        checked_url(url)


@pytest.mark.parametrize(
    "url", ["https://example.org/", "https://example.org:8443/hook?key=1", "https://8.8.8.8/"]
)
def test_a_url_is_taken(url: str, public_only: None) -> None:
    assert checked_url(url).geturl() == url


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "::1%lo"])
def test_other_spellings_of_an_inside_address_are_refused_when_connecting(host: str) -> None:
    """The C library understands more than `ipaddress`."""
    with pytest.raises((AddressRefused, OSError)) as refused:
        connect(host, 9, left_s=lambda: 1.0, trusted=False)
    assert refused.type in (AddressRefused, socket.gaierror)


class Names:
    """A name server that answers differently each time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        self.asked += 1
        found = self.answers[min(self.asked, len(self.answers)) - 1]
        families = [socket.AF_INET6 if ":" in each else socket.AF_INET for each in found]
        return [
            (family, socket.SOCK_STREAM, 6, "", (each, port))
            for family, each in zip(families, found, strict=True)
        ]


@pytest.fixture
def connected_to(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which a socket was to be connected."""
    found: list[str] = []

    def note(self: socket.socket, address: Any) -> None:
        found.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", note)
    return found


def send(url: str) -> transports.Outcome:
    return transports.send(Parcel("webhook", url, b"{}"))


def test_the_address_that_was_checked_is_the_one_connected_to(
    public_only: None, monkeypatch: pytest.MonkeyPatch, connected_to: list[str]
) -> None:
    """A second answer would lead inside (DNS rebinding)."""
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    assert "could not be reached" in send("https://rebinding.example.org/").error
    assert (names.asked, connected_to) == (1, ["8.8.8.8"])


@pytest.mark.parametrize(
    "answer", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:10.0.0.1"], ["fe80::1%eth0"]]
)
def test_a_name_that_leads_inside_is_connected_to_nothing(
    answer: list[str], public_only: None, monkeypatch: pytest.MonkeyPatch, connected_to: list[str]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(answer))
    assert "not public" in send("https://inside.example.org/").error
    assert connected_to == []


def test_a_name_server_that_takes_all_of_the_time_leaves_nothing_to_send(
    monkeypatch: pytest.MonkeyPatch, connected_to: list[str], settings: Any, receiver: Receiver
) -> None:
    settings.EVENTS_TIMEOUT = 0.05

    def slow(*_: Any, **__: Any) -> list[Any]:
        receiver.released.wait(0.2)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.port))]

    monkeypatch.undo()
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    assert "No answer within" in send(receiver.url).error
    assert receiver.saw == []


def test_addresses_that_do_not_answer_share_one_time_out(
    monkeypatch: pytest.MonkeyPatch, settings: Any, receiver: Receiver
) -> None:
    settings.EVENTS_TIMEOUT = 0.2
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1"] * 50))
    tried: list[float] = []

    def silent(self: socket.socket, _: Any) -> None:
        tried.append(self.gettimeout() or 0.0)
        receiver.released.wait(self.gettimeout())
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", silent)
    assert "No answer within" in send("http://silent.example.org/").error
    assert len(tried) < 5


def test_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")
    assert send(receiver.url).status == 204


def test_what_goes_wrong_says_neither_address_nor_secret(receiver: Receiver) -> None:
    receiver.down()
    error = send(receiver.url).error
    assert error
    assert "hidden" not in error
    assert "127.0.0.1" not in error
