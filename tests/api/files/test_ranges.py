"""A stored file over HTTP: the whole of it, one range, or a plain no."""

from __future__ import annotations

import io
from typing import IO

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpResponseBase
from django.test import RequestFactory

from archives.api.files.ranges import BLOCK, Span, Unsatisfiable, ranged_response, span_asked

BODY = bytes(range(256)) * 4000


class CountingFile(io.BytesIO):
    """Remembers the longest read: nobody may take the whole file into memory."""

    longest = 0

    def read(self, size: int | None = -1) -> bytes:
        block = super().read(size)
        self.longest = max(self.longest, len(block))
        return block


def ask(
    file: IO[bytes] | None = None, method: str = "get", body: bytes = BODY, **headers: str
) -> HttpResponseBase:
    request = getattr(RequestFactory(), method)("/media/segments/1/", headers=headers)
    return ranged_response(
        request, file or io.BytesIO(body), size=len(body), etag='"abc"', content_type="video/mp4"
    )


def content(response: HttpResponseBase) -> bytes:
    return b"".join(response)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-99", Span(0, 99)),
        ("bytes=900-", Span(900, 999)),
        ("bytes=-10", Span(990, 999)),
        ("bytes=-5000", Span(0, 999)),
        ("bytes=10-99999", Span(10, 999)),
        ("bytes=999-999", Span(999, 999)),
    ],
)
def test_it_reads_one_range(header: str, span: Span) -> None:
    assert span_asked(header, 1000) == span


@pytest.mark.parametrize(
    "header", ["", "bytes=-", "bytes=5-2", "bytes=0-1,5-6", "items=0-5", "bytes=a-b", "bytes"]
)
def test_it_ignores_what_is_not_one_range(header: str) -> None:
    assert span_asked(header, 1000) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=1000-", 1000), ("bytes=-0", 1000), ("bytes=0-", 0)])
def test_it_refuses_a_range_outside_of_the_file(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        span_asked(header, size)


def test_the_whole_file_comes_in_blocks() -> None:
    file = CountingFile(BODY)
    response = ask(file)
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(BODY))
    assert response["Accept-Ranges"] == "bytes"
    assert "private" in response["Cache-Control"]
    assert content(response) == BODY
    assert file.longest <= BLOCK


def test_a_range_is_206_with_its_place() -> None:
    response = ask(Range="bytes=1000-1999")
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes 1000-1999/{len(BODY)}"
    assert content(response) == BODY[1000:2000]


def test_a_range_outside_is_416_with_the_length() -> None:
    response = ask(Range=f"bytes={len(BODY)}-")
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(BODY)}"


def test_head_has_the_length_and_no_body() -> None:
    response = ask(method="head")
    assert response["Content-Length"] == str(len(BODY))
    assert content(response) == b""


def test_an_unchanged_copy_is_304() -> None:
    assert ask(**{"If-None-Match": 'W/"abc", "x"'}).status_code == 304


def test_a_range_of_another_version_gets_the_whole_file() -> None:
    response = ask(Range="bytes=0-9", **{"If-Range": '"older"'})
    assert response.status_code == 200
    assert ask(Range="bytes=0-9", **{"If-Range": '"abc"'}).status_code == 206


def test_an_empty_file_is_served() -> None:
    response = ask(body=b"")
    assert response.status_code == 200
    assert content(response) == b""


def test_the_file_is_closed_when_the_client_goes_away() -> None:
    file = io.BytesIO(BODY)
    # As Django's own test client does: the end of a request would close the tests' database connection.
    request_finished.disconnect(close_old_connections)
    try:
        ask(file).close()
    finally:
        request_finished.connect(close_old_connections)
    assert file.closed
