"""Sessions that record themselves: an archive with the first stream, and the next one before the limit."""

from __future__ import annotations

from typing import Any

import opentok
import pytest

from localtok.archives import rollover
from localtok.archives.archive import Status
from localtok.archives.limits import Limits
from localtok.server import Localtok
from localtok_tests.conftest import Sdk, until
from localtok_tests.faults.test_faults import control

ALWAYS = {
    "media_mode": opentok.MediaModes.routed,
    "archive_mode": opentok.ArchiveModes.always,
    "archive_name": "hearing",
    "archive_resolution": "1280x720",
}


@pytest.fixture
async def recording(serve: Any, pages: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Localtok, Any]:
    """A session that records itself, with Ann who publishes."""
    monkeypatch.setattr(rollover, "OVERLAP_S", 0.2)
    server = await serve(limits=Limits(recorded_s=1000))
    session_id = (await Sdk(server.url).create_session(**ALWAYS)).session_id
    ann = await pages(server, session_id)
    await ann.publish("Ann")
    await ann.be_recorded()
    await until(lambda: all(archive.status == Status.STARTED for archive in server.archives))
    return server, ann


async def test_the_first_stream_starts_an_archive(recording: Any) -> None:
    server, _ = recording
    [archive] = server.archives
    assert (archive.status, archive.name, archive.resolution) == (Status.STARTED, "hearing", "1280x720")


async def test_it_is_not_stopped_by_a_call(recording: Any) -> None:
    server, _ = recording
    [archive] = server.archives
    assert (await Sdk(server.url).stop_archive(archive.id)).status == "started"
    assert archive.live


@pytest.mark.parametrize("leap_s", [995, 5000])
async def test_the_next_one_overlaps_the_last(recording: Any, leap_s: int) -> None:
    server, ann = recording
    [first] = server.archives
    await control(server, "POST", "clock", {"advance_s": leap_s})
    await ann.be_recorded()
    first, second = server.archives
    assert first.live
    assert second.live
    await control(server, "POST", "clock", {"advance_s": 10})
    await until(lambda: first.status == Status.AVAILABLE)
    assert first.reason == "maximum duration exceeded"
    assert second.live
    assert len(list(server.archives)) == 2


async def test_it_ends_with_its_session(recording: Any) -> None:
    server, ann = recording
    [archive] = server.archives
    await ann.socket.close()
    await until(lambda: archive.status == Status.PAUSED)
    await control(server, "POST", "clock", {"advance_s": 60})
    assert archive.reason == "session ended"
