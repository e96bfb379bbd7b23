"""What time and people do to an archive: its status machine under a clock that the test owns."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from localtok.archives import finishing, starting
from localtok.archives.archive import Archive, Status
from localtok.archives.limits import Limits
from localtok.errors import Unavailable
from localtok.process.clock import Clock
from localtok.recording.recorder import Recorder, RecorderStats, RecordingResult
from localtok.server import Localtok
from localtok_tests.conftest import Page, Receiver, Sdk, StubRecorder, until

NOON_MS = 1_800_000_000_400


class Life:
    """A session with Ann in it, who publishes, and an archive of it."""

    def __init__(self, server: Localtok, clock: Clock, ann: Page, session_id: str) -> None:
        self.server, self.clock, self.ann, self.session_id = server, clock, ann, session_id

    async def start(self) -> Archive:
        started = await Sdk(self.server.url).start_archive(self.session_id)
        return self.server.archiving.get(started.id)

    async def publish(self) -> str:
        return await self.ann.publish("Ann")

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await self.server.archiving.sweep()


@pytest.fixture
async def life(serve: Any, pages: Any) -> Life:
    clock = Clock(frozen_at_ms=NOON_MS)
    server = await serve(clock=clock, limits=Limits(recorded_s=100, total_s=1000, idle_s=300))
    session_id = await Sdk(server.url).routed_session()
    return Life(server, clock, await pages(server, session_id), session_id)


async def test_it_pauses_while_nobody_publishes(life: Life) -> None:
    archive = await life.start()
    await until(lambda: archive.status == Status.PAUSED)
    stream_id = await life.publish()
    await life.ann.be_recorded()
    await until(lambda: archive.status == Status.STARTED)
    await life.ann.request("unpublish", streamId=stream_id)
    await until(lambda: archive.status == Status.PAUSED)
    assert StubRecorder.made[0].calls == ["pause", "resume", "pause"]


async def test_it_is_paused_until_media_comes(
    serve: Any, pages: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "MEDIA_TIMEOUT_S", 0.2)
    server = await serve(archive_callback_url=receiver.url)
    sdk = Sdk(server.url)
    session_id = await sdk.routed_session()
    ann = await pages(server, session_id)
    await ann.publish("Ann")
    started = await sdk.start_archive(session_id)
    assert started.status == "paused"
    archive = server.archiving.get(started.id)
    await server.archiving.sweep()
    assert (archive.status, archive.recorded_ms(server.clock.now_ms() + 9000)) == (Status.PAUSED, 0)
    await ann.be_recorded()
    await until(lambda: archive.status == Status.STARTED)
    assert archive.began_ms == 1234567
    await until(lambda: [each["status"] for each in receiver.got] == ["paused", "started"])


async def test_it_is_not_reported_as_started_before_media_comes(life: Life) -> None:
    await life.publish()
    starting = asyncio.create_task(life.start())
    wanted = await life.ann.event("record")
    [archive] = life.server.archiving.live_in(life.session_id)
    assert (await Sdk(life.server.url).get_archive(archive.id)).status == "paused"
    await life.pass_time(20)
    assert archive.recorded_ms(life.clock.now_ms()) == 0
    await life.ann.request("recordOffer", peer=wanted["peer"], sdp="offer")
    assert (await starting).status == Status.STARTED
    await life.pass_time(7)
    assert archive.recorded_ms(life.clock.now_ms()) == 7000


async def test_it_pauses_while_nothing_arrives_of_those_who_publish(life: Life) -> None:
    await life.publish()
    archive = await with_recording(life, life.start())
    [recorder] = StubRecorder.made
    arriving, recorder.attached = recorder.attached, {}
    await life.pass_time(1)
    await life.pass_time(1)
    assert archive.status == Status.STARTED
    await life.pass_time(3)
    assert (archive.status, recorder.calls[:1]) == (Status.PAUSED, ["pause"])
    recorder.attached = arriving
    await life.pass_time(1)
    assert (archive.status, recorder.calls[-1]) == (Status.STARTED, "resume")


async def test_with_sound_and_picture_off_nothing_has_to_arrive(life: Life) -> None:
    stream_id = await life.publish()
    archive = await with_recording(life, life.start())
    await life.ann.request("update", streamId=stream_id, hasAudio=False, hasVideo=False)
    StubRecorder.made[0].attached = {}
    await life.pass_time(1)
    await life.pass_time(5)
    assert archive.status == Status.STARTED


async def test_it_goes_on_while_one_of_two_is_heard(
    life: Life, pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "MEDIA_TIMEOUT_S", 1.0)
    await life.publish()
    ben = await pages(life.server, life.session_id)
    await ben.publish("Ben")
    archive = await with_recording(life, life.start())
    await life.pass_time(1)
    assert archive.status == Status.STARTED


async def test_what_never_received_anything_is_an_empty_file(
    serve: Any, pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "MEDIA_TIMEOUT_S", 0.2)
    server = await serve(recorder=Recorder)
    sdk = Sdk(server.url)
    session_id = await sdk.routed_session()
    ann = await pages(server, session_id)
    await ann.publish("Ann")
    archive = server.archiving.get((await sdk.start_archive(session_id)).id)
    assert archive.status == Status.PAUSED
    await sdk.stop_archive(archive.id)
    await until(lambda: archive.status == Status.AVAILABLE)
    assert (archive.size, archive.duration_s) == (0, 0)
    assert server.store.media_path(archive.id).read_bytes() == b""


async def test_it_stops_at_the_longest_recorded_time(life: Life) -> None:
    archive = await life.start()
    await life.publish()
    await life.ann.be_recorded()
    await until(lambda: archive.status == Status.STARTED)
    await life.pass_time(99)
    assert archive.status == Status.STARTED
    await life.pass_time(1)
    await until(lambda: archive.status == Status.AVAILABLE)
    assert archive.reason == "maximum duration exceeded"


async def test_paused_time_does_not_count_as_recorded(life: Life) -> None:
    stream_id = await life.publish()
    start = life.start()
    archive = await with_recording(life, start)
    await life.pass_time(60)
    await life.ann.request("unpublish", streamId=stream_id)
    await until(lambda: archive.status == Status.PAUSED)
    await life.pass_time(200)
    await life.publish()
    await life.ann.be_recorded()
    await until(lambda: archive.status == Status.STARTED)
    await life.pass_time(39)
    assert archive.status == Status.STARTED
    await life.pass_time(1)
    assert archive.reason == "maximum duration exceeded"


async def test_it_stops_when_nobody_ever_publishes(life: Life) -> None:
    archive = await life.start()
    await life.pass_time(59)
    assert archive.live
    await life.pass_time(1)
    assert (archive.live, archive.reason) == (False, "maximum idle time exceeded")


async def test_it_stops_after_a_long_pause(life: Life) -> None:
    stream_id = await life.publish()
    archive = await with_recording(life, life.start())
    await life.ann.request("unpublish", streamId=stream_id)
    await until(lambda: archive.status == Status.PAUSED)
    await life.pass_time(299)
    assert archive.live
    await life.pass_time(1)
    assert (archive.live, archive.reason) == (False, "maximum idle time exceeded")


async def test_it_stops_a_minute_after_the_last_one_left(life: Life) -> None:
    archive = await with_recording(life, life.start(), await life.publish())
    await life.ann.socket.close()
    await until(lambda: archive.status == Status.PAUSED)
    await life.pass_time(59)
    assert archive.live
    await life.pass_time(1)
    assert (archive.live, archive.reason) == (False, "session ended")


async def test_who_comes_back_within_the_minute_keeps_it(life: Life, pages: Any) -> None:
    archive = await with_recording(life, life.start(), await life.publish())
    await life.ann.socket.close()
    await life.pass_time(59)
    await pages(life.server, life.session_id)
    await life.pass_time(59)
    assert archive.live


async def test_it_expires_after_72_hours(life: Life) -> None:
    archive = await life.start()
    life.server.archiving.stop(archive.id)
    await until(lambda: archive.status == Status.AVAILABLE)
    assert archive.reason == "user initiated"
    await life.pass_time(72 * 3600 - 1)
    assert archive.status == Status.AVAILABLE
    await life.pass_time(1)
    assert archive.status == Status.EXPIRED
    assert not life.server.store.media_path(archive.id).exists()


async def test_a_recorder_that_breaks_fails_the_archive(life: Life) -> None:
    archive = await life.start()
    StubRecorder.made[0].on_failure(OSError("disk full"))
    await until(lambda: archive.status == Status.FAILED)
    assert archive.reason == "failure"
    assert (await life.start()).id != archive.id


async def test_a_recorder_that_cannot_finish_still_leaves_what_it_wrote(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop(self: StubRecorder) -> RecordingResult:
        raise TimeoutError("the encoder hangs")

    monkeypatch.setattr(StubRecorder, "stop", stop)
    monkeypatch.setattr(finishing, "recover", lambda path: RecordingResult(path, 3000, 5, 7, RecorderStats()))
    archive = await life.start()
    life.server.archiving.stop(archive.id)
    await until(lambda: archive.status == Status.AVAILABLE)
    assert (archive.duration_s, archive.size) == (3, 5)


async def test_created_at_is_the_recording_in_rest_and_the_call_in_callbacks(life: Life) -> None:
    archive = await with_recording(life, life.start(), await life.publish())
    assert archive.for_rest(None)["createdAt"] == 1234567  # the stub's first recorded instant
    assert archive.for_callback(None)["createdAt"] == 1_800_000_000_000


async def test_a_stream_published_meanwhile_is_recorded_until_it_ends(life: Life) -> None:
    await life.start()
    stream_id = await life.publish()
    assert (await life.ann.be_recorded())["sdp"] == "answer to offer"
    [recorder] = StubRecorder.made
    assert recorder.attached[stream_id].name == "Ann"
    await life.ann.request("update", streamId=stream_id, hasAudio=False)
    assert not recorder.attached[stream_id].has_audio
    await life.ann.request("unpublish", streamId=stream_id)
    await until(lambda: stream_id not in recorder.attached)


async def test_a_recorder_peer_that_fails_is_asked_for_again(life: Life) -> None:
    await life.start()
    stream_id = await life.publish()
    answered = await life.ann.be_recorded()
    await life.ann.request("recordFailed", peer=answered["peer"], reason="connection failed")
    again = await life.ann.be_recorded()
    assert again["peer"] != answered["peer"]
    assert stream_id in StubRecorder.made[0].attached


async def test_an_offer_for_nobody_is_refused(life: Life) -> None:
    answer = await life.ann.request("recordOffer", peer="nobody", sdp="offer")
    assert answer["error"]["name"] == "OT_INVALID_PARAMETER"


async def with_recording(life: Life, start: Any, stream_id: str = "") -> Archive:
    """Starts the archive while Ann offers her stream, and waits until both are done."""
    archive, _ = await asyncio.gather(start, life.ann.be_recorded())
    assert archive.status == Status.STARTED
    return archive


async def test_the_watch_ends_although_somebody_comes_at_that_very_moment(server: Localtok) -> None:
    watch = next(task for task in asyncio.all_tasks() if task.get_name() == "watch archives")
    await asyncio.sleep(0.05)
    server.archiving._watch.hurry()
    await asyncio.sleep(0)
    watch.cancel()
    done, _ = await asyncio.wait([watch], timeout=5)
    assert done


async def test_nothing_begins_while_the_server_ends(life: Life) -> None:
    await life.publish()
    ending = asyncio.create_task(life.server.archiving.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await life.server.archiving.start(life.session_id)
    await ending
    assert not any(archive.live for archive in life.server.archives)
