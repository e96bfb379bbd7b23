"""Records published streams into one composed MP4: the thin shell between WebRTC and the encode thread.

Composition runs PLAYOUT_DELAY_S behind real time, because a recording has no viewer who would mind: within
that time bursts, stalls and jitter even out, and every picture stands where it was taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from localtok.process.apart import apart
from localtok.recording.compose.composition import Composition
from localtok.recording.compose.presentation import Layout
from localtok.recording.receive.flow import Flow
from localtok.recording.receive.media_peer import MediaPeer
from localtok.recording.settings import RecordedStream, RecorderSettings
from localtok.recording.statistics import RecorderStats
from localtok.recording.write.courtesy import SHARED
from localtok.recording.write.encoder import EncodeThread, RecordingResult, part_of, recover

__all__ = [
    "RecordedStream",
    "Recorder",
    "RecorderError",
    "RecorderSettings",
    "RecorderStats",
    "RecordingResult",
    "part_of",
    "recover",
]

log = logging.getLogger(__name__)

PLAYOUT_DELAY_S = 1.5
BEAT_S = 0.04
# After a stall of the event loop the recording catches up at this pace, not at once: what piled up in the
# sockets meanwhile must be decoded before its time is written.
MOST_PER_BEAT_S = 0.1
ATTACH_TIMEOUT_S = 10.0
# A pause ends as long before the first picture or sound as its way from the camera may have taken.
RESUME_LEAD_S = 0.5
# A stream is silent after a second without a packet: sound comes 50 times a second, a still screen once.
SILENT_BEATS = 30


class RecorderError(Exception):
    """The stream cannot be received, or the recorder does not run; the message says which."""


class Recorder:
    """One recording. All methods belong to one event loop; `on_failure` is called there."""

    def __init__(
        self,
        path: Path,
        settings: RecorderSettings,
        on_failure: Callable[[Exception], None] | None = None,
    ) -> None:
        self._path = path
        self._settings = settings
        self._on_failure = on_failure
        self._thread: EncodeThread | None = None
        self._beats: asyncio.Task[None] | None = None
        self._peers: dict[str, MediaPeer] = {}
        self._streams: dict[str, RecordedStream] = {}
        self._delivered: dict[str, set[str]] = {}
        self._flow = Flow(SILENT_BEATS)
        self._news = asyncio.Event()
        self._first_media_ms: int | None = None
        self._paused_at = 0.0
        self._resuming = False
        self._stopping: asyncio.Future[RecordingResult] | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._path.parent.mkdir, parents=True, exist_ok=True)
        self._thread = EncodeThread(
            self._path, self._settings, time.time() - time.monotonic(), partial(self._failed, loop)
        )
        self._thread.start()
        self._beats = asyncio.create_task(self._beat(self._thread), name=f"beats of {self._path.name}")

    async def attach(self, stream: RecordedStream, offer_sdp: str) -> str:
        """Answers the publisher's complete offer; a stream that is attached already gets a new connection.

        Raises RecorderError when the offer is unusable or the recorder does not run.
        """
        thread = self._running()
        await self._hang_up(stream.stream_id)
        peer = MediaPeer(stream.stream_id, thread.post, partial(self._media, stream.stream_id))
        self._peers[stream.stream_id] = peer
        self._streams[stream.stream_id] = stream
        try:
            async with asyncio.timeout(ATTACH_TIMEOUT_S):
                answer = await peer.answer(offer_sdp)
        except Exception as error:
            await self._hang_up(stream.stream_id)
            raise RecorderError(f"stream {stream.stream_id} cannot be received: {error!r}") from error
        self._tell(partial(Composition.connect, stream=stream, feed=peer.feed, at=time.monotonic()))
        self._news.set()
        return answer

    async def detach(self, stream_id: str) -> None:
        """The stream has ended: its tile goes after the last picture that has arrived."""
        at = time.monotonic()
        await self._hang_up(stream_id)
        if self._streams.pop(stream_id, None) is not None:
            self._tell(partial(Composition.leave, stream_id=stream_id, at=at))

    def update(self, stream: RecordedStream) -> None:
        """The stream's name, sound or camera state has changed."""
        if stream.stream_id in self._streams:
            self._streams[stream.stream_id] = stream
            self._tell(partial(Composition.change, stream=stream, at=time.monotonic()))
            self._news.set()

    async def wait_for_media(self, stream_ids: Iterable[str], timeout_s: float) -> set[str]:
        """Those of `stream_ids` that delivered what they publish, when all have or the time is over."""
        wanted = set(stream_ids)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not wanted <= self._delivering():
                    self._news.clear()
                    await self._news.wait()
        return wanted & self._delivering()

    def set_layout(self, layout: Layout) -> None:
        """Arranges the picture anew from now on."""
        self._tell(partial(Composition.set_layout, layout=layout, at=time.monotonic()))

    async def pause(self) -> None:
        """Nothing that is captured from now on is written until `resume`."""
        self._paused_at, self._resuming = time.monotonic(), False
        self._tell(partial(Composition.pause, at=self._paused_at))

    async def resume(self) -> None:
        """Goes on with the first media that comes: who sends nothing yet has no time in the file."""
        self._resuming = True
        if self.heard:
            self._go_on()

    @property
    def heard(self) -> set[str]:
        """The streams from which media has come on their present connection, and comes still."""
        return {stream_id for stream_id in self._delivered if self._flow.arrives(stream_id)}

    async def stop(self) -> RecordingResult:
        """Writes everything up to now and finishes the file; a second call gives the same result.

        Raises RecorderError when the recording failed and nothing of it can be played.
        """
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop(time.monotonic()))
        return await asyncio.shield(self._stopping)

    def stats(self) -> RecorderStats:
        return self._thread.stats() if self._thread else RecorderStats()

    @property
    def recorded_ms(self) -> int:
        """What is written, about the playout delay less than what is recorded."""
        return self._thread.recorded_ms if self._thread else 0

    @property
    def began_at_ms(self) -> int | None:
        """Unix time of the first recorded instant; until it is composed, of the first frame's arrival."""
        return (self._thread.began_at_ms if self._thread else None) or self._first_media_ms

    def _running(self) -> EncodeThread:
        if self._thread is None or self._stopping is not None:
            raise RecorderError("the recorder does not run: start it first, and attach before stop")
        if self._thread.failure is not None:
            raise RecorderError(f"the recorder has failed: {self._thread.failure!r}")
        return self._thread

    def _tell(self, command: Callable[[Composition], None]) -> None:
        if self._thread is not None:
            self._thread.post(command)

    async def _hang_up(self, stream_id: str) -> None:
        peer = self._peers.pop(stream_id, None)
        self._delivered.pop(stream_id, None)
        if peer is not None:
            await peer.close()

    def _media(self, stream_id: str, kind: str) -> None:
        if self._first_media_ms is None:
            self._first_media_ms = round(time.time() * 1000)
        self._delivered.setdefault(stream_id, set()).add(kind)
        self._look()
        self._news.set()

    def _look(self) -> None:
        self._flow.look({stream_id: peer.packets for stream_id, peer in self._peers.items()})
        if self._resuming and self.heard:
            self._go_on()

    def _go_on(self) -> None:
        self._resuming = False
        at = max(self._paused_at, time.monotonic() - RESUME_LEAD_S)
        self._tell(partial(Composition.resume, at=at))

    def _delivering(self) -> set[str]:
        return {
            stream_id
            for stream_id, stream in self._streams.items()
            if self._expected(stream) <= self._delivered.get(stream_id, set())
        }

    def _expected(self, stream: RecordedStream) -> set[str]:
        if stream.has_video and self._settings.has_video:
            return {"video"}
        return {"audio"} if stream.has_audio and self._settings.has_audio else set()

    async def _beat(self, thread: EncodeThread) -> None:
        """Time reaches the thread through the event loop, so that a stalled loop stalls the writing too."""
        beat = time.monotonic()
        while True:
            due = time.monotonic() + BEAT_S
            await asyncio.sleep(BEAT_S)
            # A loop that is late keeps new recorders from hearing anybody.
            SHARED.report(self, time.monotonic() - due)
            beat = min(time.monotonic(), beat + MOST_PER_BEAT_S)
            self._look()
            thread.write_until(beat - PLAYOUT_DELAY_S)

    def _failed(self, loop: asyncio.AbstractEventLoop, error: Exception) -> None:
        if self._on_failure is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._on_failure, error)

    async def _stop(self, at: float) -> RecordingResult:
        if self._thread is None:
            raise RecorderError("the recorder was never started")
        if self._beats is not None:
            self._beats.cancel()
        SHARED.leave(self)
        await asyncio.gather(*(self._hang_up(stream_id) for stream_id in list(self._peers)))
        await apart(self._thread.finish, at)
        if self._thread.failure is None:
            return await apart(self._thread.result)
        rescued = await apart(recover, self._path)
        if rescued is None:
            raise RecorderError(f"nothing was recorded: {self._thread.failure!r}") from self._thread.failure
        return rescued
