"""Listens to the RTP and RTCP packets of an aiortc receiver.

aiortc's public interface gives decoded frames only, with a pts that begins at zero for every stream: too
little to bring sound and picture of one person together, or to know when a frame was taken. This module
is the only one that touches aiortc's private parts; the version is pinned and a loopback test holds it.
"""

import asyncio
import time
from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.codecs import is_rtx
from aiortc.rtp import RtcpByePacket, RtcpSrPacket, RtpPacket

from localtok.recording.receive.jitter_buffer import PatientBuffer
from localtok.recording.receive.media_clock import StreamClock
from localtok.recording.receive.reception import Reception

# How many missing packets are asked for at once.
MOST_ASKED = 64
MEND_EVERY_S = 0.15


class RtpTap:
    """Feeds a StreamClock from one receiver, translates pts, and empties the jitter buffer on demand."""

    def __init__(
        self, receiver: RTCRtpReceiver, clock: StreamClock, reception: Reception | None = None
    ) -> None:
        self._receiver: Any = receiver
        self._kind: str = receiver.track.kind
        self.clock = clock
        self._reception = reception
        self.packets = 0
        self._last: RtpPacket | None = None
        self._codec: Any = None
        self._pass_rtp = self._receiver._handle_rtp_packet
        self._pass_rtcp = self._receiver._handle_rtcp_packet
        vars(receiver).update(_handle_rtp_packet=self._on_rtp, _handle_rtcp_packet=self._on_rtcp)
        self._buffer = PatientBuffer(is_video=self._kind == "video")
        vars(receiver)["_RTCRtpReceiver__jitter_buffer"] = self._buffer

    def timestamp(self, pts: int) -> int:
        """The unwrapped RTP timestamp of a decoded frame, for the StreamClock."""
        origin = self._receiver._RTCRtpReceiver__timestamp_mapper._origin or 0
        return self.clock.unwrap((pts + origin) % (1 << 32))

    async def request_key_frame(self) -> None:
        if self._last is not None and self._kind == "video":
            await self._receiver._send_rtcp_pli(self._last.ssrc)

    async def request_lost(self, now: float) -> None:
        """Send a NACK for lost packets of a video, or go on without them after a PLI. Call it often."""
        if self._last is None:
            return
        if self._kind == "video" and (missing := self._buffer.missing()):
            await self._receiver._send_rtcp_nack(self._last.ssrc, missing[:MOST_ASKED])
        if self._buffer.give_up(now):
            await self.request_key_frame()
            self._hand_out()

    def _hand_out(self) -> None:
        """Frames that waited for a packet, all at once: aiortc takes one for each packet that comes."""
        if self._codec is None:
            return
        while (frame := self._buffer.next_frame()) is not None:
            frame.timestamp = self._receiver._RTCRtpReceiver__timestamp_mapper.map(frame.timestamp)
            self._receiver._RTCRtpReceiver__decoder_queue.put((self._codec, frame))

    def flush(self) -> None:
        """Makes the jitter buffer give out all that it holds, but for frames that are not whole."""
        while self._buffer.pass_over():
            self._hand_out()

    async def _on_rtp(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        self.packets += 1
        codec = self._receiver._RTCRtpReceiver__codecs.get(packet.payload_type)
        if codec is not None and not is_rtx(codec):
            self._codec = codec
            self.clock.rate = codec.clockRate
            self.clock.arrived(packet.timestamp, time.monotonic())
            if self._reception is not None:
                self._reception.arrived(packet.sequence_number, self.clock.unwrap(packet.timestamp))
            if self._last is None or (packet.sequence_number - self._last.sequence_number) % 65536 < 32768:
                self._last = packet
        await self._pass_rtp(packet, arrival_time_ms=arrival_time_ms)
        self._hand_out()

    async def _on_rtcp(self, packet: Any) -> None:
        if isinstance(packet, RtcpSrPacket):
            info = packet.sender_info
            self.clock.reported(info.ntp_timestamp / (1 << 32), info.rtp_timestamp)
        elif isinstance(packet, RtcpByePacket):
            self.flush()
        await self._pass_rtcp(packet)


async def keep_requesting_lost(tap: RtpTap) -> None:
    """Request lost packets until cancelled."""
    while True:
        await asyncio.sleep(MEND_EVERY_S)
        await tap.request_lost(time.monotonic())
