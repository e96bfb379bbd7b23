"""A file server that does everything wrong that a file server can: for what fetches files over HTTP."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY = random.Random(7).randbytes(900_000)
DIGEST = hashlib.sha256(BODY).hexdigest()
Answer = Callable[[BaseHTTPRequestHandler, int], None]


class FileServer:
    """Serves one file; `answers` are used one per request, the last one for all that follow."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.ranges: list[str | None] = []
        self.paths: list[str] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                owner.ranges.append(asked)
                owner.paths.append(self.path)
                answer = owner.answers.pop(0) if len(owner.answers) > 1 else owner.answers[0]
                answer(self, int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/archive.mp4?signature=secret-of-the-link"

    def __enter__(self) -> FileServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _send(
    handler: BaseHTTPRequestHandler, start: int, body: bytes, *, announced: int | None = None, status: int = 0
) -> None:
    handler.send_response(status or (206 if start else 200))
    handler.send_header("Content-Length", str(len(body) if announced is None else announced))
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{len(BODY)}")
    handler.end_headers()
    handler.wfile.write(body)


def whole(handler: BaseHTTPRequestHandler, start: int) -> None:
    _send(handler, start, BODY[start:])


def cut_after(count: int) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, start: int) -> None:
        _send(handler, start, BODY[start : start + count], announced=len(BODY) - start)

    return answer


def ignores_range(handler: BaseHTTPRequestHandler, start: int) -> None:
    _send(handler, 0, BODY)


def announces_less(handler: BaseHTTPRequestHandler, start: int) -> None:
    _send(handler, start, BODY[start : start + 300_000])


def sends_more(handler: BaseHTTPRequestHandler, start: int) -> None:
    _send(handler, start, BODY[start:] + b"and more")


def another_file(handler: BaseHTTPRequestHandler, start: int) -> None:
    _send(handler, start, b"x" * (len(BODY) - start))


def answers(status: int) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, start: int) -> None:
        _send(handler, 0, b"", status=status)

    return answer
