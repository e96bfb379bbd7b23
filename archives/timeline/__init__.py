"""A run as one ordered list of spans: which piece, from where to where, at what time of the run. Pure.

Every instant between the run's first and last is in exactly one span. Times are milliseconds: of the run
(from its first instant), of a piece's own media clock (`in_ms`, `out_ms`), or of the wall clock (Unix time).
"""

from .absences import Absent
from .layout import SETTLE_MS, TAIL_MS, UNKNOWN_CAUSE, build
from .parts import Hole, Join, Piece, Span, Timeline
from .remarks import Remarked, Shown
from .rows import absences_for, remarks_for, timeline_for

__all__ = [
    "SETTLE_MS",
    "TAIL_MS",
    "UNKNOWN_CAUSE",
    "Absent",
    "Hole",
    "Join",
    "Piece",
    "Remarked",
    "Shown",
    "Span",
    "Timeline",
    "absences_for",
    "build",
    "remarks_for",
    "timeline_for",
]
