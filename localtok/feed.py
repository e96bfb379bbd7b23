"""The media of one stream on its way into a recording: pictures and sound with the times of their capture."""

from __future__ import annotations

from collections import deque

import numpy as np
from av import AudioFrame, VideoFrame
from av.audio.resampler import AudioResampler

from localtok.mediaclock import StreamClock
from localtok.mixer import RATE, Samples, Voice
from localtok.playout import Playout
from localtok.reception import Reception

# Sound waits here for its tick; 20 ms a frame, so this is 12 s.
MOST_SOUND = 600


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
