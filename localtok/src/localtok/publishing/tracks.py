"""A synthetic camera and microphone: every connection of a publisher sees and hears the same at one time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from aiortc import MediaStreamTrack
from av import AudioFrame, VideoFrame

from localtok.publishing.pictures import counted

RATE = 48_000
SAMPLES = 960
SYLLABLES_PER_S = 4.0
# First and second formant of five vowels, in hertz (Peterson and Barney, 1952, men).
VOWELS = ((730, 1090), (530, 1840), (270, 2290), (570, 840), (300, 870))


@dataclass(frozen=True)
class Source:
    """What one publisher shows: `fps` numbered pictures a second, and a voice of its own pitch."""

    identity: int = 0
    width: int = 640
    height: int = 480
    fps: float = 12.5
    began: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    def tracks(self) -> list[MediaStreamTrack]:
        return [Voice(self), Camera(self)]


class Camera(MediaStreamTrack):
    kind = "video"

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._first = self._index = int(source.now * source.fps) + 1

    async def recv(self) -> VideoFrame:
        source = self._source
        await asyncio.sleep(self._index / source.fps - source.now)
        planes = counted(self._index, source.identity, source.width, source.height)
        frame = VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = round((self._index - self._first) * 90_000 / source.fps)
        frame.time_base = Fraction(1, 90_000)
        # A machine that cannot keep up skips numbers, as a camera would drop pictures.
        self._index = max(self._index + 1, int(source.now * source.fps))
        return frame


class Voice(MediaStreamTrack):
    kind = "audio"

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._first = self._position = int(source.now * RATE)

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(self._position / RATE - self._source.now)
        sound = speech(self._position, SAMPLES, self._source.identity)
        frame = AudioFrame.from_ndarray(sound.reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = self._position - self._first
        self._position += SAMPLES
        return frame


def speech(position: int, count: int, identity: int) -> np.ndarray:
    """`count` samples (int16) from `position` on: four vowels a second, some of them pauses.

    It depends on the position alone, so that two recordings of the same moment can be aligned by it."""
    at = (position + np.arange(count)) / RATE
    syllable = np.floor(at * SYLLABLES_PER_S).astype(np.int64)
    chance = (syllable * 2654435761 + identity * 40503) % 4294967296
    spoken = (chance >> 8) % 5 > 0
    swell = np.sin(np.pi * ((at * SYLLABLES_PER_S) % 1.0)) ** 2
    formants = np.array(VOWELS, float)[(chance >> 16) % len(VOWELS)]
    pitch = 110 + 17 * (identity % 8)
    tone = np.sin(2 * np.pi * pitch * at) + 0.6 * np.sin(2 * np.pi * formants[:, 0] * at)
    tone += 0.3 * np.sin(2 * np.pi * formants[:, 1] * at)
    return np.asarray(tone * swell * spoken * 7000, np.int16)
