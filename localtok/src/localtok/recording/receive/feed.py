"""The media of one stream on its way into a recording: pictures and sound with the times of their capture."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from av import AudioFrame, VideoFrame
from av.audio.resampler import AudioResampler

from localtok.recording.compose.concealment import Concealment
from localtok.recording.compose.mixer import IGNORED, RATE, Samples, Voice
from localtok.recording.receive.media_clock import StreamClock
from localtok.recording.receive.playout import Playout
from localtok.recording.receive.reception import Reception

# Sound waits here for its tick; 20 ms a frame, so this is 12 s.
MOST_SOUND = 600


@dataclass(frozen=True)
class Sound:
    """A frame that was captured at `at`; after it, `missing` samples of the recording were lost."""

    at: float
    frame: AudioFrame
    missing: int = 0


class Feed:
    """The media of one peer connection of a stream; a stream that connects again gets another feed."""

    def __init__(self, stream_id: str, video_clock: StreamClock, audio_clock: StreamClock) -> None:
        self.stream_id = stream_id
        self.pictures: Playout[VideoFrame] = Playout(video_clock.at, _bytes)
        self.reception = Reception(video_clock)
        self._video_clock, self._audio_clock = video_clock, audio_clock
        self._sound: deque[tuple[int, AudioFrame]] = deque()
        self._voice = Voice()
        self._concealment = Concealment()
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

    def sound_before(self, media_s: float) -> list[Sound]:
        due = []
        while self._sound and (at := self._audio_clock.at(self._sound[0][0])) < media_s:
            timestamp, frame = self._sound.popleft()
            due.append(Sound(at, frame, self._missing_after(timestamp, frame)))
        return due

    def _missing_after(self, timestamp: int, frame: AudioFrame) -> int:
        """What lies between the frame and the next one, which is here long before its own time comes."""
        if not self._sound:
            return 0
        ticks = self._sound[0][0] - timestamp
        missing = round(ticks * RATE / self._audio_clock.rate - frame.samples * RATE / frame.sample_rate)
        return missing if missing > IGNORED else 0

    def speak(self, sound: Sound, position: int, earliest: int) -> list[tuple[int, Samples]]:
        """The sound as samples of the mix, beginning near `position`, never before `earliest`."""
        sound.frame.pts = None
        placed = []
        for part in self._resampler.resample(sound.frame):
            heard = self._concealment.heard(part.to_ndarray().reshape(-1).astype(np.float32, copy=False))
            placed.append(self._voice.place(heard, position, earliest))
            position += len(heard)
        if sound.missing:
            filled = self._concealment.fill(sound.missing)
            placed.append(self._voice.place(filled, position, earliest))
        return placed

    @property
    def empty(self) -> bool:
        return not self._sound and not len(self.pictures)


def _bytes(picture: VideoFrame) -> int:
    """Of a yuv420p picture."""
    return max(1, picture.width * picture.height * 3 // 2)
