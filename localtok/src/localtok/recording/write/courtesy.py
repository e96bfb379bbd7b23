"""Recordings that are being finished give way to those that run: a file may be late, a late frame is lost.

The operating system cannot do this: a thread of lower priority that holds the interpreter's lock keeps all
others waiting while it is not scheduled.
"""

from __future__ import annotations

from collections.abc import Hashable

# A running recording writes up to the playout delay. Behind that by more than this, it needs the processor.
STRAINED_S = 0.3
# What a finishing one then pauses, in times of what its last frame took: a quarter is its share.
PAUSES = 3.0
# A file has to come in the end, on a machine that never keeps up too.
LONGEST_S = 30.0


class Courtesy:
    """Shared by the recordings of a process; single operations on a dict need no lock."""

    def __init__(self) -> None:
        self._behind_s: dict[Hashable, float] = {}

    def report(self, who: Hashable, behind_s: float) -> None:
        """A running recording, or the event loop that it hears by, is this far behind."""
        self._behind_s[who] = behind_s

    def leave(self, who: Hashable) -> None:
        """It runs no more: nobody has to give way to it."""
        self._behind_s.pop(who, None)

    def pause_s(self, worked_s: float, paused_s: float) -> float:
        """How long to pause after work of `worked_s`, having paused for `paused_s` in all."""
        strained = any(behind_s > STRAINED_S for behind_s in list(self._behind_s.values()))
        return min(worked_s * PAUSES, LONGEST_S - paused_s) if strained and paused_s < LONGEST_S else 0.0


SHARED = Courtesy()
