"""A run as one ordered list of spans: which piece, from where to where, at what time of the run. Pure.

Every instant between the run's first and last is in exactly one span. Times are milliseconds: of the run
(from its first instant), of a piece's own media clock (`in_ms`, `out_ms`), or of the wall clock (Unix time).
"""

from .absences import Absent
from .account import VERSION, Account, Gap, Seam, account_of
from .layout import SETTLE_MS, TAIL_MS, build
from .parts import Hole, Join, Piece, Span, Timeline
from .remarks import Remarked, Shown
from .rows import account_for, remarks_for, timeline_for

__all__ = [
    "SETTLE_MS",
    "TAIL_MS",
    "VERSION",
    "Absent",
    "Account",
    "Gap",
    "Hole",
    "Join",
    "Piece",
    "Remarked",
    "Seam",
    "Shown",
    "Span",
    "Timeline",
    "account_for",
    "account_of",
    "build",
    "remarks_for",
    "timeline_for",
]
