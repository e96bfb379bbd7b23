"""Real WebRTC from aiortc publishers to the recorder, and the finished file read back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from aiortc.contrib.media import MediaRelay

from localtok.recording.recorder import RecordedStream, Recorder, RecorderError, RecorderSettings
from tests.support.media.publisher import CountedTrack, Publisher, ToneTrack
from tests.support.media.recorded_frames import missing, read_file
from tests.support.media.recorded_sync import beep_starts_ms, first_seen

pytestmark = [pytest.mark.media, pytest.mark.realtime]

SETTINGS = RecorderSettings(640, 360)
HERTZ = 440, 1330
DEADLINE_S = 20.0


class People:
    """Counting, humming people whose one capture feeds any number of recorders."""

    def __init__(self, count: int) -> None:
        self.cameras = [CountedTrack(identity + 1, (320, 240)) for identity in range(count)]
        self._relay = MediaRelay()
        self._microphones = [ToneTrack(HERTZ[index]) for index in range(count)]
        self._publishers: list[Publisher] = []
        self.streams = [
            RecordedStream(f"s{i}", f"P{i}", has_audio=True, has_video=True) for i in range(count)
        ]

    async def publish(self, recorder: Recorder) -> None:
        for index in range(len(self.streams)):
            await self.publish_one(recorder, index)
        wanted = {stream.stream_id for stream in self.streams}
        assert await recorder.wait_for_media(wanted, DEADLINE_S) == wanted

    async def publish_one(self, recorder: Recorder, index: int) -> Publisher:
        tracks = self.cameras[index], self._microphones[index]
        publisher = Publisher(*(self._relay.subscribe(track) for track in tracks))
        self._publishers.append(publisher)
        await publisher.accept(await recorder.attach(self.streams[index], await publisher.offer()))
        return publisher

    async def until(self, number: int) -> None:
        """Until every camera has shown `number`."""
        async with asyncio.timeout(DEADLINE_S):
            while any(not camera.sent or camera.sent[-1] < number for camera in self.cameras):
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        await asyncio.gather(*(publisher.close() for publisher in self._publishers))


@contextlib.asynccontextmanager
async def people(count: int) -> AsyncIterator[People]:
    present = People(count)
    try:
        yield present
    finally:
        await present.close()


async def started(path: Path) -> Recorder:
    recorder = Recorder(path, SETTINGS)
    await recorder.start()
    return recorder


def strength(path: Path, hertz: Sequence[int]) -> list[float]:
    """How strong each tone is in the file, 1 for a full-scale sine."""
    with av.open(str(path)) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    spectrum = np.abs(np.fft.rfft(sound)) * 2 / len(sound)
    bins = [round(tone * len(sound) / 48_000) for tone in hertz]
    return [float(spectrum[place - 20 : place + 20].max()) for place in bins]


async def test_no_number_is_missing_and_everybody_is_heard(tmp_path: Path) -> None:
    recorder = await started(tmp_path / "a.mp4")
    async with people(2) as present:
        await present.publish(recorder)
        await present.until(40)
        sent = [camera.sent[-1] for camera in present.cameras]
        result = await recorder.stop()
    reading = read_file(result.path)
    for identity, last in enumerate(sent, start=1):
        assert missing([reading], identity) == []
        # What was sent when the recording stopped may still have been on its way, by a picture or two.
        assert max(reading.numbers(identity)) >= last - 2
        assert min(reading.numbers(identity)) <= 2
    assert reading.frames * 40 == pytest.approx(result.duration_ms, abs=60)
    assert reading.audio_ms == pytest.approx(result.duration_ms, abs=60)
    assert min(strength(result.path, HERTZ)) > 0.05
    assert result.stats.frames_dropped == result.stats.late_samples == 0
    assert all(counts.passed_over == 0 for counts in result.stats.streams.values())


async def test_overlapping_recordings_together_miss_nothing_and_agree_in_time(tmp_path: Path) -> None:
    first, second = await started(tmp_path / "1.mp4"), await started(tmp_path / "2.mp4")
    async with people(2) as present:
        await present.publish(first)
        await present.until(25)
        await present.publish(second)
        await present.until(45)
        one = await first.stop()
        await present.until(65)
        other = await second.stop()
    readings = [read_file(one.path), read_file(other.path)]
    assert one.began_at_ms is not None
    assert other.began_at_ms is not None
    for identity in (1, 2):
        assert missing(readings, identity) == []
        assert max(readings[1].numbers(identity)) >= 60
        apart = [
            one.began_at_ms + early[number] - other.began_at_ms - late[number]
            for early, late in [[first_seen(reading.sightings[identity]) for reading in readings]]
            for number in set(early) & set(late)
        ]
        assert abs(np.median(apart)) <= 80


async def test_sound_and_picture_of_one_person_stay_together(tmp_path: Path) -> None:
    recorder = await started(tmp_path / "a.mp4")
    camera = CountedTrack(1, (320, 240), fps=25, repeat=25)
    publisher = Publisher(camera, ToneTrack(1000, beep_every_s=1.0))
    stream = RecordedStream("s", "Ann", has_audio=True, has_video=True)
    await publisher.accept(await recorder.attach(stream, await publisher.offer()))
    async with asyncio.timeout(DEADLINE_S):
        while not camera.sent or camera.sent[-1] < 6:
            await asyncio.sleep(0.01)
    result = await recorder.stop()
    await publisher.close()
    flashes = first_seen(read_file(result.path).sightings[1])
    beeps = beep_starts_ms(result.path)
    offsets = [min(beeps - flashes[number], key=abs) for number in (3, 4, 5)]
    # A picture stands until the next tick: 20 ms late on average.
    assert abs(np.median(offsets) + 20) <= 40


async def test_a_leavers_last_pictures_stay_and_others_go_on(tmp_path: Path) -> None:
    recorder = await started(tmp_path / "a.mp4")
    async with people(2) as present:
        await present.publish(recorder)
        await present.until(20)
        last = present.cameras[1].sent[-1]
        await recorder.detach("s1")
        await present.until(45)
        result = await recorder.stop()
    reading = read_file(result.path)
    assert missing([reading], 1) == missing([reading], 2) == []
    assert max(reading.numbers(2)) >= last - 2
    assert max(reading.numbers(1)) >= 44


async def test_a_stream_may_attach_again(tmp_path: Path) -> None:
    recorder = await started(tmp_path / "a.mp4")
    async with people(1) as present:
        await present.publish(recorder)
        await present.until(15)
        await present.publish_one(recorder, 0)
        await present.until(40)
        result = await recorder.stop()
    numbers = read_file(result.path).numbers(1)
    assert min(numbers) <= 2
    assert max(numbers) >= 37
    # Between two connections a few pictures reach nobody.
    assert len(missing([read_file(result.path)], 1)) <= 12


async def test_every_thread_and_task_ends_with_the_recording(tmp_path: Path) -> None:
    recorder = await started(tmp_path / "a.mp4")
    before = asyncio.all_tasks()
    async with people(1) as present:
        await present.publish(recorder)
        first, again = await recorder.stop(), await recorder.stop()
    assert first == again
    with pytest.raises(RecorderError, match="does not run"):
        await recorder.attach(present.streams[0], "")
    async with asyncio.timeout(DEADLINE_S):
        while left := {task.get_name() for task in asyncio.all_tasks() - before if "s0" in task.get_name()}:
            await asyncio.sleep(0.01)
    assert not left


@pytest.mark.parametrize("sdp", ["", "no offer", "v=0\r\n"])
async def test_an_unusable_offer_is_refused(tmp_path: Path, sdp: str) -> None:
    recorder = await started(tmp_path / "a.mp4")
    with pytest.raises(RecorderError, match="cannot be received"):
        await recorder.attach(RecordedStream("s", "Ann", has_audio=True, has_video=True), sdp)
    assert (await recorder.stop()).size == 0


async def test_a_pause_ends_when_media_comes_and_loses_none_of_it(tmp_path: Path) -> None:
    recorder = await started(tmp_path / "a.mp4")
    loop = asyncio.get_running_loop()
    async with people(1) as present:
        await present.publish(recorder)
        await present.until(20)
        await recorder.detach("s0")
        began = loop.time()
        await recorder.pause()
        # Somebody is announced, and sends nothing for a while.
        await recorder.resume()
        await asyncio.sleep(2)
        assert recorder.heard == set()
        silent_ms = 1000 * (loop.time() - began)
        came = present.cameras[0].sent[-1]
        await present.publish_one(recorder, 0)
        assert await recorder.wait_for_media({"s0"}, DEADLINE_S) == {"s0"}
        heard = present.cameras[0].sent[-1]
        await present.until(heard + 25)
        whole_ms = present.cameras[0].sent[-1] * 80
        result = await recorder.stop()
    shown = read_file(result.path).numbers(1)
    after = sorted(number for number in shown if number > came)
    assert after[0] <= heard
    assert after == list(range(after[0], after[-1] + 1))
    # A second of slack: what is on its way, and the lead with which a pause ends.
    assert result.duration_ms < whole_ms - silent_ms + 1500
