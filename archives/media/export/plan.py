"""What goes into an export and what comes out of it: plain values, no Django and no media library.

Times named `_ms` are milliseconds and may be fractions: a measured seam is finer than a millisecond.
A piece has its own clock (`in_ms`, `out_ms`: presentation times inside the file); everything else is on the
run's clock, which is 0 where the run begins.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

Progress = Callable[[float], None]
Cancelled = Callable[[], bool]


class ExportError(Exception):
    """The export could not be made; the message says what to do."""


class ExportCancelled(ExportError):
    """Somebody asked to stop; nothing is left behind."""


@dataclass(frozen=True)
class PieceSpan:
    """`path` between `in_ms` and `out_ms`, shown from `start_ms` of the run.

    The change-over to this piece may move within `cut_earliest_ms`..`cut_latest_ms` of the run, where the
    previous piece and this one both hold good media. Without a window it happens at `start_ms` exactly.
    `pictures_early_ms`: they are shown so much later, beside the sound (below zero: earlier).
    """

    path: Path
    start_ms: float
    in_ms: float
    out_ms: float
    cut_earliest_ms: float | None = None
    cut_latest_ms: float | None = None
    title: str = ""
    pictures_early_ms: float = 0.0

    @property
    def length_ms(self) -> float:
        return self.out_ms - self.in_ms


@dataclass(frozen=True)
class GapSpan:
    start_ms: float
    length_ms: float
    cause: str = ""


@dataclass(frozen=True)
class ExportPlan:
    """Spans in order, each beginning where the one before ends. `gaps`: shown as black, or closed up."""

    name: str
    created_at: datetime
    spans: tuple[PieceSpan | GapSpan, ...]
    gaps: Literal["black", "close"] = "black"


CutMethod = Literal["key frame", "re-encoded", "after a gap", "begin", "no picture"]


@dataclass
class SeamReport:
    """How one piece begins. `shift_ms`: how far its sound was moved to fit the grid of AAC packets."""

    span: int
    at_ms: float
    method: CutMethod = "begin"
    frames_reencoded: int = 0
    frames_moved: int = 0
    matched_by_picture: bool = False
    audio_packets_reencoded: int = 0
    shift_ms: float = 0.0


@dataclass
class ExportReport:
    """`notes`: in words, what was not a plain copy and why."""

    path: Path
    duration_ms: float = 0.0
    size: int = 0
    seams: list[SeamReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    frames: int = 0
    frames_reencoded: int = 0
    parameter_sets: Literal["header", "every key frame", "none"] = "none"
    checked: list[str] = field(default_factory=list)
