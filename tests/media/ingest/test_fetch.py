"""A file comes whole through a server that does everything a file server can do wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from archives.media.ingest.fetch import (
    BrokenOff,
    Expected,
    FetchFailed,
    LinkExpired,
    WrongFile,
    fetch,
)
from tests.support.servers.file_server import (
    BODY,
    DIGEST,
    Answer,
    FileServer,
    announces_less,
    another_file,
    answers,
    cut_after,
    ignores_range,
    sends_more,
    whole,
)


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
