"""A Redis server for tests, in a folder of its own; with TLS by a certificate that nobody vouches for."""

from __future__ import annotations

import datetime
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def is_available() -> bool:
    return shutil.which("redis-server") is not None


class Redis:
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="redis-"))
        self.port, self.tls_port = _free_port(), _free_port()
        self._certify()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def tls_url(self) -> str:
        return f"rediss://127.0.0.1:{self.tls_port}/0"

    def start(self) -> None:
        words = {
            "--port": self.port,
            "--tls-port": self.tls_port,
            "--tls-cert-file": self.folder / "cert.pem",
            "--tls-key-file": self.folder / "key.pem",
            "--tls-auth-clients": "no",
            "--bind": "127.0.0.1",
            "--dir": self.folder,
            "--save": "",
            "--logfile": self.folder / "log",
        }
        command = ["redis-server", *(str(word) for pair in words.items() for word in pair)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, self._log()
            assert time.monotonic() < deadline, self._log()
            time.sleep(0.02)

    def stop(self) -> None:
        """Nothing that it held is there after the next start."""
        self.process.terminate()
        self.process.wait(20)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as wire:
                wire.sendall(b"PING\r\n")
                return wire.recv(7).startswith(b"+PONG")
        except OSError:
            return False

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text() if log.exists() else "redis-server did not start"

    def _certify(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "self-signed")])
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        signed = builder.not_valid_before(now - day).not_valid_after(now + day).sign(key, hashes.SHA256())
        (self.folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (self.folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
