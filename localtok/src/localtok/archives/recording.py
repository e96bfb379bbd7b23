"""One running archive: its recorder, and a WebRTC peer of every stream that it records."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from localtok.archives.archive import Archive
from localtok.process.tasks import Tasks
from localtok.recording.compose.presentation import Layout
from localtok.recording.individual import IndividualRecorder, IndividualStream
from localtok.recording.recorder import RecordedStream, Recorder, RecorderError, RecordingResult
from localtok.sessions.sessions import Stream

log = logging.getLogger(__name__)

OFFER_TIMEOUT_S = 5.0
RETRY_DELAYS_S = (0.0, 0.5, 1.0, 2.0)

Tell = Callable[[str, dict[str, Any]], None]
# Seconds by which the recorder is late in asking for this stream, if a fault says so.
Late = Callable[[Stream], float]
# Both are used in the same way: one composes a picture of all streams, the other keeps each apart.
AnyRecorder = Recorder | IndividualRecorder


class RecorderPeer:
    """One attempt to receive a stream: the publisher's offer to come, and the failure that may follow."""

    def __init__(self, stream: Stream) -> None:
        self.id = str(uuid.uuid4())
        self.stream = stream
        loop = asyncio.get_running_loop()
        self.offer: asyncio.Future[str] = loop.create_future()
        self.failed: asyncio.Future[str] = loop.create_future()


class Recording:
    """`tell(connection_id, message)` sends to a publisher's page."""

    def __init__(self, archive: Archive, recorder: AnyRecorder, tell: Tell, tasks: Tasks, late: Late) -> None:
        self._archive = archive
        self._archive_id = archive.id
        self._recorder = recorder
        self._tell = tell
        self._tasks = tasks
        self._late = late
        self._ready = asyncio.Event()
        self._attached: dict[str, asyncio.Task[None]] = {}
        self._peers: dict[str, RecorderPeer] = {}
        self._closed = False
        self._paused = False

    async def open(self, streams: Sequence[Stream], timeout_s: float) -> set[str]:
        """Starts the recorder; returns the ids of the streams that delivered media within `timeout_s`."""
        try:
            await self._recorder.start()
        finally:
            self._ready.set()
        wanted = {stream.id for stream in streams if stream.media}
        for stream in streams:
            self.add(stream)
        if not wanted:
            return set()
        return await self._recorder.wait_for_media(wanted, timeout_s)

    @property
    def began_at_ms(self) -> int | None:
        return self._recorder.began_at_ms

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    def add(self, stream: Stream) -> None:
        if stream.media and not self._closed and stream.id not in self._attached:
            work = self._keep_attached(stream)
            self._attached[stream.id] = self._tasks.spawn(work, f"record stream {stream.id}")

    def remove(self, stream_id: str) -> None:
        task = self._attached.pop(stream_id, None)
        if task is not None:
            task.cancel()

    def update(self, stream: Stream) -> None:
        if stream.id in self._attached and self.ready:
            self._recorder.update(recorded(stream, self._archive))

    def set_layout(self, layout: Layout) -> None:
        if not isinstance(self._recorder, IndividualRecorder):
            self._recorder.set_layout(layout)

    def offered(self, peer_id: str, sdp: str) -> bool:
        """Takes a publisher's offer; False when nobody waits for it."""
        peer = self._peers.get(peer_id)
        if peer is None or peer.offer.done():
            return False
        peer.offer.set_result(sdp)
        return True

    def failed(self, peer_id: str, reason: str) -> None:
        peer = self._peers.get(peer_id)
        if peer is not None and not peer.failed.done():
            peer.failed.set_result(reason)

    def hears(self, streams: Iterable[Stream]) -> bool:
        """Whether media of any of these arrives. A stream that says it has none, or that this archive was
        not asked to record, counts by being there."""
        heard = self._recorder.heard
        return any(not self._expects(stream) or stream.id in heard for stream in streams)

    def awaits(self, streams: Sequence[Stream]) -> bool:
        """Whether there are streams to record and media of none has arrived yet."""
        return bool(streams) and not self.hears(streams)

    def hears_nothing(self, streams: Sequence[Stream]) -> bool:
        """Whether none arrives of those that should. With sound and picture off none has to."""
        return self.awaits(streams) and any(each.has_audio or each.has_video for each in streams)

    def _expects(self, stream: Stream) -> bool:
        return stream.media and self._archive.records(stream.id) is not None

    async def pause(self) -> None:
        if not self._paused:
            self._paused = True
            await self._recorder.pause()

    async def resume(self) -> None:
        if self._paused:
            self._paused = False
            await self._recorder.resume()

    async def close(self) -> RecordingResult:
        """Finishes the file first, so that what is still on its way is not cut off with the peers."""
        self._closed = True
        await self._ready.wait()
        try:
            return await self._recorder.stop()
        finally:
            for stream_id in list(self._attached):
                self.remove(stream_id)

    async def _keep_attached(self, stream: Stream) -> None:
        # Ends when the stream or the recording does: `remove` cancels it.
        await self._ready.wait()
        await asyncio.sleep(self._late(stream))
        attempt = 0
        while not self._closed:
            await asyncio.sleep(RETRY_DELAYS_S[min(attempt, len(RETRY_DELAYS_S) - 1)])
            attempt += 1
            peer = RecorderPeer(stream)
            self._peers[peer.id] = peer
            try:
                await self._attach(peer)
                attempt = 1
                log.warning("archive %s: stream %s: %s", self._archive_id, stream.id, await peer.failed)
            except (TimeoutError, RecorderError) as error:
                log.warning("archive %s: stream %s not recorded: %r", self._archive_id, stream.id, error)
            finally:
                del self._peers[peer.id]
                self._tell(stream.connection_id, {"event": "recordEnd", "peer": peer.id})
                if not self._closed:
                    await self._recorder.detach(stream.id)

    async def _attach(self, peer: RecorderPeer) -> None:
        request = {
            "event": "record",
            "peer": peer.id,
            "streamId": peer.stream.id,
            "archiveId": self._archive_id,
        }
        self._tell(peer.stream.connection_id, request)
        async with asyncio.timeout(OFFER_TIMEOUT_S):
            offer = await peer.offer
        answer = await self._recorder.attach(recorded(peer.stream, self._archive), offer)
        self._tell(peer.stream.connection_id, {"event": "recordAnswer", "peer": peer.id, "sdp": answer})


def recorded(stream: Stream, archive: Archive) -> RecordedStream:
    """The stream as its recorder sees it: what is not chosen in manual stream mode is not there."""
    sound, picture = archive.records(stream.id) or (False, False)
    return IndividualStream(
        stream_id=stream.id,
        name=stream.name,
        has_audio=stream.has_audio and sound,
        has_video=stream.has_video and picture,
        video_type=stream.video_type,
        connection_data=stream.connection_data,
        layout_classes=tuple(stream.layout_classes),
        kinds=frozenset(kind for kind, kept in (("audio", sound), ("video", picture)) if kept),
    )
