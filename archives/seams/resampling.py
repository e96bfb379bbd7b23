"""Sound brought down to few samples, in blocks: one long array costs more in fresh memory than in work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SOUND_RATE = 8000
BLOCK = 1 << 15


def resampled(placed: Iterable[tuple[int, Floats]], length: int, rate: int) -> Floats:
    """`length` samples of `rate` at SOUND_RATE; each lies where its place says, so a hole stays a hole."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SOUND_RATE)
    parts: list[Floats] = []
    for frame in chain((_frame(block, rate) for block in _blocks(placed, length) if len(block)), (None,)):
        parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _blocks(placed: Iterable[tuple[int, Floats]], length: int) -> Iterator[Floats]:
    """One after the other, silence where nothing is placed. Places rise, as time stamps do."""
    held: list[Floats] = []
    given = filled = 0
    for at, samples in chain(placed, ((length, np.zeros(0, np.float32)),)):
        if at > filled:
            held.append(np.zeros(at - filled, np.float32))
        held.append(samples[max(0, filled - at) :])
        filled = max(filled, at + len(samples))
        if filled - given >= BLOCK or at == length:
            yield np.concatenate(held)[: max(0, length - given)]
            held, given = [], filled


def _frame(samples: Floats, rate: int) -> Any:
    frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
    frame.sample_rate = rate
    return frame
