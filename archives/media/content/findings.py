"""What a content check can find in a segment's file, and the stretches in which it does.

Times are milliseconds of the segment's own media clock. Why the thresholds are as they are: docs/content.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# Increase it when the check finds other things than before: segments of an older version are checked again.
VERSION = 2

BLACK, FROZEN, NO_VIDEO, WRONG_SIZE = "black", "frozen", "no_video", "wrong_size"
SILENT, CLIPPED, NO_AUDIO = "silent", "clipped", "no_audio"
LENGTH, SKEW = "length", "skew"
TILE_DARK, TILE_FROZEN = "tile_dark", "tile_frozen"

Times = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Finding:
    """`values`: by how much, if a number applies: {"skew_ms": 240}."""

    code: str
    from_ms: int
    until_ms: int
    values: dict[str, int] = field(default_factory=dict)


def stretches(times_ms: Sequence[float] | Times, on: Bools, end_ms: float) -> list[tuple[float, float]]:
    """Where consecutive samples are on: from the first one's time to that of the next that is off."""
    if not len(on):
        return []
    edges = np.flatnonzero(np.diff(on.astype(np.int8), prepend=0, append=0))
    bounds = np.append(np.asarray(times_ms, np.float64), end_ms)
    return [(float(bounds[low]), float(bounds[high])) for low, high in edges.reshape(-1, 2)]


def joined(parts: Iterable[tuple[float, float]], within_ms: float) -> list[tuple[float, float]]:
    """Merge ascending stretches that are at most `within_ms` apart."""
    found: list[tuple[float, float]] = []
    for begin, end in parts:
        if found and begin - found[-1][1] <= within_ms:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def holes(times_ms: Times, begin_ms: float, end_ms: float, least_ms: float) -> list[tuple[float, float]]:
    """Stretches of at least `least_ms` without a packet, also before the first and after the last one."""
    instants = np.concatenate([[begin_ms], np.sort(times_ms), [end_ms]])
    wide = np.flatnonzero(np.diff(instants) >= least_ms)
    return [(float(instants[number]), float(instants[number + 1])) for number in wide]
