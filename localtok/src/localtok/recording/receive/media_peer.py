"""One WebRTC connection that receives one published stream and hands its frames on, with their times."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

from localtok.process.tasks import Tasks
from localtok.recording.receive.feed import Feed
from localtok.recording.receive.media_clock import PeerClock, StreamClock
from localtok.recording.receive.rtp_tap import RtpTap, keep_requesting_lost
from localtok.recording.write.encoder import Command

log = logging.getLogger(__name__)

KEY_FRAME_PATIENCE_S = 1.0
KEY_FRAME_REQUESTS = 10
# Decoders empty their queues when a connection closes; a second is many times what that takes.
DRAIN_TIMEOUT_S = 3.0
# Chromium begins with 300 kb/s and a smaller picture. Recorder and camera are on one network or one machine.
BITRATES = "x-google-start-bitrate=1800;x-google-min-bitrate=400;x-google-max-bitrate=3000"


class MediaPeer:
    """`post` takes work for the encode thread, `on_media(kind)` is told of the first frame of each kind."""

    def __init__(
        self, stream_id: str, post: Callable[[Command], None], on_media: Callable[[str], None]
    ) -> None:
        # No STUN server: candidates of this host are what a recorder on the server's own network has.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.on("connectionstatechange", self._log_state)
        self._stream_id = stream_id
        self._post = post
        self._on_media = on_media
        self._clock = PeerClock()
        self._taps: dict[str, RtpTap] = {}
        self._consumers: list[asyncio.Task[None]] = []
        self._tasks = Tasks()
        self.feed = Feed(stream_id, StreamClock(self._clock, 90_000), StreamClock(self._clock, 48_000))

    async def answer(self, offer_sdp: str) -> str:
        """The answer to a complete offer. Raises ValueError, or what aiortc raises, when it is none."""
        await self._connection.setRemoteDescription(RTCSessionDescription(offer_sdp, "offer"))
        for receiver in self._connection.getReceivers():
            self._consume(receiver)
        if not self._consumers:
            raise ValueError("the offer has neither sound nor picture to receive")
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return _for_full_quality(self._connection.localDescription.sdp)

    @property
    def packets(self) -> int:
        """The number of RTP packets that have arrived."""
        return sum(tap.packets for tap in self._taps.values())

    async def close(self) -> None:
        """Ends the connection after everything that has arrived was handed on."""
        for tap in self._taps.values():
            tap.flush()
        await self._connection.close()
        if self._consumers:
            await asyncio.wait(self._consumers, timeout=DRAIN_TIMEOUT_S)
        await self._tasks.close()

    def _consume(self, receiver: RTCRtpReceiver) -> None:
        kind = receiver.track.kind if receiver.track else None
        if kind is None or kind in self._taps:
            return
        reception = self.feed.reception if kind == "video" else None
        self._taps[kind] = tap = RtpTap(receiver, self.feed.clock(kind), reception)
        self._tasks.spawn(keep_requesting_lost(tap), f"missing {kind} of {self._stream_id}")
        work = self._pictures(tap, receiver.track) if kind == "video" else self._sound(tap, receiver.track)
        self._consumers.append(self._tasks.spawn(work, f"{kind} of {self._stream_id}"))

    async def _pictures(self, tap: RtpTap, track: MediaStreamTrack) -> None:
        hurry = self._tasks.spawn(_hurry_key_frame(tap), f"key frame of {self._stream_id}")
        first = True
        while (frame := await _next(track)) is not None:
            if first:
                hurry.cancel()
                self._on_media("video")
                first = False
            if isinstance(frame, VideoFrame) and frame.pts is not None:
                self._post(partial(_add_picture, self.feed, tap.timestamp(frame.pts), frame))

    async def _sound(self, tap: RtpTap, track: MediaStreamTrack) -> None:
        first = True
        while (frame := await _next(track)) is not None:
            if first:
                self._on_media("audio")
                first = False
            if isinstance(frame, AudioFrame) and frame.pts is not None:
                self._post(partial(_add_sound, self.feed, tap.timestamp(frame.pts), frame))

    async def _log_state(self) -> None:
        log.info("recorder of stream %s: %s", self._stream_id, self._connection.connectionState)


async def _next(track: MediaStreamTrack) -> object | None:
    try:
        frame: object = await track.recv()
    except MediaStreamError:
        return None
    return frame


async def _hurry_key_frame(tap: RtpTap) -> None:
    """A connection whose first key frame was lost would wait for one as long as the sender likes."""
    for _ in range(KEY_FRAME_REQUESTS):
        await asyncio.sleep(KEY_FRAME_PATIENCE_S)
        await tap.request_key_frame()


def _add_picture(feed: Feed, timestamp: int, frame: VideoFrame, _composition: object) -> None:
    feed.pictures.add(timestamp, frame)


def _add_sound(feed: Feed, timestamp: int, frame: AudioFrame, _composition: object) -> None:
    feed.add_sound(timestamp, frame)


def _for_full_quality(sdp: str) -> str:
    """Tells Chromium, by the parameters it knows, to begin with a full picture instead of growing to it.

    aiortc's bandwidth estimate (REMB) never exceeds by much what is being sent, so a quiet picture would
    hold the rate down for the lively one that follows. Without it Chromium goes by the reported loss.
    """
    lines = []
    in_video = False
    for line in sdp.splitlines():
        if line.startswith("m="):
            in_video = line.startswith("m=video")
        if in_video and (line.endswith("/abs-send-time") or line.endswith(" goog-remb")):
            continue
        if in_video and line.startswith("a=fmtp:") and "apt=" not in line:
            line = f"{line};{BITRATES}"
        lines.append(line)
        if in_video and line.startswith("a=rtpmap:") and " VP8/" in line:
            payload = line.removeprefix("a=rtpmap:").split(" ")[0]
            lines.append(f"a=fmtp:{payload} {BITRATES}")
    return "\r\n".join(lines) + "\r\n"
