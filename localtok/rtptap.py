"""Listens to the RTP and RTCP packets of an aiortc receiver.

aiortc's public interface gives decoded frames only, with a pts that begins at zero for every stream: too
little to bring sound and picture of one person together, or to know when a frame was taken. This module
is the only one that touches aiortc's private parts; the version is pinned and a loopback test holds it.
"""

import time
from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.codecs import is_rtx
from aiortc.rtp import RtcpByePacket, RtcpSrPacket, RtpPacket

from localtok.mediaclock import StreamClock
from localtok.reception import Reception

# aiortc's audio jitter buffer holds four frames back, its video one the frame whose successor is not there.
HELD_AUDIO_FRAMES, HELD_VIDEO_FRAMES = 4, 1


class RtpTap:
    """Feeds a StreamClock from one receiver, translates pts, and empties the jitter buffer on demand."""

    def __init__(
        self, receiver: RTCRtpReceiver, clock: StreamClock, reception: Reception | None = None
    ) -> None:
        self._receiver: Any = receiver
        self._kind: str = receiver.track.kind
        self.clock = clock
        self._reception = reception
        self._last: RtpPacket | None = None
        self._pass_rtp = self._receiver._handle_rtp_packet
        self._pass_rtcp = self._receiver._handle_rtcp_packet
        vars(receiver).update(_handle_rtp_packet=self._on_rtp, _handle_rtcp_packet=self._on_rtcp)

    def timestamp(self, pts: int) -> int:
        """The unwrapped RTP timestamp of a decoded frame, for the StreamClock."""
        origin = self._receiver._RTCRtpReceiver__timestamp_mapper._origin or 0
        return self.clock.unwrap((pts + origin) % (1 << 32))

    async def request_key_frame(self) -> None:
        if self._last is not None and self._kind == "video":
            await self._receiver._send_rtcp_pli(self._last.ssrc)

    async def flush(self) -> None:
        """Makes the jitter buffer give out the last frames it holds, when they are complete."""
        last, self._last = self._last, None
        if last is None or (self._kind == "video" and not last.marker):
            return
        for ahead in range(1, 1 + (HELD_VIDEO_FRAMES if self._kind == "video" else HELD_AUDIO_FRAMES)):
            follower = RtpPacket(
                payload_type=last.payload_type,
                sequence_number=(last.sequence_number + ahead) % (1 << 16),
                timestamp=(last.timestamp + ahead) % (1 << 32),
                ssrc=last.ssrc,
            )
            await self._pass_rtp(follower, arrival_time_ms=0)

    async def _on_rtp(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        codec = self._receiver._RTCRtpReceiver__codecs.get(packet.payload_type)
        if codec is not None and not is_rtx(codec):
            self.clock.rate = codec.clockRate
            self.clock.arrived(packet.timestamp, time.monotonic())
            if self._reception is not None:
                self._reception.arrived(packet.sequence_number, self.clock.unwrap(packet.timestamp))
            if self._last is None or (packet.sequence_number - self._last.sequence_number) % 65536 < 32768:
                self._last = packet
        await self._pass_rtp(packet, arrival_time_ms=arrival_time_ms)

    async def _on_rtcp(self, packet: Any) -> None:
        if isinstance(packet, RtcpSrPacket):
            info = packet.sender_info
            self.clock.reported(info.ntp_timestamp / (1 << 32), info.rtp_timestamp)
        elif isinstance(packet, RtcpByePacket):
            await self.flush()
        await self._pass_rtcp(packet)
