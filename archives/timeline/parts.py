"""What a timeline is made of and what it is."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

from .clocks import Break, elapsed_ms

State = Literal["ready", "pending", "lost"]


@dataclass(frozen=True)
class Piece:
    """One archive. `wall_ms` is when its media time 0 was, by the platform's clock (good to about a second).

    `state`: `ready` has media from `begin_ms` to `end_ms` of its media clock; `pending` may have it later;
    `lost` never will. `cause` is the code (causes.py) why it ended or is lost. `breaks`, in order, are where
    its recorder stood still: its media clock did, and the wall clock did not. `whole_ms` is when, by the wall
    clock, it was seen to record everybody; None if it never was.
    """

    id: str
    session: str
    wall_ms: float
    end_ms: float
    begin_ms: float = 0
    state: State = "ready"
    cause: str = ""
    breaks: tuple[Break, ...] = ()
    whole_ms: float | None = None

    def elapsed_ms(self, media_ms: float) -> float:
        """Wall-clock time since `wall_ms` at this position of the media."""
        return elapsed_ms(self.breaks, media_ms)


@dataclass(frozen=True)
class Join:
    """A measured seam: media time 0 of `later` is at `offset_ms` of the media clock of `earlier`."""

    earlier: str
    later: str
    offset_ms: float
    confidence: float = 1.0


@dataclass(frozen=True)
class Hole:
    """A stretch of wall-clock time that is known not to have been recorded, and the code of its cause."""

    from_ms: float
    until_ms: float
    cause: str


@dataclass(frozen=True)
class Span:
    """A part of the run: `segment` between `in_ms` and `out_ms` of its media, or a gap (0 to its length).

    `causes`: codes (causes.py) why nothing is there, the one that began first before the others.

    `change_from_ms` to `change_until_ms` (of the run) is where one may as well change from the span before
    to this one, both showing the same; they are None at the run's start and next to a gap.

    `pictures_early_ms`: by how much its pictures come before their sound, beside the rest of the run.
    """

    kind: Literal["segment", "gap"]
    segment: str | None
    session: str | None
    start_ms: int
    in_ms: int
    out_ms: int
    causes: tuple[str, ...] = ()
    change_from_ms: int | None = None
    change_until_ms: int | None = None
    pictures_early_ms: int = 0

    @property
    def length_ms(self) -> int:
        return self.out_ms - self.in_ms

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.length_ms


@dataclass(frozen=True)
class Timeline:
    """Spans in order, each beginning where the one before ends; `began_at_ms` is the wall clock at 0."""

    spans: tuple[Span, ...]
    began_at_ms: int

    @property
    def duration_ms(self) -> int:
        return self.spans[-1].end_ms if self.spans else 0

    def at(self, run_ms: float) -> Span:
        """The span that shows this instant of the run. Raises ValueError outside 0 <= run_ms < duration."""
        if not 0 <= run_ms < self.duration_ms:
            raise ValueError(f"{run_ms} ms is outside this run of {self.duration_ms} ms.")
        return self.spans[bisect_right(self.spans, run_ms, key=lambda span: span.start_ms) - 1]

    def wall_ms(self, run_ms: float) -> float:
        """When this instant of the run was."""
        return self.began_at_ms + run_ms
