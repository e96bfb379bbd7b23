"""People without browsers: what they publish can be read back from the archives that record it."""

from __future__ import annotations

import asyncio
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack
from av import VideoFrame
from opentok import OutputModes

from localtok.archives.archive import Status
from localtok.publishing.page import PageError, SyntheticPage
from localtok.publishing.pictures import counted as picture
from localtok.publishing.tracks import Camera, Source, Voice, speech
from localtok.recording.recorder import Recorder
from localtok.recording.write.bundle import folder_of, recover_individual
from localtok.server import Localtok
from localtok_tests.conftest import KEY, SECRET, Sdk, until
from tests.support.media import counted_video


@pytest.mark.parametrize(("number", "identity"), [(0, 0), (65535, 15), (1234, 7)])
def test_a_picture_says_its_number(number: int, identity: int) -> None:
    planes = picture(number, identity, 320, 240)
    assert counted_video.decode(planes[:240]) == (identity, number)


def test_speech_depends_on_its_position_alone() -> None:
    whole, part = speech(0, 4800, 1), speech(960, 960, 1)
    assert np.array_equal(whole[960:1920], part)
    assert np.abs(speech(0, 48_000 * 3, 1)).max() > 1000
    assert not np.array_equal(whole, speech(0, 4800, 2))


# Of an individual file, to be sure of some seconds of picture and sound in it.
ENOUGH_BYTES = 60_000


@pytest.fixture
async def real(serve: Any) -> Localtok:
    return await serve(recorder=Recorder)


class Shown(Camera):
    """Says which pictures it showed: a machine that cannot keep up makes it skip some."""

    def __init__(self, source: Source, numbers: list[int]) -> None:
        super().__init__(source)
        self._numbers = numbers

    async def recv(self) -> VideoFrame:
        number, frame = self._index, await super().recv()
        self._numbers.append(number)
        return frame


class Watched(Source):
    """A source for one recorder, whose pictures are noted as they leave."""

    def tracks(self) -> list[MediaStreamTrack]:
        vars(self)["numbers"] = numbers = []
        return [Voice(self), Shown(self, numbers)]

    @property
    def shown(self) -> list[int]:
        return list(vars(self).get("numbers", []))


def page(server: Localtok, session_id: str, data: str = "") -> SyntheticPage:
    return SyntheticPage(server.url, KEY, session_id, Sdk(server.url).token(session_id, data=data))


@pytest.mark.media
@pytest.mark.realtime
async def test_individual_archives_keep_each_stream(real: Localtok, tmp_path: Path) -> None:
    sdk = Sdk(real.url)
    session_id = await sdk.routed_session()
    sources = Watched(1, 320, 240), Watched(2, 320, 240)
    async with page(real, session_id, "Ann") as ann, page(real, session_id, "Ben") as ben:
        first = await ann.publish("Ann", sources[0])
        archive = await sdk.start_archive(session_id, name="hearing", output_mode=OutputModes.individual)
        folder = folder_of(real.store.media_path(archive.id, ".zip"))
        # Published is not yet heard of: Ben is later only once there is something of Ann.
        await until(lambda: size(folder / f"{first}.webm") > 0, 40)
        second = await ben.publish("Ben", sources[1])
        for stream_id in (first, second):
            await until(lambda id=stream_id: size(folder / f"{id}.webm") > ENOUGH_BYTES, 40)
        shown = [source.shown for source in sources]
        await sdk.stop_archive(archive.id)
        kept = await until(lambda: available(real, archive.id), 20)
    assert "resolution" not in kept.for_rest(None)
    with zipfile.ZipFile(real.store.media_path(archive.id, ".zip")) as file:
        file.extractall(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert (manifest["id"], manifest["name"], manifest["sessionId"]) == (archive.id, "hearing", session_id)
    files = {entry["streamId"]: entry for entry in manifest["files"]}
    assert {files[first]["connectionData"], files[second]["connectionData"]} == {"Ann", "Ben"}
    assert files[second]["startTimeOffset"] > files[first]["startTimeOffset"] >= 0
    for identity, stream_id in ((1, first), (2, second)):
        numbers, sound_s = read(tmp_path / files[stream_id]["filename"], identity)
        # What was on its way at the stop is in the file or not; all before it, from the first one on, is.
        sent = [number for number in shown[identity - 1] if number >= numbers[0]]
        assert set(sent[:-3]) <= set(numbers)
        assert numbers == sorted(numbers)
        assert len(numbers) > 15
        assert sound_s > 1


def available(server: Localtok, archive_id: str) -> Any:
    archive = server.archives.find(archive_id)
    return archive if archive and archive.status == Status.AVAILABLE else None


def read(path: Path, identity: int) -> tuple[list[int], float]:
    """The numbers of the pictures in their order, and how long the sound is."""
    with av.open(str(path)) as media:
        assert {(s.type, s.codec_context.name) for s in media.streams} == {
            ("video", "vp8"),
            ("audio", "opus"),
        }
        numbers = [counted_video.read(f.to_ndarray()[: f.height], identity) for f in media.decode(video=0)]
    with av.open(str(path)) as media:
        samples = sum(frame.samples for frame in media.decode(audio=0))
    return [number for number in numbers if number is not None], samples / 48_000


@pytest.mark.media
@pytest.mark.realtime
async def test_what_a_kill_left_of_individual_files_is_kept(real: Localtok, tmp_path: Path) -> None:
    sdk = Sdk(real.url)
    session_id = await sdk.routed_session()
    async with page(real, session_id) as ann:
        stream_id = await ann.publish("Ann", Source(1, 320, 240))
        archive = await sdk.start_archive(session_id, output_mode=OutputModes.individual)
        folder = folder_of(real.store.media_path(archive.id, ".zip"))
        await until(lambda: size(folder / f"{stream_id}.webm") > 8_000)
        left = folder_of(tmp_path / "a.zip")
        left.mkdir()
        for file in folder.iterdir():
            (left / file.name).write_bytes(file.read_bytes())
    result = recover_individual(tmp_path / "a.zip")
    assert result is not None
    assert result.duration_ms > 500
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        assert set(file.namelist()) == {"manifest.json", f"{stream_id}.webm"}
    assert recover_individual(tmp_path / "b.zip") is None


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def test_a_page_without_media_delays_no_archive(real: Localtok) -> None:
    sdk = Sdk(real.url)
    session_id = await sdk.routed_session()
    async with page(real, session_id) as ann:
        await ann.publish("Ann")
        loop = asyncio.get_running_loop()
        began = loop.time()
        archive = await sdk.start_archive(session_id)
        assert loop.time() - began < 4
        assert not [event for event in ann.events if event["event"] == "record"]
        await sdk.stop_archive(archive.id)


async def test_a_refused_page_says_why(server: Localtok) -> None:
    with pytest.raises(PageError, match="OT_INVALID_SESSION_ID"):
        async with SyntheticPage(server.url, KEY, "2_nothing", "token"):
            pass


async def test_the_command_publishes_for_its_time(server: Localtok) -> None:
    command = [sys.executable, "-m", "localtok", "publish", "--url", server.url, "--no-media"]
    options = ["--api-key", KEY, "--api-secret", SECRET, "--count", "2", "--seconds", "0.5"]
    process = await asyncio.create_subprocess_exec(*command, *options, stdout=asyncio.subprocess.PIPE)
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    assert output.decode().count("publishing ") == 2
    [session] = server.sessions
    await until(lambda: not session.connections)


async def test_the_command_says_what_is_wrong() -> None:
    command = [sys.executable, "-m", "localtok", "publish", "--url", "http://127.0.0.1:9", "--no-media"]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert said.decode().startswith("localtok publish: ")
