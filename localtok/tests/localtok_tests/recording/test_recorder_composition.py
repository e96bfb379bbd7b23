"""Media goes in by queue, a file comes out: no network, no clock, no thread."""

import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from av import AudioFrame, VideoFrame

from localtok.recording.compose import composition as module
from localtok.recording.compose.composition import Composition
from localtok.recording.compose.layout import Tile, best_fit
from localtok.recording.compose.presentation import Layout, Member, tiles
from localtok.recording.receive.feed import Feed
from localtok.recording.receive.media_clock import PeerClock, StreamClock
from localtok.recording.settings import RecordedStream, RecorderSettings
from tests.support.media import counted_video

SIZE = 640, 360
START = 1000.0


class Person:
    """Sends 12.5 numbered pictures and 50 tone frames a second, beginning at START."""

    def __init__(self, composition: Composition, identity: int, **state: bool) -> None:
        self.stream = RecordedStream(
            f"s{identity}", f"P{identity}", **{"has_audio": True, "has_video": True, **state}
        )
        self.composition, self.identity = composition, identity
        self.clocks = StreamClock(PeerClock(), 1000), StreamClock(PeerClock(), 48_000)
        self.feed = Feed(self.stream.stream_id, *self.clocks)

    def connect(self, at: float = START) -> "Person":
        self.composition.connect(self.stream, self.feed, at)
        return self

    def send(self, first_s: float, last_s: float, size: tuple[int, int] = (320, 240)) -> None:
        for number in range(round(first_s * 12.5), round(last_s * 12.5)):
            self.clocks[0].arrived(number * 80, START + number * 0.08)
            picture = counted_video.to_i420(counted_video.draw(number, *size, identity=self.identity))
            self.feed.pictures.add(number * 80, VideoFrame.from_ndarray(picture, format="yuv420p"))

    def speak(self, first_s: float, last_s: float) -> None:
        for index in range(round(first_s * 50), round(last_s * 50)):
            self.clocks[1].arrived(index * 960, START + index * 0.02)
            tone = 8000 * np.sin(2 * np.pi * 440 * (index * 960 + np.arange(960)) / 48_000)
            frame = AudioFrame.from_ndarray(tone.astype(np.int16).reshape(1, -1), "s16", "mono")
            frame.sample_rate = 48_000
            self.feed.add_sound(index * 960, frame)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "a.part.mp4"


@pytest.fixture
def composition(part: Path) -> Composition:
    return Composition(part, RecorderSettings(*SIZE))


def finish(composition: Composition, seconds: float) -> None:
    while composition.step(START + seconds):
        pass
    composition.close()


def pictures(part: Path) -> Iterator[np.ndarray]:
    with av.open(str(part)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray()[: frame.height]


def numbers(part: Path, tile: Tile) -> list[int | None]:
    area = slice(tile.y, tile.y + tile.height), slice(tile.x, tile.x + tile.width)
    return [counted_video.read(picture[area]) for picture in pictures(part)]


def loudness(part: Path) -> np.ndarray:
    """Root mean square of each 40 ms."""
    with av.open(str(part)) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    whole = sound[: len(sound) // 1920 * 1920].reshape(-1, 1920)
    return np.sqrt((whole**2).mean(axis=1))


def test_each_frame_shows_what_was_current_at_its_media_time(composition: Composition, part: Path) -> None:
    Person(composition, 1).connect().send(0, 2)
    finish(composition, 2)
    assert numbers(part, Tile(0, 0, *SIZE)) == [index // 2 for index in range(50)]


def test_a_late_joiner_gets_a_tile_and_a_leaver_loses_it(composition: Composition, part: Path) -> None:
    ann, bob = Person(composition, 1).connect(), Person(composition, 2)
    ann.send(0, 3)
    bob.connect(START + 1)
    bob.send(1, 2)
    composition.leave("s2", START + 2)
    finish(composition, 3)
    alone, both = Tile(0, 0, *SIZE), best_fit(2, *SIZE)
    assert numbers(part, alone)[:25] == [index // 2 for index in range(25)]
    assert numbers(part, both[1])[27:50] == [(index // 2) for index in range(27, 50)]
    assert numbers(part, both[0])[27:50] == [(index // 2) for index in range(27, 50)]
    assert numbers(part, alone)[52:] == [index // 2 for index in range(52, 75)]


def test_a_stalled_stream_holds_its_picture_and_stalls_nobody(composition: Composition, part: Path) -> None:
    ann, bob = Person(composition, 1).connect(), Person(composition, 2).connect()
    ann.send(0, 2)
    bob.send(0, 0.8)
    finish(composition, 2)
    left, right = best_fit(2, *SIZE)
    assert numbers(part, left)[-1] == 24
    assert set(numbers(part, right)[20:]) == {9}


def test_a_camera_off_shows_the_name_and_on_again_the_picture(composition: Composition, part: Path) -> None:
    ann = Person(composition, 1).connect()
    ann.send(0, 3)
    composition.change(RecordedStream("s1", "P1", has_audio=True, has_video=False), START + 1)
    composition.change(RecordedStream("s1", "P1", has_audio=True, has_video=True), START + 2)
    finish(composition, 3)
    seen = numbers(part, Tile(0, 0, *SIZE))
    assert seen[24] == 12
    assert set(seen[25:50]) == {None}
    assert seen[50:] == [index // 2 for index in range(50, 75)]


def test_a_picture_that_changes_size_loses_no_number(composition: Composition, part: Path) -> None:
    ann = Person(composition, 1).connect()
    ann.send(0, 0.8)
    ann.send(0.8, 1.6, size=(160, 120))
    ann.send(1.6, 2.4)
    finish(composition, 2.4)
    assert numbers(part, Tile(0, 0, *SIZE)) == [index // 2 for index in range(60)]


def test_a_connection_that_replaces_another_shows_the_rest_of_both(
    composition: Composition, part: Path
) -> None:
    first, second = Person(composition, 1).connect(), Person(composition, 1)
    first.send(0, 1.2)
    second.connect(START + 0.96)
    second.send(1.2, 2)
    finish(composition, 2)
    assert numbers(part, Tile(0, 0, *SIZE)) == [index // 2 for index in range(50)]
    assert composition.stats().streams["s1"].shown == 25


def test_what_happens_during_a_pause_is_not_written(composition: Composition, part: Path) -> None:
    ann = Person(composition, 1).connect()
    ann.send(0, 4)
    ann.speak(0, 4)
    composition.pause(START + 1)
    composition.resume(START + 3)
    finish(composition, 4)
    seen = numbers(part, Tile(0, 0, *SIZE))
    assert len(seen) == 50
    assert seen[24] == 12
    assert seen[26:] == [index // 2 for index in range(76, 100)]
    assert (loudness(part)[2:48] > 0.1).all()


def test_sound_stands_at_its_time_with_silence_around_it(composition: Composition, part: Path) -> None:
    ann = Person(composition, 1).connect()
    ann.send(0, 2)
    ann.speak(0.8, 1.2)
    finish(composition, 2)
    loud = loudness(part)
    assert (loud[:19] < 0.01).all()
    assert (loud[21:29] > 0.1).all()
    assert (loud[32:] < 0.01).all()


def test_a_muted_microphone_is_silent_and_its_camera_goes_on(composition: Composition, part: Path) -> None:
    ann = Person(composition, 1, has_audio=False).connect()
    ann.send(0, 1)
    ann.speak(0, 1)
    finish(composition, 1)
    assert (loudness(part) < 0.01).all()
    assert numbers(part, Tile(0, 0, *SIZE))[-1] == 11


def test_it_begins_with_the_first_media_and_writes_nothing_before(
    composition: Composition, part: Path
) -> None:
    ann = Person(composition, 1).connect()
    assert not composition.step(START + 5)
    assert not part.exists()
    ann.send(10, 11)
    finish(composition, 11)
    assert composition.began_at_ms == round((START + 10) * 1000)
    assert composition.ticks == 25


def test_a_hopeless_backlog_is_repeated_and_counted(
    composition: Composition, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BEHIND_S", 1.0)
    Person(composition, 1).connect().send(0, 3)
    finish(composition, 3)
    assert composition.stats().frames_dropped == pytest.approx(50, abs=1)
    assert composition.ticks == 75


def test_a_strained_recording_composes_every_second_frame_and_loses_no_number(
    composition: Composition, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = Person(composition, 1).connect()
    composed = []
    show = composition._scene._compositor.show
    monkeypatch.setattr(
        composition._scene._compositor, "show", lambda *words: (composed.append(1), show(*words))
    )
    for number in range(8 * 25):
        ann.clocks[0].arrived(number * 40, START + number * 0.04)
        picture = counted_video.to_i420(counted_video.draw(number // 2, 320, 240, identity=1))
        ann.feed.pictures.add(number * 40, VideoFrame.from_ndarray(picture, format="yuv420p"))
    finish(composition, 8)
    seen = numbers(part, Tile(0, 0, *SIZE))
    assert set(seen) == set(range(100))
    # Until two seconds before the end it is behind by more than it may be.
    assert len(composed) == pytest.approx(8 * 25 - 6 * 25 / 2, abs=4)


def test_the_file_is_what_the_vendor_writes(composition: Composition, part: Path) -> None:
    ann = Person(composition, 1).connect()
    ann.send(0, 5)
    ann.speak(0, 5)
    finish(composition, 5)
    with av.open(str(part)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.profile) == ("h264", "Constrained Baseline")
        assert (video.codec_context.colorspace, video.codec_context.color_range) == (6, 1)  # BT.601, limited
        assert (video.codec_context.pix_fmt, video.time_base.denominator) == ("yuv420p", 90_000)
        assert (video.average_rate, video.codec_context.has_b_frames) == (25, False)
        # The level stands in the third byte after the version of the AVC configuration.
        assert video.codec_context.extradata[3] == 41
        assert (audio.codec_context.name, audio.profile) == ("aac", "LC")
        assert (audio.rate, audio.channels) == (48_000, 1)
        packets = [packet for packet in container.demux(video) if packet.size]
    assert {packet.duration for packet in packets} == {3600}
    assert [index for index, packet in enumerate(packets) if packet.is_keyframe] == [0, 50, 100]


@pytest.mark.parametrize(("has_audio", "has_video"), [(True, False), (False, True)])
def test_a_recording_of_one_kind_has_one_track(part: Path, has_audio: bool, has_video: bool) -> None:
    composition = Composition(part, RecorderSettings(*SIZE, has_audio=has_audio, has_video=has_video))
    ann = Person(composition, 1).connect()
    ann.send(0, 1)
    ann.speak(0, 1)
    finish(composition, 1)
    with av.open(str(part)) as container:
        assert (len(container.streams.audio), len(container.streams.video)) == (has_audio, has_video)


def test_a_finished_recording_holds_neither_pictures_nor_encoder(composition: Composition) -> None:
    ann = Person(composition, 1).connect()
    ann.send(0, 1)
    feed = weakref.ref(ann.feed)
    finish(composition, 0.5)
    del ann
    assert feed() is None
    assert composition._file is None
    assert composition.ticks == 13


def test_a_finished_recording_holds_no_scaler(composition: Composition) -> None:
    Person(composition, 1).connect().send(0, 1)
    while composition.step(START + 0.5):
        pass
    scalers = [weakref.ref(place) for place in composition._scene._compositor._places.values()]
    assert len(scalers) == 1
    composition.close()
    assert [scaler() for scaler in scalers] == [None]


def test_the_layout_changes_while_it_records(composition: Composition, part: Path) -> None:
    ann, bob = Person(composition, 1).connect(), Person(composition, 2)
    bob.stream = replace(bob.stream, layout_classes=("focus",))
    bob.connect()
    for person in (ann, bob):
        person.send(0, 4)
    composition.set_layout(Layout("verticalPresentation"), START + 2)
    finish(composition, 4)
    members = [Member("s1"), Member("s2", ("focus",))]
    beside, presented = best_fit(2, *SIZE), tiles(Layout("verticalPresentation"), members, *SIZE)
    assert numbers(part, beside[1])[:49] == [index // 2 for index in range(49)]
    assert numbers(part, presented["s2"])[52:] == [index // 2 for index in range(52, 100)]


def test_classes_given_meanwhile_change_places(part: Path) -> None:
    composition = Composition(part, RecorderSettings(*SIZE, layout=Layout("horizontalPresentation")))
    ann, bob = Person(composition, 1).connect(), Person(composition, 2).connect()
    for person in (ann, bob):
        person.send(0, 2)
    composition.change(replace(bob.stream, layout_classes=("focus",)), START + 1)
    finish(composition, 2)
    large = tiles(Layout("horizontalPresentation"), [Member("s1")], *SIZE)["s1"]
    with av.open(str(part)) as container:
        seen = [f.to_ndarray()[: f.height][: large.height] for f in container.decode(video=0)]
    assert [counted_video.decode(picture)[0] for picture in (seen[10], seen[-1])] == [1, 2]


@pytest.mark.parametrize("asked", [{"quantization_parameter": 40}, {"max_bitrate": 100_000}])
def test_a_quantizer_and_a_bit_rate_reach_the_encoder(tmp_path: Path, asked: dict[str, int]) -> None:
    sizes = []
    for name, options in (("fine", {"quantization_parameter": 15}), ("small", asked)):
        part = tmp_path / f"{name}.mp4"
        composition = Composition(part, RecorderSettings(*SIZE, **options))
        lively(Person(composition, 1).connect(), 2)
        finish(composition, 2)
        with av.open(str(part)) as container:
            sizes.append(sum(packet.size for packet in container.demux(video=0)))
    assert sizes[0] > 2 * sizes[1]


def lively(person: Person, seconds: int) -> None:
    """A picture of noise, which every quantizer saves bits of."""
    chance = np.random.default_rng(1)
    for number in range(round(seconds * 12.5)):
        person.clocks[0].arrived(number * 80, START + number * 0.08)
        noise = chance.integers(90, 130, (540, 640), np.uint8)
        person.feed.pictures.add(number * 80, VideoFrame.from_ndarray(noise, format="yuv420p"))
