"""Webhooks over TLS: the certificate is that of the URL's host, whatever address is connected to."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from archives.outbox import transports
from archives.outbox.parcels import Parcel
from tests.support.servers.event_receiver import Receiver

HOST = "hooks.example.org"


def certificate(folder: Path) -> Path:
    """A self-signed certificate of HOST, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


class Secure(Receiver):
    """The receiver behind TLS; `names` are those that clients asked for (SNI)."""

    def __init__(self, pem: Path) -> None:
        self.names: list[str | None] = []
        super().__init__()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        context.sni_callback = lambda _, name, __: self.names.append(name)
        assert self._server
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.fixture
def secure(pem: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Secure]:
    settings.EVENTS_TIMEOUT = 5
    server = Secure(pem)
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address])
    yield server
    server.close()


def send(host: str, port: int) -> transports.Outcome:
    return transports.send(Parcel("webhook", f"https://{host}:{port}/events", b"{}"))


def test_the_host_name_is_asked_for_and_its_certificate_taken(
    secure: Secure, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(pem))
    assert send(HOST, secure.port).status == 204
    assert secure.names == [HOST]
    assert secure.saw[0][0]["host"] == f"{HOST}:{secure.port}"


def test_another_hosts_certificate_is_refused(
    secure: Secure, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(pem))
    assert "TLS failed" in send("other.example.org", secure.port).error
    assert secure.saw == []


def test_an_unknown_certificate_is_refused(secure: Secure) -> None:
    assert "TLS failed" in send(HOST, secure.port).error
    assert secure.saw == []
