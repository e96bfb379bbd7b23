"""One signed POST: a deadline for all of it, no redirect followed, the answer's body not read.

Signature and headers: Standard Webhooks 1.0 (webhook-id, webhook-timestamp, webhook-signature).
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult

import certifi
import urllib3
from standardwebhooks import Webhook
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as HTTPTimeout

from archives.outbox.addresses import connect

USER_AGENT = "dual-session-archive"


@dataclass
class Deadline:
    """Ends the connection when the time is over, however slowly the other side goes on answering."""

    timeout_s: float
    trusted: bool
    began: float = field(default_factory=time.monotonic)
    sockets: list[socket.socket] = field(default_factory=list)
    is_over: bool = False

    def left_s(self) -> float:
        """Raises TimeoutError if nothing is left: a name server may have taken all of it."""
        left = self.began + self.timeout_s - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def connect(self, host: str, port: int) -> socket.socket:
        sock = connect(host, port, left_s=self.left_s, trusted=self.trusted)
        # The connection is closed by its duplicate, because TLS takes the first one over.
        self.sockets.append(sock.dup())
        sock.settimeout(self.left_s())
        return sock

    def end(self) -> None:
        self.is_over = True
        for sock in list(self.sockets):
            with contextlib.suppress(OSError):  # The other side may have closed it already.
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for sock in self.sockets:
            sock.close()


def post(url: SplitResult, body: bytes, headers: dict[str, str], *, timeout_s: float, trusted: bool) -> int:
    """The status of the answer. Raises AddressRefused, TimeoutError, OSError, HTTPError (of urllib3)."""
    deadline = Deadline(timeout_s, trusted)
    timer = threading.Timer(timeout_s, deadline.end)
    timer.daemon = True
    timer.start()
    try:
        status = _posted(url, body, headers, deadline)
        if deadline.is_over:
            # http.client takes headers that the deadline has cut off for whole ones.
            raise TimeoutError
        return status
    except (OSError, HTTPError) as error:
        if deadline.is_over or isinstance(error, HTTPTimeout) or _is_timeout(error):
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
        deadline.close()


def _is_timeout(error: Exception) -> bool:
    """urllib3 wraps the system's error, which may come just before the timer of the deadline."""
    return any(isinstance(each, TimeoutError) for each in (error, *error.args))


def _posted(url: SplitResult, body: bytes, headers: dict[str, str], deadline: Deadline) -> int:
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    with _pool(url, deadline) as pool:
        answer = pool.urlopen(
            "POST",
            path,
            body=body,
            headers={"Content-Type": "application/json", "User-Agent": USER_AGENT, **headers},
            redirect=False,
            retries=False,
            timeout=deadline.left_s(),
            preload_content=False,
        )
        status = answer.status
        answer.close()
    return status


def _pool(url: SplitResult, deadline: Deadline) -> urllib3.HTTPConnectionPool:
    """For one connection, made to the address that was checked; host name and SNI stay those of the URL."""
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname or ""
    if url.scheme == "https":
        secure = urllib3.HTTPSConnectionPool(
            host, url.port, cert_reqs="CERT_REQUIRED", ca_certs=certifi.where()
        )
        secure.ConnectionCls = _guarded(HTTPSConnection, deadline)
        return secure
    pool = urllib3.HTTPConnectionPool(host, url.port)
    pool.ConnectionCls = _guarded(HTTPConnection, deadline)
    return pool


def _guarded(base: type[HTTPConnection], deadline: Deadline) -> Any:
    class Guarded(base):  # type: ignore[misc, valid-type]
        def _new_conn(self) -> socket.socket:
            return deadline.connect(self._dns_host, self.port)

    return Guarded


def signed_headers(*, secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body.decode()),
    }
