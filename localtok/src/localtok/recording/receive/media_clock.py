"""Maps RTP time to the recorder's own monotonic seconds. Pure: the caller gives every instant.

A packet cannot arrive before it was captured, so the smallest `arrival - RTP time` of the last seconds is
the best guess of the offset between both clocks: bursts and stalls only ever add to it. Sender reports
(RFC 3550, 6.4.1) tell how the audio and the video clock of one peer relate, so both then share one offset.
"""

from collections import deque

# Long enough to contain an undisturbed packet, short enough that 100 ppm of drift stay under 1.5 ms.
WINDOW_S = 15.0
# Before this much has been seen nothing has been composed yet (the playout delay), so the guess may jump.
SETTLE_S = 0.8
# Later it moves slowly: a picture of 80 ms stays longer than a tick, and sound is stretched inaudibly.
SLEW = 0.004


class LowerEnvelope:
    """The minimum of samples of the last WINDOW_S seconds, kept as one minimum per second."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, float]] = deque()

    def add(self, value: float, now: float) -> None:
        second = int(now)
        if self._seconds and self._seconds[-1][0] == second:
            value = min(value, self._seconds.pop()[1])
        self._seconds.append((second, value))
        while self._seconds[0][0] < second - WINDOW_S:
            self._seconds.popleft()

    @property
    def value(self) -> float | None:
        return min((value for _, value in self._seconds), default=None)


class PeerClock:
    """What the streams of one peer share: the offset between the sender's wall clock and ours."""

    def __init__(self) -> None:
        self.envelope = LowerEnvelope()


class StreamClock:
    """The clock of one RTP stream; `rate` in ticks a second."""

    def __init__(self, peer: PeerClock, rate: int) -> None:
        self.rate = rate
        self._peer = peer
        self._own = LowerEnvelope()
        self._last_timestamp: int | None = None
        self._unwrapped = 0
        self._sender_offset: float | None = None
        self._first_arrival: float | None = None
        self._moved_at = 0.0
        self._offset: float | None = None

    def arrived(self, timestamp: int, now: float) -> None:
        """A packet with this RTP timestamp came at `now`."""
        if timestamp == self._last_timestamp:
            return
        seconds = self._advance(timestamp) / self.rate
        self._own.add(now - seconds, now)
        if self._sender_offset is not None:
            self._peer.envelope.add(now - seconds - self._sender_offset, now)
        self._move(now)

    def reported(self, ntp_s: float, timestamp: int) -> None:
        """A sender report: at the sender's wall clock `ntp_s` its RTP clock showed `timestamp`."""
        if self._last_timestamp is not None:
            self._sender_offset = ntp_s - self.unwrap(timestamp) / self.rate

    def unwrap(self, timestamp: int) -> int:
        """The timestamp without its 32-bit wrap, as the one nearest to the newest seen."""
        if self._last_timestamp is None:
            return timestamp
        step = (timestamp - self._last_timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
        return self._unwrapped + step

    def at(self, timestamp: int) -> float:
        """Our monotonic seconds at which `timestamp` (unwrapped) was captured."""
        if self._offset is None:
            raise ValueError("no packet has arrived yet")
        return timestamp / self.rate + self._offset

    def _advance(self, timestamp: int) -> int:
        unwrapped = self.unwrap(timestamp)
        if self._last_timestamp is None or unwrapped > self._unwrapped:
            self._last_timestamp, self._unwrapped = timestamp, unwrapped
        return unwrapped

    def _target(self) -> float:
        shared = self._peer.envelope.value
        if self._sender_offset is not None and shared is not None:
            return shared + self._sender_offset
        own = self._own.value
        assert own is not None  # noqa: S101 - arrived() has just added a sample
        return own

    def _move(self, now: float) -> None:
        target = self._target()
        if self._first_arrival is None:
            self._first_arrival = now
        if self._offset is None or now - self._first_arrival < SETTLE_S:
            self._offset = target
        else:
            most = SLEW * (now - self._moved_at)
            self._offset += max(-most, min(most, target - self._offset))
        self._moved_at = now
