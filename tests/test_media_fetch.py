"""A file comes whole through a server that does everything a file server can do wrong."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from archives.media.fetch import (
    BrokenOff,
    Expected,
    FetchFailed,
    LinkExpired,
    WrongFile,
    fetch,
)

BODY = random.Random(7).randbytes(900_000)
DIGEST = hashlib.sha256(BODY).hexdigest()
Answer = Callable[[BaseHTTPRequestHandler, int], None]


class FileServer:
    """Serves one file; `answers` are used one per request, the last one for all that follow."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.ranges: list[str | None] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                owner.ranges.append(asked)
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


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "parts" / "archive.part"


@pytest.fixture
def expected() -> Expected:
    return Expected(size=len(BODY), sha256=DIGEST)


def nothing(_: int) -> None:
    pass


def test_it_brings_a_file_and_tells_its_size_and_hash(part: Path, expected: Expected) -> None:
    with FileServer(whole) as server:
        fetched = fetch(server.url, part, expected, nothing)
    assert (fetched.size, fetched.sha256) == (len(BODY), DIGEST)
    assert part.read_bytes() == BODY


def test_it_continues_where_the_connection_was_cut(part: Path, expected: Expected) -> None:
    with FileServer(cut_after(300_000), cut_after(1), whole) as server:
        fetch(server.url, part, expected, nothing)
    assert part.read_bytes() == BODY
    assert server.ranges == [None, "bytes=300000-", "bytes=300001-"]


def test_it_continues_a_part_of_an_earlier_process(part: Path, expected: Expected) -> None:
    part.parent.mkdir()
    part.write_bytes(BODY[:1234])
    with FileServer(whole) as server:
        fetch(server.url, part, expected, nothing)
    assert server.ranges == ["bytes=1234-"]
    assert part.read_bytes() == BODY


def test_it_starts_again_where_the_server_ignores_range(part: Path, expected: Expected) -> None:
    part.parent.mkdir()
    part.write_bytes(b"y" * 500_000)
    with FileServer(ignores_range) as server:
        fetch(server.url, part, expected, nothing)
    assert part.read_bytes() == BODY


def test_it_gets_the_rest_where_the_server_announces_less_than_there_is(
    part: Path, expected: Expected
) -> None:
    with FileServer(announces_less) as server:
        fetch(server.url, part, expected, nothing)
    assert part.read_bytes() == BODY
    assert len(server.ranges) == 3


def test_it_does_not_wait_for_a_server_that_brings_nothing_more(part: Path, expected: Expected) -> None:
    with FileServer(cut_after(1000), cut_after(0)) as server:
        with pytest.raises(BrokenOff):
            fetch(server.url, part, expected, nothing)
        assert len(server.ranges) == 2
    assert part.read_bytes() == BODY[:1000]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_it_says_that_the_link_has_expired_and_keeps_the_part(
    part: Path, expected: Expected, status: int
) -> None:
    part.parent.mkdir()
    part.write_bytes(BODY[:10])
    with FileServer(answers(status)) as server, pytest.raises(LinkExpired):
        fetch(server.url, part, expected, nothing)
    assert part.read_bytes() == BODY[:10]


def test_it_fails_on_503_and_keeps_the_part(part: Path, expected: Expected) -> None:
    part.parent.mkdir()
    part.write_bytes(BODY[:10])
    with FileServer(answers(503)) as server, pytest.raises(FetchFailed) as caught:
        fetch(server.url, part, expected, nothing)
    assert "503" in str(caught.value)
    assert part.exists()


@pytest.mark.parametrize("answer", [sends_more, another_file])
def test_it_refuses_what_the_platform_did_not_describe_and_drops_it(
    part: Path, expected: Expected, answer: Answer
) -> None:
    with FileServer(answer) as server, pytest.raises(WrongFile):
        fetch(server.url, part, expected, nothing)
    assert not part.exists()


def test_a_file_without_a_byte_is_a_fact(part: Path) -> None:
    with FileServer(answers(200)) as server:
        assert fetch(server.url, part, Expected(size=0), nothing).size == 0
    assert part.read_bytes() == b""


def test_a_refused_connection_is_told_without_the_link(part: Path, expected: Expected) -> None:
    with FileServer(whole) as server:
        url = server.url
    with pytest.raises(BrokenOff) as caught:
        fetch(url, part, expected, nothing)
    assert "secret-of-the-link" not in str(caught.value)


def test_the_caller_can_end_the_transfer(part: Path, expected: Expected) -> None:
    def lost_the_lease(came: int) -> None:
        raise RuntimeError("another worker has it")

    with FileServer(whole) as server, pytest.raises(RuntimeError):
        fetch(server.url, part, expected, lost_the_lease)
