"""Puts the packets of a stream in order, and goes on without those that never come.

aiortc's own buffer for pictures waits for a missing packet until 512 newer ones have come, which for a small
picture is half a minute, and takes a packet that comes a second time very late for a new beginning. That for
sound gives out one frame for each that comes, so what once waited stays behind until the end, and is lost
there. Pure.
"""

from __future__ import annotations

from collections import deque

from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket

CAPACITY = 512
# What is behind by more than this is a sender that began anew, not a packet that comes late or twice.
MOST_LATE = 3000
# Every frame waits for what is missing before it. A recording can: it is composed 1.5 s behind.
PATIENCE_S = 0.7
# Nobody sends sound again: this long a packet may be overtaken.
SOUND_PATIENCE_S = 0.3
# At several a second, many times as long as anything is waited for.
MOST_LOOKS = 64


class PatientBuffer(JitterBuffer):
    def __init__(self, is_video: bool) -> None:
        super().__init__(capacity=CAPACITY, is_video=is_video)
        self._patience_s = PATIENCE_S if is_video else SOUND_PATIENCE_S
        self._newest = 0
        # The newest packet at each look, as far back as packets are waited for.
        self._looks: deque[tuple[float, int]] = deque(maxlen=MOST_LOOKS)

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """(whether a key frame is needed, the next frame if it is complete)"""
        number = packet.sequence_number
        behind = 0 if self._origin is None else _ahead(self._origin, number)
        if 0 < behind <= MOST_LATE:
            return False, None
        if self._origin is None or behind > MOST_LATE or _ahead(number, self._newest) > 0:
            self._newest = number
        added: tuple[bool, JitterFrame | None] = super().add(packet)
        return added

    def next_frame(self) -> JitterFrame | None:
        """A further frame that became complete with the last packet."""
        return self._remove_frame(self._newest) if self._origin is not None else None

    def _remove_frame(self, sequence_number: int) -> JitterFrame | None:
        """The frame that is due, if it is whole. Padding has no frame of its own: to a decoder it would be
        the end of the stream."""
        while packets := self._first_frame():
            self.remove(len(packets))
            data = b"".join(packet._data for packet in packets)  # type: ignore[attr-defined]
            if data:
                return JitterFrame(data, packets[0].timestamp)
        return None

    def _first_frame(self) -> list[RtpPacket]:
        """All packets of the frame that is due, or none while it is not whole."""
        assert self._origin is not None  # noqa: S101 - callers have looked
        packets: list[RtpPacket] = []
        for ahead in range(self.capacity):
            packet = self._packets[(self._origin + ahead) % self.capacity]
            if packet is None:
                whole = bool(packets) and (packets[-1].marker == 1 or not self._is_video)
                return packets if whole else []
            if packets and packet.timestamp != packets[0].timestamp:
                return packets
            packets.append(packet)
        return []

    def missing(self) -> list[int]:
        """The sequence numbers that hold frames back."""
        if self._origin is None:
            return []
        span = range(max(0, min(self.capacity, _ahead(self._newest, self._origin))))
        numbers = [(self._origin + ahead) % 65536 for ahead in span]
        return [number for number in numbers if self._packets[number % self.capacity] is None]

    def give_up(self, now: float) -> bool:
        """To be called several times a second: what has been missed for too long is passed over."""
        self._looks.append((now, self._newest))
        missing = self.missing()
        if not missing:
            self._looks.clear()
            return False
        while len(self._looks) > 1 and _ahead(self._looks[0][1], missing[0]) < 0:
            self._looks.popleft()
        return now - self._looks[0][0] >= self._patience_s and self.pass_over()

    def pass_over(self) -> bool:
        """Goes on at the next frame that has begun after what is missing first; False when there is none."""
        missing = self.missing()
        if not missing or self._origin is None:
            return False
        for ahead in range(_ahead(missing[0], self._origin) + 1, self.capacity):
            packet = self._packets[(self._origin + ahead) % self.capacity]
            if packet is not None and (not self._is_video or _begins_frame(packet)):
                self.remove(ahead)
                return True
        return False


def _ahead(number: int, other: int) -> int:
    """How far `number` is ahead of `other`, both of 16 bits; negative when it is behind."""
    return (number - other + (1 << 15)) % (1 << 16) - (1 << 15)


def _begins_frame(packet: RtpPacket) -> bool:
    """VP8's payload descriptor: the start of the first partition (RFC 7741, 4.2)."""
    return bool(packet.payload) and packet.payload[0] & 0x17 == 0x10
