"""What is known of a run, as its rows say it; times in milliseconds of Unix time unless a name says media.

`rows.py` reads these from the database and `account.py` turns them into the account of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .absences import Absent
from .clocks import Bounds, Pause
from .verdicts import Estimate

# Media that begins later than this may have a clock that does not begin with the archive.
LATE_CLOCK_MS = 1000.0

State = Literal["ready", "pending", "live", "lost", "elsewhere"]


@dataclass(frozen=True)
class SegmentFacts:
    """One archive that has begun.

    Attributes:
        began_ms: when it began to record, by the platform's clock.
        rounded_ms: by how much `began_ms` may be off, either way.
        media_ms: the positions of its media: (begin, end); the end is the platform's `duration` until the
            file itself was probed, and None while neither is known.
        probed: `media_ms` is the file's own.
        ended_ms: when it ended, between two instants; None while it records.
        closed_ms: when this software asked for its end, None if it did not.
        confirmed_ms: when it was seen to record everybody, None if never.
        cause: the code (causes.py) why it ended, or why it is lost.
        detail: the platform's own words for that.
    """

    id: str
    ordinal: int
    session: str
    state: State
    began_ms: float
    media_ms: tuple[float, float | None]
    ended_ms: Bounds | None = None
    rounded_ms: float = 0.0
    probed: bool = False
    pauses: tuple[Pause, ...] = ()
    closed_ms: float | None = None
    confirmed_ms: float | None = None
    cause: str = ""
    detail: str = ""

    @property
    def zero_ms(self) -> float:
        """When its media time 0 was.

        Some recorders take their clock from elsewhere: the media begins at 4 s, or at an hour. If it would go
        on after the archive's end, it is its beginning that belongs to `began_ms`.
        """
        begin, end = self.media_ms
        if end is None or self.ended_ms is None or begin < LATE_CLOCK_MS or not self.probed:
            return self.began_ms
        stood_ms = sum(sum(each.until) - sum(each.since) for each in self.pauses if each.until) / 2
        recorded_ms = self.ended_ms[1] - self.began_ms - stood_ms
        return self.began_ms - begin if end - recorded_ms > begin / 2 else self.began_ms

    @property
    def has_length(self) -> bool:
        """It may hold media."""
        begin, end = self.media_ms
        return end is None or end > begin


@dataclass(frozen=True)
class RunFacts:
    """Attributes:
    live: it records, or should record.
    finished: neither further segments nor files are expected.
    now_ms: bounds what is still growing.
    estimates: those measured in the media, by the ids of the earlier and the later segment.
    published: when anybody published or was cut off, in order; None if the platform reported no streams.
    published_in: the same by session, and `cut_off` for those whose connection was lost.
    """

    segments: tuple[SegmentFacts, ...]
    now_ms: float
    live: bool = False
    finished: bool = True
    stop_requested_ms: float | None = None
    estimates: Mapping[tuple[str, str], tuple[Estimate, ...]] = field(default_factory=dict)
    absences: tuple[Absent, ...] = ()
    published: tuple[tuple[int, int], ...] | None = None
    published_in: Mapping[str, list[tuple[int, int]]] = field(default_factory=dict)
