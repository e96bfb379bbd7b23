"""The gateway against a small HTTP server with canned answers: what each answer means to us."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest

from archives import errors
from archives.platform.gateway import OpenTokPlatform, SignalData

ARCHIVE = {"id": "a1", "status": "started", "createdAt": 1700000000123, "reason": "", "sessionId": "1_s"}


class Canned(ThreadingHTTPServer):
    """Answers with the next of `answers`, the last one for ever: (status, body, seconds to wait)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, object, float]] = [(200, ARCHIVE, 0)]
        self.requests: list[tuple[str, str, bytes, dict[str, str]]] = []

    def answer(self, status: int, body: object = None, wait_s: float = 0) -> None:
        self.answers = [(status, body, wait_s)]


class Handler(BaseHTTPRequestHandler):
    server: Canned

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.command, self.path, body, dict(self.headers)))
        answers = self.server.answers
        status, said, wait_s = answers.pop(0) if len(answers) > 1 else answers[0]
        time.sleep(wait_s)
        text = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = _serve

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Canned]:
    server = Canned()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def opentok(server: Canned) -> OpenTokPlatform:
    return OpenTokPlatform("100", "secret" * 6, f"http://127.0.0.1:{server.server_port}", 0.4)


def test_it_starts_an_archive_as_the_predecessor_did(server: Canned, opentok: OpenTokPlatform) -> None:
    assert opentok.archive_start("1_s", "Hearing", "tag")["createdAt"] == 1700000000123
    method, path, body, headers = server.requests[0]
    assert (method, path) == ("POST", "/v2/project/100/archive")
    assert json.loads(body) == {
        "sessionId": "1_s",
        "name": "Hearing",
        "hasAudio": True,
        "hasVideo": True,
        "outputMode": "composed",
        "layout": {"type": "bestFit"},
        "resolution": "1280x720",
        "multiArchiveTag": "tag",
    }
    claims = jwt.decode(headers["X-OPENTOK-AUTH"], "secret" * 6, algorithms=["HS256"])
    assert (claims["iss"], claims["ist"]) == ("100", "project")


@pytest.mark.parametrize(
    ("status", "error", "happened"),
    [
        (400, errors.NoClients, False),
        (403, errors.PlatformRefused, False),
        (404, errors.NoClients, False),
        (409, errors.AlreadyRecording, False),
        (429, errors.RateLimited, False),
        (500, errors.PlatformUnavailable, None),
        (503, errors.PlatformUnavailable, None),
    ],
)
def test_a_start_that_is_refused(server, opentok, status: int, error: type, happened: bool | None) -> None:
    server.answer(status, {"code": status, "message": "no"})
    with pytest.raises(error) as refused:
        opentok.archive_start("1_s", "Hearing")
    assert refused.value.happened is happened
    assert len(server.requests) == 1, "a call that acts is never sent twice"


@pytest.mark.parametrize(("status", "error"), [(404, errors.NotFound), (409, errors.WrongStatus)])
def test_a_stop_that_is_refused(server, opentok, status: int, error: type) -> None:
    server.answer(status, {"code": 15002, "message": "no"})
    with pytest.raises(error):
        opentok.archive_stop("a1")


@pytest.mark.parametrize("body", ["<html>", {"id": "a1"}, [], "null"])
def test_an_answer_that_cannot_be_understood(server, opentok, body: object) -> None:
    server.answer(200, body)
    with pytest.raises(errors.MalformedAnswer) as malformed:
        opentok.archive_start("1_s", "Hearing")
    assert malformed.value.happened is None


def test_a_call_that_is_not_answered_in_time(server: Canned, opentok: OpenTokPlatform) -> None:
    server.answer(200, ARCHIVE, wait_s=1)
    with pytest.raises(errors.PlatformTimeout) as late:
        opentok.archive_start("1_s", "Hearing")
    assert late.value.happened is None


def test_a_platform_that_is_down_cannot_have_acted(server: Canned, opentok: OpenTokPlatform) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(errors.PlatformUnavailable) as down:
        opentok.archive_start("1_s", "Hearing")
    assert down.value.happened is False


def test_a_read_is_tried_again(server: Canned, opentok: OpenTokPlatform) -> None:
    server.answers = [(503, {}, 0), (200, ARCHIVE, 0)]
    assert opentok.archive_get("a1")["id"] == "a1"
    assert len(server.requests) == 2


def test_a_read_is_not_tried_for_ever(server: Canned, opentok: OpenTokPlatform) -> None:
    server.answer(503)
    with pytest.raises(errors.PlatformUnavailable):
        opentok.archive_get("a1")
    assert 1 < len(server.requests) < 6


def test_it_reads_pages_until_the_archives_are_older(server: Canned, opentok: OpenTokPlatform) -> None:
    def page(first: int) -> dict[str, object]:
        return {
            "count": 250,
            "items": [{**ARCHIVE, "id": str(i), "createdAt": i} for i in range(first, first - 100, -1)],
        }

    server.answers = [(200, page(1000), 0), (200, page(900), 0), (200, page(800), 0)]
    assert len(opentok.archives_list("1_s", since_ms=850)) == 151
    assert len(server.requests) == 2


def test_a_session_that_nobody_entered_has_no_streams(server: Canned, opentok: OpenTokPlatform) -> None:
    server.answer(404, {"message": "no such session"})
    assert opentok.streams_list("1_s") == []


def test_a_signal_carries_an_object(server: Canned, opentok: OpenTokPlatform) -> None:
    server.answer(204)
    opentok.signal("1_s", "join", {"sessionId": "1_two"})
    assert signalled(server) == [{"type": "join", "data": {"sessionId": "1_two"}}]


def test_an_object_that_is_refused_is_signalled_as_text(server: Canned, opentok: OpenTokPlatform) -> None:
    server.answers = [(400, {"code": 400, "message": "data must be a string"}, 0), (204, None, 0)]
    opentok.signal("1_s", "join", {"sessionId": "1_two"})
    assert [request["data"] for request in signalled(server)] == [
        {"sessionId": "1_two"},
        '{"sessionId": "1_two"}',
    ]


@pytest.mark.parametrize("data", ["text", {"an": "object"}])
def test_a_signal_that_is_refused(server: Canned, opentok: OpenTokPlatform, data: SignalData) -> None:
    server.answer(400)
    with pytest.raises(errors.InvalidSignal):
        opentok.signal("1_s", "join", data)
    assert len(signalled(server)) == (1 if data == "text" else 2)


def signalled(server: Canned) -> list[dict[str, object]]:
    return [json.loads(body) for _, path, body, _ in server.requests if path.endswith("/session/1_s/signal")]


def test_a_session_is_created_routed(server: Canned, opentok: OpenTokPlatform) -> None:
    server.answer(200, [{"session_id": "1_new"}])
    assert opentok.session_create() == "1_new"
    assert b"p2p.preference=disabled" in server.requests[0][2]


def test_missing_credentials_are_said() -> None:
    with pytest.raises(errors.PlatformRefused, match="API_KEY"):
        OpenTokPlatform("", "", "http://127.0.0.1:1", 1)
