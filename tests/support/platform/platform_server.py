"""The fake platform over HTTP and in real time, for worker processes: the REST calls that the gateway makes.

Each caller has a URL of its own, `url/<caller>`, so that a test knows whose call it sees.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from archives import errors
from tests.support.platform.fake_platform import FakePlatform

PATH = re.compile(
    r"/(?P<caller>\w+)/v2/project/\w+/"
    r"(?:archive(?:/(?P<archive>[\w-]+))?(?P<stop>/stop)?|session/(?P<session>\w+)/(?P<what>stream|signal))"
)
STATUS: dict[type[errors.PlatformError], int] = {
    errors.NoClients: 404,
    errors.NotFound: 404,
    errors.AlreadyRecording: 409,
    errors.WrongStatus: 409,
}
Watcher = Callable[[str, str, str, str], None]


class PlatformServer:
    """`calls[session, call]` counts what was done; `watch(caller, call, session, when)` sees each call."""

    def __init__(self) -> None:
        self.fake = FakePlatform(limit_s=86_400, call_takes_s=0)
        self.fake.on_signal = self._pages
        self.calls: Counter[tuple[str, str]] = Counter()
        self.watch: Watcher = lambda caller, call, session, when: None
        self.lock = threading.Lock()
        self.http = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def _pages(self, session: str, kind: str) -> None:
        """Everyone's page does what the signal says: sessions are called <room>_one and <room>_two."""
        other = session.replace("_one", "_two")
        names = [title.split(" [")[0] for title in self.fake.streams[session].values()]
        if kind in ("join", "leave"):
            (self.fake.publish if kind == "join" else self.fake.unpublish)(other, *names)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        at = urlsplit(path)
        match = PATH.fullmatch(at.path)
        assert match, path
        call, session, act = self._meant(method, match, parse_qs(at.query), body)
        self.watch(match["caller"], call, session, "before")
        with self.lock:
            self.fake.now = datetime.now(UTC)
            try:
                status, said = 200, act()
            except errors.PlatformError as error:
                status, said = STATUS[type(error)], {"message": error.message}
            else:
                self.calls[session, call] += 1
        self.watch(match["caller"], call, session, "after")
        return status, said

    def _meant(
        self, method: str, match: re.Match[str], query: dict[str, list[str]], body: dict[str, Any]
    ) -> tuple[str, str, Callable[[], Any]]:
        fake, session, archive = self.fake, match["session"], match["archive"]
        if match["what"] == "signal":
            kind = body["type"]
            return f"signal {kind}", session, lambda: fake.signal(session, kind, body["data"])
        if session:
            return "streams_list", session, lambda: _items(fake.streams_list(session))
        if archive:
            session = fake.archives[archive].session_id
            if match["stop"]:
                return "archive_stop", session, lambda: fake.archive_stop(archive)
            return "archive_get", session, lambda: fake.archive_get(archive)
        if method == "POST":
            session, name, tag = body["sessionId"], body["name"], body.get("multiArchiveTag", "")
            return "archive_start", session, lambda: fake.archive_start(session, name, tag)
        session, start = query["sessionId"][0], int(query.get("offset", ["0"])[0])
        count = int(query.get("count", ["50"])[0])
        return "archives_list", session, lambda: _items(fake.archives_list(session)[start : start + count])


def _items(found: list[Any]) -> dict[str, Any]:
    return {"count": len(found), "items": found}


class _Server(ThreadingHTTPServer):
    request_queue_size = 100
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers are killed while they wait; what else goes wrong is to be seen."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(server: PlatformServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do("GET")

        def do_POST(self) -> None:
            self._do("POST")

        def _do(self, method: str) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = server.answer(method, self.path, json.loads(text or b"{}"))
            data = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    return Handler
