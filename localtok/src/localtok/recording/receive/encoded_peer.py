"""One WebRTC connection that receives a published stream and hands its frames on as they are, encoded."""

from __future__ import annotations

import queue
from collections.abc import Callable
from functools import partial
from typing import Any

from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)

from localtok.process.tasks import Tasks
from localtok.recording.receive.media_clock import PeerClock, StreamClock
from localtok.recording.receive.rtp_tap import RtpTap, keep_requesting_lost

RATES = {"video": 90_000, "audio": 48_000}
CODECS = {"video": "video/VP8", "audio": "audio/opus"}

# (kind, when it was taken in monotonic seconds, its bytes)
OnFrame = Callable[[str, Callable[[], float], bytes], None]


class DecoderQueue:
    """Stands in for the queue between aiortc's receiver and its decoder: frames go to us, and the decoder
    hears only that it is over. As `rtp_tap`, it touches private parts of aiortc; a loopback test holds it."""

    def __init__(self, take: Callable[[Any, Any], None]) -> None:
        self._take = take
        self._ends: queue.SimpleQueue[None] = queue.SimpleQueue()

    def put(self, item: tuple[Any, Any] | None) -> None:
        if item is None:
            self._ends.put(None)
        else:
            self._take(*item)

    def get(self) -> None:
        return self._ends.get()


class EncodedPeer:
    def __init__(self, kinds: set[str], on_frame: OnFrame) -> None:
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._kinds = kinds
        self._on_frame = on_frame
        self._clock = PeerClock()
        self._taps: list[RtpTap] = []
        self._tasks = Tasks()

    async def answer(self, offer_sdp: str) -> str:
        """The complete answer to a complete offer. Raises ValueError or what aiortc raises when it is not."""
        await self._connection.setRemoteDescription(RTCSessionDescription(offer_sdp, "offer"))
        for receiver in self._connection.getReceivers():
            self._listen(receiver)
        if not self._taps:
            raise ValueError("the offer has neither sound nor picture to receive")
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return str(self._connection.localDescription.sdp)

    @property
    def packets(self) -> int:
        """The number of RTP packets that have arrived."""
        return sum(tap.packets for tap in self._taps)

    async def close(self) -> None:
        for tap in self._taps:
            tap.flush()
        await self._connection.close()
        await self._tasks.close()

    def _listen(self, receiver: RTCRtpReceiver) -> None:
        if receiver.track is None:
            return
        kind = receiver.track.kind
        tap = RtpTap(receiver, StreamClock(self._clock, RATES[kind]))
        self._taps.append(tap)
        self._tasks.spawn(keep_requesting_lost(tap), f"missing {kind} of an individual stream")
        frames = DecoderQueue(partial(self._take, kind, tap))
        vars(receiver)["_RTCRtpReceiver__decoder_queue"] = frames

    def _take(self, kind: str, tap: RtpTap, codec: Any, frame: Any) -> None:
        if kind in self._kinds and codec.mimeType == CODECS[kind] and frame.data:
            timestamp = tap.timestamp(frame.timestamp)
            self._on_frame(kind, partial(tap.clock.at, timestamp), bytes(frame.data))
