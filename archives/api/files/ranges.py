"""Answers for a stored file over HTTP with Range, read in blocks (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

BLOCK = 256 * 1024


@dataclass(frozen=True)
class Span:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class Unsatisfiable(Exception):
    """The range lies outside of the file: 416."""


def span_asked(header: str, size: int) -> Span | None:
    """The one range that `header` asks of a file of `size` bytes; None means the whole file.

    Several ranges, other units and malformed headers are ignored, as the RFC allows. Raises Unsatisfiable.
    """
    match = re.fullmatch(r"\s*bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", header, re.ASCII)
    if match is None or match[0].strip() == "bytes=-" or not (match[1] or match[2]):
        return None
    if not match[1]:
        return _suffix(int(match[2]), size)
    first, last = int(match[1]), int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return Span(first, min(last, size - 1))


def _suffix(length: int, size: int) -> Span:
    if not length or not size:
        raise Unsatisfiable
    return Span(max(0, size - length), size - 1)


def ranged_response(
    request: HttpRequest, file: IO[bytes], *, size: int, etag: str, content_type: str
) -> HttpResponseBase:
    """The file, or the part of it that the request's Range asks for: 200, 206, 304 or 416. Closes `file`."""
    if etag in _tags(request.headers.get("If-None-Match", "")):
        return _without_body(file, 304, etag)
    try:
        span = span_asked(_range_header(request, etag), size)
    except Unsatisfiable:
        response = _without_body(file, 416, etag)
        response["Content-Range"] = f"bytes */{size}"
        return response
    return _with_body(request, file, span, size, etag, content_type)


def _with_body(
    request: HttpRequest, file: IO[bytes], span: Span | None, size: int, etag: str, content_type: str
) -> HttpResponseBase:
    wanted = span or Span(0, size - 1)
    response: HttpResponseBase
    if request.method == "HEAD":
        file.close()
        response = HttpResponse(content_type=content_type)
    else:
        response = StreamingHttpResponse(_Blocks(file, wanted), content_type=content_type)
    response["Content-Length"] = str(wanted.length)
    if span is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {span.first}-{span.last}/{size}"
    return _marked(response, etag)


def _range_header(request: HttpRequest, etag: str) -> str:
    """A Range counts only while the client's copy is of this very file."""
    condition = request.headers.get("If-Range", etag)
    return request.headers.get("Range", "") if condition == etag else ""


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _without_body(file: IO[bytes], status: int, etag: str) -> HttpResponseBase:
    file.close()
    return _marked(HttpResponse(status=status), etag)


def _marked(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    # A recording is for its room's people only: no shared cache may keep it.
    response["Cache-Control"] = "private, max-age=3600"
    return response


class _Blocks:
    """The span's bytes, a block at a time; `close` is called by the server also when the client goes away."""

    def __init__(self, file: IO[bytes], span: Span) -> None:
        self._file = file
        self._span = span

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self._span.first)
        left = self._span.length
        while left > 0 and (block := self._file.read(min(BLOCK, left))):
            left -= len(block)
            yield block

    def close(self) -> None:
        self._file.close()
