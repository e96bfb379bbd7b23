"""Reading the part of a recording that a neighbour may share.

All times are milliseconds of the piece's *media clock*: the presentation time that its container gives after
edit lists, the one that a player shows. So the samples that an AAC encoder puts before the first one
(priming) are left out where the container says so, and are part of the sound where it does not, as in a
player.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from typing import Any, BinaryIO

import av
import numpy as np
from av.stream import Discard
from numpy.typing import NDArray

from .resampling import SOUND_RATE, Floats, resampled
from .shrinking import FINE, HEIGHT, WIDTH, Shrink

MediaSource = str | PathLike[str] | BinaryIO

# Transform codecs need the block before the wanted one, and a key frame may lie a little after the index
# says.
SOUND_LEAD_MS = 100
LARGEST_TIME_MS = 1000 * 3600 * 1000
LATE_CLOCK_MS = 500
# So many samples at SOUND_RATE are made again where more is heard: a filter knows nothing beyond its ends.
JOINT = 160
# Pictures that must be decoded for those after them are seen too, up to this much.
PICTURE_LEAD_MS = 2000.0


class UnreadableMedia(Exception):
    """The piece cannot be opened or decoded: an empty, cut or foreign file. Says which, and why."""


@dataclass(frozen=True)
class Sound:
    """Mono samples (float32, -1..1) at SOUND_RATE; silence where the piece has no sound."""

    samples: Floats
    start_ms: float

    @property
    def end_ms(self) -> float:
        return self.start_ms + len(self.samples) * 1000 / SOUND_RATE


@dataclass(frozen=True)
class Pictures:
    """Small grey pictures: `luma` is (frames, points) float32 0..255, `times_ms` when each is shown."""

    luma: Floats
    times_ms: NDArray[np.float64]


NOTHING_SEEN = Pictures(np.zeros((0, WIDTH * HEIGHT), np.float32), np.zeros(0, np.float64))


class Piece:
    """One recording, opened for reading. A context manager; `source` is a path or a seekable binary file."""

    def __init__(self, source: MediaSource) -> None:
        self.name = str(getattr(source, "name", source))
        try:
            # Typed loosely: PyAV's stubs give every frame of every track one type.
            self._container: Any = av.open(source if hasattr(source, "read") else str(source))
        except (OSError, av.error.FFmpegError, ValueError) as error:
            raise UnreadableMedia(f"{self.name} cannot be opened as a recording: {error}") from error
        self._sound = next(iter(self._container.streams.audio), None)
        self._video = next(iter(self._container.streams.video), None)
        if self._video is not None:
            # Threads cost more than they bring for a few seconds of small pictures.
            self._video.thread_type = "NONE"
            # Unsmoothed edges of blocks do not show in pictures so small, and save a fifth of the time.
            self._video.codec_context.options = {"skip_loop_filter": "all", "flags2": "+fast"}
        self.start_ms, self.end_ms = self._bounds()
        self._seen = (0.0, 0.0, NOTHING_SEEN)
        self._heard = (0.0, 0.0, np.zeros(0, np.float32))

    def __enter__(self) -> Piece:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    @property
    def has_sound(self) -> bool:
        return self._sound is not None

    @property
    def has_video(self) -> bool:
        return self._video is not None

    def _bounds(self) -> tuple[float, float]:
        """From the first presented instant of any track to the last."""
        tracks = [track for track in (self._sound, self._video) if track is not None]
        starts = [_ms(track.start_time or 0, track.time_base) for track in tracks]
        ends = [
            self._end_ms(track, start) for start, track in zip(starts, tracks, strict=True) if track.duration
        ]
        if not ends and self._container.duration:
            ends = [self._container.duration / 1000]
        if not ends:
            raise UnreadableMedia(f"{self.name} has neither sound nor pictures of a known length")
        return max(0.0, min(starts)), max(ends)

    def _end_ms(self, track: Any, start_ms: float) -> float:
        """Where the track ends: of one whose clock begins late, some files count that into its duration."""
        stated = start_ms + _ms(track.duration, track.time_base)
        if start_ms < LATE_CLOCK_MS:
            return stated
        try:
            self._container.seek(track.start_time + track.duration, stream=track, backward=True)
            ends = [
                packet.pts + (packet.duration or 0) for packet in self._container.demux(track) if packet.size
            ]
        except (OSError, av.error.FFmpegError):
            return stated
        return _ms(max(ends), track.time_base) if ends else stated

    def sound(self, from_ms: float, to_ms: float) -> Sound:
        """The sound of [from_ms, to_ms), brought down to SOUND_RATE; what was heard from there is remembered.

        Raises:
            UnreadableMedia: the bytes in the region are not sound.
        """
        from_ms, to_ms = max(from_ms, self.start_ms), min(to_ms, self.end_ms)
        if self._sound is None or to_ms <= from_ms:
            return Sound(np.zeros(0, np.float32), from_ms)
        begin, end, heard = self._heard
        if begin != from_ms or end > to_ms:
            end, heard = from_ms, heard[:0]
        if end < to_ms:
            known = max(0, len(heard) - JOINT)
            heard = np.concatenate([heard[:known], self._brought_down(self._sound, from_ms, known, to_ms)])
        self._heard = (from_ms, to_ms, heard)
        return Sound(heard, from_ms)

    def _brought_down(self, track: Any, from_ms: float, known: int, to_ms: float) -> Floats:
        """What follows the first `known` samples from `from_ms` on."""
        lead = min(JOINT, known)
        begin_ms = from_ms + (known - lead) * 1000 / SOUND_RATE
        ticks = track.rate / 1000
        placed = (
            (round((at_ms - begin_ms) * ticks), _mono(frame))
            for at_ms, frame in self._frames(track, begin_ms - SOUND_LEAD_MS, to_ms)
        )
        return resampled(placed, round((to_ms - begin_ms) * ticks), track.rate)[lead:]

    def pictures(self, from_ms: float, to_ms: float) -> Pictures:
        """The pictures that begin within [from_ms, to_ms), and those before that had to be decoded for them.

        What was seen of that before is remembered.

        Raises:
            UnreadableMedia: the bytes in the region are not video.
        """
        from_ms = max(self.key_ms(from_ms), from_ms - PICTURE_LEAD_MS)
        begin, end, seen = self._seen
        if not from_ms <= begin < end <= to_ms:
            begin, end, seen = from_ms, from_ms, NOTHING_SEEN
        parts = self._shrunk(from_ms, begin), seen, self._shrunk(end, to_ms)
        whole = Pictures(
            np.concatenate([part.luma for part in parts]), np.concatenate([part.times_ms for part in parts])
        )
        self._seen = (from_ms, to_ms, whole)
        return whole

    def key_ms(self, at_ms: float) -> float:
        """When the key frame before an instant is shown; that instant itself where the file does not say."""
        if self._video is None:
            return at_ms
        tick_ms = _ms(1, self._video.time_base)
        index = self._video.index_entries
        number = index.search_timestamp(max(0, int(at_ms / tick_ms)))
        return min(at_ms, index[number].timestamp * tick_ms) if number >= 0 else at_ms

    def key_pictures(self, from_ms: float, to_ms: float) -> Pictures:
        """As `pictures`, but key frames alone: a look at everything that costs next to nothing."""
        if self._video is None:
            return NOTHING_SEEN
        context = self._video.codec_context
        try:
            context.skip_frame = "NONKEY"
            return self._shrunk(from_ms, to_ms, Discard.nonkey)
        finally:
            context.skip_frame = "DEFAULT"

    def _shrunk(self, from_ms: float, to_ms: float, discard: Discard = Discard.default) -> Pictures:
        times: list[float] = []
        shrink = Shrink()
        for at_ms, frame in self._frames(self._video, from_ms, to_ms, discard):
            if at_ms >= from_ms:
                shrink.take(frame)
                times.append(at_ms)
        luma = shrink.points().astype(np.float32) / np.float32(FINE**2)
        return Pictures(luma, np.array(times, np.float64))

    def _frames(
        self, track: Any, from_ms: float, to_ms: float, discard: Discard = Discard.default
    ) -> Iterator[tuple[float, Any]]:
        """Frames from the one that shows at `from_ms`, or a little before, with their times in ms."""
        if track is None or not from_ms < to_ms <= LARGEST_TIME_MS:
            return
        tick_ms = _ms(1, track.time_base)
        for other in self._container.streams:
            other.discard = discard if other.index == track.index else Discard.all
        try:
            self._container.seek(max(0, int(from_ms / tick_ms)), stream=track, backward=True)
            for frame in self._container.decode(track):
                if frame.pts is None:
                    continue
                if frame.pts * tick_ms >= to_ms:
                    return
                yield frame.pts * tick_ms, frame
        except (OSError, av.error.FFmpegError) as error:
            raise UnreadableMedia(f"{self.name} cannot be decoded near {from_ms:.0f} ms: {error}") from error


def _ms(ticks: int, time_base: Fraction | None) -> float:
    if time_base is None:
        return 0.0
    return ticks * time_base.numerator * 1000 / time_base.denominator


def _mono(frame: Any) -> Floats:
    if frame.format.name == "fltp" and frame.layout.nb_channels == 1:
        return np.frombuffer(frame.planes[0], np.float32, frame.samples)
    samples: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    full_scale = float(np.iinfo(samples.dtype).max) if samples.dtype.kind == "i" else 1.0
    return (samples.mean(axis=0) / full_scale).astype(np.float32)
