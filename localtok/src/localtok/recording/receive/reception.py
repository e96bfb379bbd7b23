"""What came of one video stream, from its packets: tells a camera that stood still from a lost picture."""

from collections import deque
from dataclasses import dataclass

from localtok.recording.receive.media_clock import StreamClock

# A camera of 15 pictures a second or more never pauses for so long by itself.
STANDSTILL_S = 0.09
# The newest are kept: a day of a bad camera must not fill the memory.
MOST_STANDSTILLS = 5000


@dataclass(frozen=True)
class Standstill:
    """The sender took no picture for `ms`, after the one at `at_ms` of the recording."""

    at_ms: int
    ms: int


class Reception:
    """Counts packets and pictures as they arrive, before anything is decoded."""

    def __init__(self, clock: StreamClock) -> None:
        self._clock = clock
        self._first: int | None = None
        self._last: int | None = None
        self._first_number: int | None = None
        self._newest_number = 0
        self._standstills: deque[tuple[int, int]] = deque(maxlen=MOST_STANDSTILLS)
        self.packets = 0
        self.pictures = 0

    def arrived(self, sequence_number: int, timestamp: int) -> None:
        """One packet; `timestamp` is unwrapped. A late one of an older picture counts as a packet only."""
        self.packets += 1
        self._follow(sequence_number)
        if self._last is not None and timestamp <= self._last:
            return
        self.pictures += 1
        if self._first is None:
            self._first = timestamp
        if self._last is not None and timestamp - self._last >= STANDSTILL_S * self._clock.rate:
            self._standstills.append((self._last, timestamp))
        self._last = timestamp

    @property
    def lost(self) -> int:
        """Packets that never came, up to the newest; one that came twice hides one that did not."""
        if self._first_number is None:
            return 0
        return max(0, self._newest_number - self._first_number + 1 - self.packets)

    def first_ms(self, base_s: float) -> int | None:
        """When the first picture was taken, in media time after `base_s`."""
        return None if self._first is None else round(1000 * (self._clock.at(self._first) - base_s))

    def standstills(self, base_s: float) -> list[Standstill]:
        """In media time after `base_s`, the media second at which the recording begins."""
        spans = [(self._clock.at(start), self._clock.at(end)) for start, end in list(self._standstills)]
        return [
            Standstill(round(1000 * (start - base_s)), round(1000 * (end - start))) for start, end in spans
        ]

    def _follow(self, number: int) -> None:
        if self._first_number is None:
            self._first_number = self._newest_number = number
            return
        step = (number - self._newest_number + (1 << 15)) % (1 << 16) - (1 << 15)
        self._newest_number += max(0, step)
