"""A recording in the making: takes pictures and sound with their media times, writes tick after tick.

Single-threaded and without a clock of its own: whoever drives it says up to which media time to write. Media
time is the recorder's monotonic seconds at which something was captured.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from localtok.recording.compose.presentation import Layout
from localtok.recording.compose.scene import Scene
from localtok.recording.receive.feed import Feed
from localtok.recording.settings import RecordedStream, RecorderSettings
from localtok.recording.statistics import RecorderStats, Tally
from localtok.recording.write.mp4 import Mp4Writer, Quality

# Behind by more than this, pictures are repeated instead of composed: a repeat costs x264 next to nothing.
MOST_BEHIND_S = 10.0
# Behind by more than a recording's end always is, every second frame repeats the one before: that halves the
# work of a machine that cannot keep up, and what stood still for two frames is still seen.
STRAINED_S = 2.0


class Composition:
    """Writes `part` once there is media; `step` is one frame of the recording.

    `unix_offset_s` is unix time minus media time.
    """

    def __init__(self, part: Path, settings: RecorderSettings, unix_offset_s: float = 0.0) -> None:
        self._unix_offset_s = unix_offset_s
        self._part = part
        self._settings = settings
        self._file: Mp4Writer | None = None
        self._scene = Scene(settings)
        self._tally = Tally()
        self._events: deque[tuple[float, Callable[[], None]]] = deque()
        self._first_feeds: list[Feed] = []
        self._paused = False
        self._base: float | None = None
        self.began_at_ms: int | None = None
        self.ticks = 0
        self._repeated = self._dropped = self._depth_max = 0

    # What happens is told with the media time at which it happened, and takes effect when that is written.

    def join(self, stream: RecordedStream, at: float) -> None:
        self._events.append((at, partial(self._scene.join, stream)))

    def change(self, stream: RecordedStream, at: float) -> None:
        self._events.append((at, partial(self._scene.change, stream)))

    def leave(self, stream_id: str, at: float) -> None:
        self._events.append((at, partial(self._scene.leave, stream_id)))

    def set_layout(self, layout: Layout, at: float) -> None:
        self._events.append((at, partial(self._scene.set_layout, layout)))

    def pause(self, at: float) -> None:
        self._events.append((at, partial(self._pause, True, at)))

    def resume(self, at: float) -> None:
        self._events.append((at, partial(self._pause, False, at)))

    def connect(self, stream: RecordedStream, feed: Feed, at: float) -> None:
        """The stream's media comes by this feed from now on; what an older one holds is shown first."""
        self._tally.follow(stream, feed)
        self._events.append((at, partial(self._scene.join, stream, feed)))
        if self._base is None:
            self._first_feeds.append(feed)

    def step(self, until: float) -> bool:
        """Writes the next frame if it lies before `until`; True when there may be more to do."""
        if self._base is None and not self._begin(until):
            return False
        self._apply(until)
        if self._paused:
            self._scene.discard(until)
            return False
        media_s = self._next_tick()
        if media_s >= until:
            return False
        self._write(media_s, behind=until - media_s)
        return True

    def behind_s(self, until: float) -> float:
        """Of what may be written, how much is not."""
        return 0.0 if self._base is None or self._paused else max(0.0, until - self._next_tick())

    def close(self) -> None:
        """Completes the part file, and lets go of the encoder and of all pictures.

        Whoever made the recording may hold it in a ring of references, which Python looks for rarely: a
        server that records all day would keep forty megabytes of each recording for a long time.
        """
        file, self._file = self._file, None
        self._scene.clear()
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
            late_samples=self._scene.late_samples,
            streams=self._tally.streams(),
            received=self._tally.received(self._base),
        )

    # -- time --

    def _begin(self, until: float) -> bool:
        first = min((at for feed in self._first_feeds if (at := feed.first_at()) is not None), default=None)
        self._apply(until if first is None else min(first, until))
        if self._paused:
            self._apply(until)
            self._scene.discard(until)
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
            self._scene.discard(at)
            if self._base is not None:
                self._base += max(0.0, at - self._next_tick())
        self._paused = paused

    # -- one frame --

    def _write(self, media_s: float, behind: float) -> None:
        assert self._file is not None  # noqa: S101 - for the type checker; _begin has opened it
        self._depth_max = max(self._depth_max, self._scene.choose(media_s))
        if behind > MOST_BEHIND_S:
            self._dropped += 1
        elif (behind > STRAINED_S and self.ticks % 2) or not self._scene.draw():
            self._repeated += 1
        self._file.video(self._scene.canvas)
        self._file.audio(self._scene.hear(media_s))
        self.ticks += 1
