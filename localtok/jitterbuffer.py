"""Puts the packets of a video stream in order, and goes on without those that never come.

aiortc's own buffer waits for a missing packet until 512 newer ones have come, which for a small picture is
half a minute, and takes a packet that comes a second time very late for a new beginning. Pure.
"""

from __future__ import annotations

from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket

CAPACITY = 512
# What is behind by more than this is a sender that began anew, not a packet that comes late or twice.
MOST_LATE = 3000
# Every frame waits for what is missing before it. A recording can: it is composed 1.5 s behind.
PATIENCE_S = 0.7


class VideoBuffer(JitterBuffer):
    def __init__(self) -> None:
        super().__init__(capacity=CAPACITY, is_video=True)
        self._newest = 0
        self._waiting_for: int | None = None
        self._waiting_since = 0.0

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

    def missing(self) -> list[int]:
        """The sequence numbers that hold frames back."""
        if self._origin is None:
            return []
        span = range(max(0, min(self.capacity, _ahead(self._newest, self._origin))))
        numbers = [(self._origin + ahead) % 65536 for ahead in span]
        return [number for number in numbers if self._packets[number % self.capacity] is None]

    def give_up(self, now: float) -> bool:
        """After PATIENCE_S of waiting for one packet, goes on at the next frame that has begun since."""
        missing = self.missing()
        first = missing[0] if missing else None
        if first != self._waiting_for:
            self._waiting_for, self._waiting_since = first, now
        if first is None or self._origin is None or now - self._waiting_since < PATIENCE_S:
            return False
        for ahead in range(_ahead(first, self._origin) + 1, self.capacity):
            packet = self._packets[(self._origin + ahead) % self.capacity]
            if packet is not None and _begins_frame(packet):
                self.remove(ahead)
                return True
        return False


def _ahead(number: int, other: int) -> int:
    """How far `number` is ahead of `other`, both of 16 bits; negative when it is behind."""
    return (number - other + (1 << 15)) % (1 << 16) - (1 << 15)


def _begins_frame(packet: RtpPacket) -> bool:
    """VP8's payload descriptor: the start of the first partition (RFC 7741, 4.2)."""
    return bool(packet.payload) and packet.payload[0] & 0x17 == 0x10
