"""A publisher without a browser: counted pictures and a tone over real WebRTC, for tests and benchmarks."""

import asyncio
import time
from fractions import Fraction

import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame, VideoFrame

from tests.support.media import counted_video

SAMPLES = 960
RATE = 48_000


class CountedTrack(MediaStreamTrack):
    """Each number stands for `repeat` pictures of 1/fps; `sent` is what has left so far."""

    kind = "video"

    def __init__(self, identity: int, size: tuple[int, int], fps: float = 12.5, repeat: int = 1) -> None:
        super().__init__()
        self.sent: list[int] = []
        self._identity, self._size, self._fps, self._repeat = identity, size, fps, repeat
        self._began: float | None = None
        self._index = 0

    async def recv(self) -> VideoFrame:
        self._began = self._began or time.monotonic()
        await _sleep_until(self._began + self._index / self._fps)
        number = self._index // self._repeat
        picture = counted_video.to_i420(counted_video.draw(number, *self._size, identity=self._identity))
        frame = VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = round(self._index * 90_000 / self._fps), Fraction(1, 90_000)
        self._index += 1
        self.sent.append(number)
        return frame


class ToneTrack(MediaStreamTrack):
    """A sine of `hertz`; with `beep_every_s` only in the first 100 ms of each such period."""

    kind = "audio"

    def __init__(self, hertz: float, beep_every_s: float | None = None) -> None:
        super().__init__()
        self._hertz, self._every = hertz, beep_every_s
        self._began: float | None = None
        self._position = 0

    async def recv(self) -> AudioFrame:
        self._began = self._began or time.monotonic()
        await _sleep_until(self._began + self._position / RATE)
        at = (self._position + np.arange(SAMPLES)) / RATE
        tone = 0.3 * np.sin(2 * np.pi * self._hertz * at)
        if self._every:
            tone *= at % self._every < 0.1
        frame = AudioFrame.from_ndarray((tone * 32767).astype(np.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._position, Fraction(1, RATE)
        self._position += SAMPLES
        return frame


class Publisher:
    """Offers one video and one audio track, as a publishing page does for each recorder."""

    def __init__(self, video: MediaStreamTrack | None, audio: MediaStreamTrack | None) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for track in (audio, video):
            if track is not None:
                self.connection.addTransceiver(track, direction="sendonly")

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def accept(self, answer_sdp: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer_sdp, "answer"))

    async def close(self) -> None:
        await self.connection.close()


async def _sleep_until(instant: float) -> None:
    await asyncio.sleep(max(0.0, instant - time.monotonic()))
