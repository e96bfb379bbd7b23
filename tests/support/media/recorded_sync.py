"""When a beep is heard and a number is first seen in a recording: the two must stay together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np


def beep_starts_ms(path: Path) -> np.ndarray:
    """Milliseconds at which sound follows 300 ms of silence."""
    with av.open(str(path)) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    loud = np.abs(sound[: len(sound) // 48 * 48]).reshape(-1, 48).max(axis=1) > 0.05
    quiet_before = np.convolve(loud, np.ones(300), "full")[: len(loud)] - loud == 0
    return np.flatnonzero(loud & quiet_before)


def first_seen(sightings: Sequence[tuple[int, int, int]]) -> dict[int, int]:
    """{number: milliseconds}, from sightings (identity, milliseconds, number) in order."""
    seen: dict[int, int] = {}
    for _, time_ms, number in sightings:
        seen.setdefault(number, time_ms)
    return seen
