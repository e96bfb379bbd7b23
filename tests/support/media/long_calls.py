"""Hours of ordinary calls: parts of some minutes of drawn ones, joined by copying their packets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from tests.support.media.call_files import KEY_FRAMES, Packets, join, write
from tests.support.media.call_kinds import KINDS, Size, instants
from tests.support.media.call_scenes import FPS

# Parts begin at a key frame where a packet of sound begins too: 50 and 8 frames meet every 8 s.
GRID = KEY_FRAMES * 4
HOUR = 3600 * FPS


def draw_all(folder: Path, seconds: int, seed: int, size: Size) -> list[Path]:
    """A clip of each kind."""
    frames = seconds * FPS // GRID * GRID
    return [
        write(folder / f"{number:02}.mp4", islice(instants(kind, seed, size), frames), size)
        for number, kind in enumerate(KINDS)
    ]


def long_calls(folder: Path, clips: Sequence[Path], hours: float, seed: int) -> Iterator[Path]:
    """Segments of half an hour to four hours, `hours` in all; each is gone when the next one comes."""
    rng = np.random.default_rng(seed)
    packets = [Packets(clip) for clip in clips]
    left = hours * HOUR
    while left > 0:
        wanted = min(left, rng.uniform(0.5, 4) * HOUR)
        parts = list(_parts(rng, packets, wanted))
        left -= sum(len(part.video) for part in parts)
        path = join(folder / "long.mp4", clips[0], parts)
        yield path
        path.unlink()


def _parts(rng: np.random.Generator, packets: Sequence[Packets], frames: float) -> Iterator[Packets]:
    while frames > 0:
        whole = packets[int(rng.integers(len(packets)))]
        steps = len(whole.video) // GRID
        first = int(rng.integers(steps))
        part = whole.part(first * GRID, int(rng.integers(3, max(4, steps - first + 1))) * GRID)
        frames -= len(part.video)
        yield part
