"""A recording in the making: takes pictures and sound with their media times, writes tick after tick.

Single-threaded and without a clock of its own: whoever drives it says up to which media time to write. Media
time is the recorder's monotonic seconds at which something was captured.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from av import AudioFrame, VideoFrame
from av.audio.resampler import AudioResampler

from localtok.compositor import Compositor
from localtok.mediaclock import StreamClock
from localtok.mixer import RATE, Mixer, Samples, Voice
from localtok.mp4 import Mp4Writer, Quality
from localtok.playout import Playout, PlayoutCounts
from localtok.presentation import Layout, Member, tiles
from localtok.reception import Reception, Standstill

# Behind by more than this, pictures are repeated instead of composed: a repeat costs x264 next to nothing.
MOST_BEHIND_S = 10.0
# Sound waits here for its tick; 20 ms a frame, so this is 12 s.
MOST_SOUND = 600


@dataclass(frozen=True)
class RecorderSettings:
    width: int = 1280
    height: int = 720
    fps: int = 25
    has_audio: bool = True
    has_video: bool = True
    layout: Layout = field(default_factory=Layout)
    # Bits a second, and x264's quantizer from 15 (good) to 40 (small); None chooses by the size.
    max_bitrate: int | None = None
    quantization_parameter: int | None = None


@dataclass(frozen=True)
class RecordedStream:
    stream_id: str
    name: str
    has_audio: bool
    has_video: bool
    video_type: str = "camera"
    layout_classes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name for people: an identifier in brackets at its end is for programs."""
        return re.sub(r"\s*\[[^\[\]]*\]$", "", self.name) or self.name


@dataclass(frozen=True)
class Received:
    """What came of one stream's pictures, whether shown or not."""

    name: str
    # When the first picture was taken, in ms of the recording; None without pictures, or without recording.
    first_ms: int | None
    pictures: int
    packets: int
    packets_lost: int
    standstills: list[Standstill]


@dataclass(frozen=True)
class RecorderStats:
    """What became of the pictures: `frames_repeated` had nothing new, `frames_dropped` were not composed."""

    frames_written: int = 0
    frames_repeated: int = 0
    frames_dropped: int = 0
    queue_depth_max: int = 0
    late_samples: int = 0
    encode_cpu_s: float = 0.0
    streams: dict[str, PlayoutCounts] = field(default_factory=dict)
    received: dict[str, Received] = field(default_factory=dict)


class Feed:
    """The media of one peer connection of a stream; a stream that connects again gets another feed."""

    def __init__(self, stream_id: str, video_clock: StreamClock, audio_clock: StreamClock) -> None:
        self.stream_id = stream_id
        self.pictures: Playout[VideoFrame] = Playout(video_clock.at)
        self.reception = Reception(video_clock)
        self._video_clock, self._audio_clock = video_clock, audio_clock
        self._sound: deque[tuple[int, AudioFrame]] = deque()
        self._voice = Voice()
        self._resampler = AudioResampler(format="fltp", layout="mono", rate=RATE)

    def clock(self, kind: str) -> StreamClock:
        return self._video_clock if kind == "video" else self._audio_clock

    def add_sound(self, timestamp: int, frame: AudioFrame) -> None:
        self._sound.append((timestamp, frame))
        if len(self._sound) > MOST_SOUND:
            self._sound.popleft()

    def first_at(self) -> float | None:
        sound = self._audio_clock.at(self._sound[0][0]) if self._sound else None
        return min((at for at in (sound, self.pictures.next_at()) if at is not None), default=None)

    def sound_before(self, media_s: float) -> list[tuple[float, AudioFrame]]:
        due = []
        while self._sound and (at := self._audio_clock.at(self._sound[0][0])) < media_s:
            due.append((at, self._sound.popleft()[1]))
        return due

    def speak(self, frame: AudioFrame, position: int, earliest: int) -> list[tuple[int, Samples]]:
        """The frame as samples of the mix, beginning near `position`, never before `earliest`."""
        frame.pts = None
        placed = []
        for part in self._resampler.resample(frame):
            samples = part.to_ndarray().reshape(-1).astype(np.float32, copy=False)
            placed.append(self._voice.place(samples, position, earliest))
            position += len(samples)
        return placed

    @property
    def empty(self) -> bool:
        return not self._sound and not len(self.pictures)


@dataclass
class _Source:
    stream: RecordedStream
    feeds: list[Feed] = field(default_factory=list)
    picture: VideoFrame | None = None
    next_picture: VideoFrame | None = None


class Composition:
    """Writes `part` once there is media; `step` is one frame of the recording.

    `unix_offset_s` is unix time minus media time.
    """

    def __init__(self, part: Path, settings: RecorderSettings, unix_offset_s: float = 0.0) -> None:
        self._unix_offset_s = unix_offset_s
        self._part = part
        self._settings = settings
        self._file: Mp4Writer | None = None
        self._layout = settings.layout
        self._compositor = Compositor(settings.width, settings.height)
        self._mixer = Mixer()
        self._sources: dict[str, _Source] = {}
        self._events: deque[tuple[float, Callable[[], None]]] = deque()
        self._counts: dict[str, list[PlayoutCounts]] = {}
        self._receptions: dict[str, list[Reception]] = {}
        self._names: dict[str, str] = {}
        self._first_feeds: list[Feed] = []
        self._paused = False
        self._base: float | None = None
        self.began_at_ms: int | None = None
        self.ticks = 0
        self._repeated = self._dropped = self._depth_max = 0

    # What happens is told with the media time at which it happened, and takes effect when that is written.

    def join(self, stream: RecordedStream, at: float) -> None:
        self._events.append((at, partial(self._join, stream)))

    def change(self, stream: RecordedStream, at: float) -> None:
        self._events.append((at, partial(self._change, stream)))

    def leave(self, stream_id: str, at: float) -> None:
        self._events.append((at, partial(self._leave, stream_id)))

    def set_layout(self, layout: Layout, at: float) -> None:
        self._events.append((at, partial(self._set_layout, layout)))

    def pause(self, at: float) -> None:
        self._events.append((at, partial(self._pause, True, at)))

    def resume(self, at: float) -> None:
        self._events.append((at, partial(self._pause, False, at)))

    def connect(self, stream: RecordedStream, feed: Feed, at: float) -> None:
        """The stream's media comes by this feed from now on; what an older one holds is shown first."""
        self._counts.setdefault(stream.stream_id, []).append(feed.pictures.counts)
        self._receptions.setdefault(stream.stream_id, []).append(feed.reception)
        self._names[stream.stream_id] = stream.name
        self._events.append((at, partial(self._join, stream, feed)))
        if self._base is None:
            self._first_feeds.append(feed)

    def step(self, until: float) -> bool:
        """Writes the next frame if it lies before `until`; True when there may be more to do."""
        if self._base is None and not self._begin(until):
            return False
        self._apply(until)
        if self._paused:
            self._discard(until)
            return False
        media_s = self._next_tick()
        if media_s >= until:
            return False
        self._write(media_s, behind=until - media_s)
        return True

    def close(self) -> None:
        """Completes the part file, and lets go of the encoder and of all pictures.

        Whoever made the recording may hold it in a ring of references, which Python looks for rarely: a
        server that records all day would keep forty megabytes of each recording for a long time.
        """
        file, self._file = self._file, None
        self._sources.clear()
        self._compositor.clear()
        self._first_feeds.clear()
        self._events.clear()
        if file is not None:
            file.close()

    @property
    def recorded_s(self) -> float:
        return self.ticks / self._settings.fps

    def stats(self) -> RecorderStats:
        return RecorderStats(
            frames_written=self.ticks,
            frames_repeated=self._repeated,
            frames_dropped=self._dropped,
            queue_depth_max=self._depth_max,
            late_samples=self._mixer.late,
            streams={stream_id: _total(counts) for stream_id, counts in list(self._counts.items())},
            received={stream_id: self._received(stream_id) for stream_id in list(self._receptions)},
        )

    def _received(self, stream_id: str) -> Received:
        receptions, base = self._receptions[stream_id], self._base
        firsts = [] if base is None else [each.first_ms(base) for each in receptions]
        return Received(
            name=self._names[stream_id],
            first_ms=min((first for first in firsts if first is not None), default=None),
            pictures=sum(each.pictures for each in receptions),
            packets=sum(each.packets for each in receptions),
            packets_lost=sum(each.lost for each in receptions),
            standstills=[] if base is None else [s for each in receptions for s in each.standstills(base)],
        )

    # -- time --

    def _begin(self, until: float) -> bool:
        first = min((at for feed in self._first_feeds if (at := feed.first_at()) is not None), default=None)
        self._apply(until if first is None else min(first, until))
        if self._paused:
            self._apply(until)
            self._discard(until)
        if first is None or first >= until or self._paused:
            return False
        self._base = first
        self.began_at_ms = round((first + self._unix_offset_s) * 1000)
        self._first_feeds.clear()
        size = (self._settings.width, self._settings.height) if self._settings.has_video else None
        self._file = Mp4Writer(
            self._part,
            size,
            self._settings.fps,
            self._settings.has_audio,
            self.began_at_ms,
            Quality(self._settings.max_bitrate, self._settings.quantization_parameter),
        )
        return True

    def _next_tick(self) -> float:
        assert self._base is not None  # noqa: S101 - for the type checker; _begin has set it
        return self._base + self.ticks / self._settings.fps

    def _apply(self, until: float) -> None:
        """What happened up to the next frame, or up to `until` while there is no next frame to write."""
        while self._events:
            bound = until if self._paused or self._base is None else min(until, self._next_tick())
            if self._events[0][0] > bound:
                return
            self._events.popleft()[1]()

    def _pause(self, paused: bool, at: float) -> None:
        if self._paused and not paused:
            self._discard(at)
            if self._base is not None:
                self._base += max(0.0, at - self._next_tick())
        self._paused = paused

    def _discard(self, media_s: float) -> None:
        for feed in self._feeds():
            feed.pictures.skip_to(media_s)
            feed.sound_before(media_s)

    # -- who is there --

    def _join(self, stream: RecordedStream, feed: Feed | None = None) -> None:
        source = self._sources.setdefault(stream.stream_id, _Source(stream))
        source.stream = stream
        if feed is not None:
            source.feeds = [older for older in source.feeds if not older.empty] + [feed]
        self._arrange()

    def _change(self, stream: RecordedStream) -> None:
        source = self._sources.get(stream.stream_id)
        if source is None or source.stream == stream:
            return
        source.stream = stream
        self._arrange()

    def _leave(self, stream_id: str) -> None:
        if self._sources.pop(stream_id, None) is not None:
            self._arrange()

    def _set_layout(self, layout: Layout) -> None:
        self._layout = layout
        self._arrange()

    def _arrange(self) -> None:
        streams = {stream_id: source.stream for stream_id, source in self._sources.items()}
        members = [Member(each, s.layout_classes, s.video_type == "screen") for each, s in streams.items()]
        placed = tiles(self._layout, members, self._settings.width, self._settings.height)
        muted = [each for each, s in streams.items() if not s.has_audio and s.video_type != "screen"]
        self._compositor.arrange({each: (t, streams[each].title) for each, t in placed.items()}, muted)
        for stream_id, source in self._sources.items():
            self._compositor.show(stream_id, source.picture if source.stream.has_video else None)

    def _feeds(self) -> list[Feed]:
        return [feed for source in self._sources.values() for feed in source.feeds]

    # -- one frame --

    def _write(self, media_s: float, behind: float) -> None:
        assert self._file is not None  # noqa: S101 - for the type checker; _begin has opened it
        self._choose(media_s)
        if behind > MOST_BEHIND_S:
            self._dropped += 1
        elif not self._draw():
            self._repeated += 1
        self._hear(media_s)
        self._file.video(self._compositor.canvas)
        self._file.audio(self._mixer.take(RATE // self._settings.fps))
        self.ticks += 1

    def _choose(self, media_s: float) -> None:
        self._depth_max = max(self._depth_max, *(len(f.pictures) for f in self._feeds()), 0)
        for source in self._sources.values():
            for feed in source.feeds:
                picture = feed.pictures.advance(media_s)
                if picture is not None:
                    source.next_picture = picture

    def _draw(self) -> bool:
        drawn = False
        for stream_id, source in self._sources.items():
            if source.next_picture is not None:
                source.picture, source.next_picture = source.next_picture, None
                if source.stream.has_video:
                    self._compositor.show(stream_id, source.picture)
                    drawn = True
        return drawn

    def _hear(self, media_s: float) -> None:
        for source in self._sources.values():
            for feed in source.feeds:
                for at, frame in feed.sound_before(media_s + 1 / self._settings.fps):
                    position = self._mixer.taken + round((at - media_s) * RATE)
                    for start, samples in feed.speak(frame, position, self._mixer.taken):
                        if source.stream.has_audio:
                            self._mixer.add(start, samples)


def _total(counts: list[PlayoutCounts]) -> PlayoutCounts:
    total = replace(counts[0])
    for more in counts[1:]:
        total.received += more.received
        total.shown += more.shown
        total.passed_over += more.passed_over
        total.overflowed += more.overflowed
    return total
