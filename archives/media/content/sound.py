"""Findings in the sound: silent, clipped, missing."""

from __future__ import annotations

import numpy as np

from archives.media.content.findings import CLIPPED, SILENT, Finding, joined, stretches
from archives.media.content.hearing import Hearing

# -80 dBFS: three steps of 16 bits. A room with open microphones is 20 dB louder, a muted one has nothing.
SILENCE = 1e-4
MIN_SILENT_MS = 10_000
# Speech that was recorded too loud has far more, speech that just reaches full scale far less.
CLIPPED_SHARE = 0.01
CLIPPED_WINDOW_MS = 1000
MIN_CLIPPED_MS = 3000
# Between two loud words.
CLIPPED_PAUSE_MS = 3000


def silent(hearing: Hearing, end_ms: float) -> list[Finding]:
    found = stretches(hearing.times_ms, hearing.peaks <= SILENCE, end_ms)
    return [Finding(SILENT, round(begin), round(end)) for begin, end in found if end - begin >= MIN_SILENT_MS]


def clipped(hearing: Hearing, end_ms: float) -> list[Finding]:
    """Windows in which many samples lie at full scale; the first and last such packet are the bounds."""
    if not len(hearing.times_ms):
        return []
    window = ((hearing.times_ms - hearing.times_ms[0]) // CLIPPED_WINDOW_MS).astype(np.intp)
    full = np.nan_to_num(hearing.full)
    packets = np.maximum(np.bincount(window), 1)
    many = np.bincount(window, full) / packets >= CLIPPED_SHARE
    on = many[window] & (full > 0)
    parts = joined(stretches(hearing.times_ms, on, end_ms), CLIPPED_PAUSE_MS)
    return [
        Finding(CLIPPED, round(begin), round(end)) for begin, end in parts if end - begin >= MIN_CLIPPED_MS
    ]
