"""Chooses the picture of a stream for each instant of the recording, without losing one. Pure."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Picture = TypeVar("Picture")

# What a camera saw for 80 ms is never jumped over by a jump this long; the last digit is for rounding.
CATCH_UP_S = 0.080001
# About 12 s at 25 fps, and less of large pictures. Beyond that the encode thread is hopelessly behind and
# memory comes first.
MOST_WAITING, MOST_WAITING_BYTES = 300, 300_000_000


@dataclass
class PlayoutCounts:
    """Pictures of one stream: `passed_over` never stood on a canvas because newer ones were due."""

    received: int = 0
    shown: int = 0
    passed_over: int = 0
    overflowed: int = 0


class Playout(Generic[Picture]):
    """A queue of pictures by RTP time; `clock` maps that time to media seconds as late as possible."""

    def __init__(self, clock: Callable[[int], float], weigh: Callable[[Picture], int] = lambda _: 1) -> None:
        """`weigh` says how many bytes a picture is."""
        self._clock = clock
        self._weigh = weigh
        self._waiting: deque[tuple[int, Picture]] = deque()
        self._current: tuple[int, Picture] | None = None
        self.counts = PlayoutCounts()

    def add(self, timestamp: int, picture: Picture) -> None:
        self.counts.received += 1
        if self._newest is not None and timestamp <= self._newest:
            self.counts.passed_over += 1
            return
        if len(self._waiting) >= min(MOST_WAITING, MOST_WAITING_BYTES // self._weigh(picture)):
            self._waiting.popleft()
            self.counts.overflowed += 1
        self._waiting.append((timestamp, picture))

    def next_at(self) -> float | None:
        """Media time of the oldest picture not yet chosen."""
        return self._clock(self._waiting[0][0]) if self._waiting else None

    def advance(self, media_s: float) -> Picture | None:
        """The picture to change to at `media_s`, or None to keep the present one.

        Pictures that come later than their time are not jumped over: they follow one another faster than
        they were taken, until the stream is on time again.
        """
        chosen = None
        horizon = min(media_s, self._reach())
        while self._waiting and self._clock(self._waiting[0][0]) <= horizon:
            if chosen is not None:
                self.counts.passed_over += 1
            chosen = self._waiting.popleft()
        if chosen is None:
            return None
        self._current = chosen
        self.counts.shown += 1
        return chosen[1]

    def skip_to(self, media_s: float) -> None:
        """Forget what is older than `media_s`, for the time a recording is paused."""
        while len(self._waiting) > 1 and self._clock(self._waiting[1][0]) <= media_s:
            self._current = self._waiting.popleft()

    def __len__(self) -> int:
        return len(self._waiting)

    def _reach(self) -> float:
        if not self._waiting or self._current is None:
            return float("inf")
        return max(self._clock(self._current[0]) + CATCH_UP_S, self._clock(self._waiting[0][0]))

    @property
    def _newest(self) -> int | None:
        newest = self._waiting[-1] if self._waiting else self._current
        return newest[0] if newest else None
