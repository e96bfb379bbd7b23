"""A receiver of webhooks on loopback that can be down, refuse, hang, drip its answer, or redirect."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_S = 20.0


class Receiver:
    """`took` lists what it answered 2xx to, `saw` every request: headers in lower case, and body."""

    def __init__(self) -> None:
        self.status = 204
        self.behave: Callable[[BaseHTTPRequestHandler], None] = lambda handler: self.answer(handler)
        self.before: Callable[[dict[str, Any]], None] = lambda body: None
        self.saw: list[tuple[dict[str, str], bytes]] = []
        self.took: list[dict[str, Any]] = []
        self.released = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events?key=hidden"

    @property
    def ids(self) -> list[str]:
        """Of what it took, repetitions left out, in the order of their first arrival."""
        return list(dict.fromkeys(each["id"] for each in self.took))

    @property
    def is_down(self) -> bool:
        return self._server is None

    def up(self) -> None:
        """Answer again, at the same port."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.serve(self)

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at what arrived."""

        class Server(ThreadingHTTPServer):
            daemon_threads, allow_reuse_address, block_on_close = True, True, False

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Connections are refused."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def close(self) -> None:
        self.released.set()
        self.down()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.saw.append(({name.lower(): value for name, value in handler.headers.items()}, body))
        with contextlib.suppress(OSError):  # The sender may have gone away.
            self.behave(handler)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        headers, raw = self.saw[-1]
        body = json.loads(raw)
        self.before(body)
        if 200 <= self.status < 300:
            self.took.append({"id": headers.get("webhook-id", ""), "body": body})
        handler.send_response(self.status)
        if self.status in (301, 302, 307, 308):
            handler.send_header("Location", self.url.replace("/events", "/elsewhere"))
        handler.end_headers()

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Never answer, for as long as the sender may wait."""
        self.released.wait(HANG_S)

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        """A byte of the answer now and then: no single read times out."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(int(HANG_S * 20)):
            if self.released.is_set():
                return
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.05)
