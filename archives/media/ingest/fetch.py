"""One file over HTTP into one path: streamed, resumed where it broke off, and checked before it counts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3

CHUNK = 256 * 1024
TIMEOUT = (10, 30)
# A server that keeps cutting the connection is resumed at once only while each try brings something.
RESUMES = 20
EXPIRED = {401, 403, 404, 410}


class FetchFailed(Exception):
    """The file is not whole yet; what came so far stays in the part file for the next try."""


class LinkExpired(FetchFailed):
    """The link is not answered any more: ask the platform for a fresh one."""


class WrongFile(FetchFailed):
    """What came is not what the platform described; the part file is gone."""


class BrokenOff(FetchFailed):
    """The connection ended early."""


@dataclass(frozen=True)
class Expected:
    """What the platform says of the file; `size` in bytes, None or "" where it says nothing.

    `sha256` is hex or, as the vendor's `sha256sum`, base64.
    """

    size: int | None = None
    sha256: str = ""


@dataclass(frozen=True)
class Fetched:
    path: Path
    size: int
    sha256: str


def fetch(url: str, part: Path, expected: Expected, on_chunk: Callable[[int], None]) -> Fetched:
    """Bring the file at `url` into `part` and return its size (bytes) and SHA-256 (hex).

    A part file that is already there is continued with a Range request. `on_chunk` gets the bytes so far
    after each block and may raise to end the transfer. Raises FetchFailed or one of its kinds.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(RESUMES):
        before = _size(part)
        try:
            _transfer(url, part, expected, on_chunk)
            return _checked(part, expected)
        except BrokenOff:
            if _size(part) <= before:
                raise
    raise BrokenOff(f"The connection broke off {RESUMES} times.")


def _transfer(url: str, part: Path, expected: Expected, on_chunk: Callable[[int], None]) -> None:
    have = _size(part)
    if expected.size is not None and have == expected.size and part.exists():
        return
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            _refuse_errors(answer, part)
            _write(answer, part, _start(answer, have), expected, on_chunk)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        # The URL may carry a signature, so only the kind of the error is told.
        raise BrokenOff(f"The transfer broke off ({type(error).__name__}).") from None


def _refuse_errors(answer: requests.Response, part: Path) -> None:
    if answer.status_code in EXPIRED:
        raise LinkExpired(f"The link answered {answer.status_code}.")
    if answer.status_code == 416:
        part.unlink(missing_ok=True)
        raise WrongFile("The file is shorter than the part fetched before.")
    if answer.status_code not in (200, 206):
        raise FetchFailed(f"The file server answered {answer.status_code}.")


def _start(answer: requests.Response, have: int) -> int:
    """Where the body begins in the file: a server may ignore Range (200) and send all of it."""
    if answer.status_code == 200:
        return 0
    match = re.fullmatch(r"bytes (\d+)-\d+/(?:\d+|\*)", answer.headers.get("Content-Range", ""))
    if match is None or int(match[1]) > have:
        raise FetchFailed("The file server answered another range than it was asked for.")
    return int(match[1])


def _write(
    answer: requests.Response, part: Path, start: int, expected: Expected, on_chunk: Callable[[int], None]
) -> None:
    with part.open("r+b" if part.exists() else "wb") as file:
        file.truncate(start)
        file.seek(start)
        # read1 hands over what came before a connection broke; other reads lose their last block with it.
        while chunk := answer.raw.read1(CHUNK):
            file.write(chunk)
            # What came outlives a kill: the next process goes on from there.
            file.flush()
            if expected.size is not None and file.tell() > expected.size:
                break
            on_chunk(file.tell())


def _checked(part: Path, expected: Expected) -> Fetched:
    size, digest = _size(part), _sha256(part)
    if expected.size is not None and size < expected.size:
        raise BrokenOff(f"{size} of {expected.size} bytes came.")
    if expected.size is not None and size != expected.size:
        part.unlink(missing_ok=True)
        raise WrongFile(f"More than the {expected.size} bytes that the platform states came.")
    if expected.sha256 and digest != as_hex(expected.sha256):
        part.unlink(missing_ok=True)
        raise WrongFile("The file's SHA-256 is not the one that the platform states.")
    return Fetched(part, size, digest)


def as_hex(digest: str) -> str:
    """A SHA-256 in hex, from hex or base64; as it is if it is neither."""
    try:
        return base64.b64decode(digest, validate=True).hex() if len(digest) == 44 else digest.lower()
    except ValueError:
        return digest


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _sha256(path: Path) -> str:
    if not path.exists():
        path.touch()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
