"""Findings in the sound: silent, clipped, missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from archives.media.content.findings import CLIPPED, SILENT, Bools, Finding, Times, joined, stretches
from archives.media.content.hearing import Hearing

# -80 dBFS: three steps of 16 bits. A room with open microphones is 20 dB louder, a muted one has nothing.
SILENCE = 1e-4
MIN_SILENT_MS = 10_000
# Of the samples of a second. Speech that just reaches full scale has far less.
CLIPPED_SHARE = 0.003
MIN_CLIPPED_SECONDS = 3
# Of those of a packet (21 ms), where it begins and ends.
CLIPPED_PACKET = 0.005
# A single cracked syllable is no beginning or end: this many packets of the second around it are clipped.
PACKETS_NEAR, MIN_NEAR = 47, 4
# Clipping goes on after a pause in the speech of at most this length.
CLIPPED_PAUSE_MS = 15_000


def silent(hearing: Hearing, end_ms: float) -> list[Finding]:
    found = stretches(hearing.times_ms, hearing.peaks <= SILENCE, end_ms)
    return [Finding(SILENT, round(begin), round(end)) for begin, end in found if end - begin >= MIN_SILENT_MS]


def clipped(hearing: Hearing, end_ms: float) -> list[Finding]:
    """From the first packet that is clipped to the last, if some seconds between them are."""
    full = np.nan_to_num(hearing.full)
    parts = joined(stretches(hearing.times_ms, _sustained(full > CLIPPED_PACKET), end_ms), CLIPPED_PAUSE_MS)
    return [
        Finding(CLIPPED, round(begin), round(end))
        for begin, end in parts
        if _clipped_seconds(hearing.times_ms, full, begin, end) >= MIN_CLIPPED_SECONDS
    ]


def _sustained(on: Bools) -> Bools:
    """Those that are not alone within a second."""
    near = np.convolve(on, np.ones(PACKETS_NEAR), "same")
    return np.asarray(on & (near >= MIN_NEAR), np.bool_)


def _clipped_seconds(times_ms: Times, full: NDArray[np.float32], begin: float, end: float) -> int:
    """A door that slams is no reason for a remark."""
    low, high = np.searchsorted(times_ms, (begin, end))
    second = ((times_ms[low:high] - begin) // 1000).astype(np.intp)
    share = np.bincount(second, full[low:high]) / np.maximum(np.bincount(second), 1)
    return int((share >= CLIPPED_SHARE).sum())
