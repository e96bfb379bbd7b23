"""Reads recorded files back: whose counted picture stood in which frame, and how loud the sound was."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from localtok.recording.compose.layout import best_fit
from tests.support.media.counted_video import Gray, decode

MOST_PEOPLE = 9


class Sighting(NamedTuple):
    frame: int
    time_ms: int
    number: int


@dataclass
class Reading:
    """What one recorded file shows. `sightings` are in frame order, by identity; `rms` is 0–1 full scale."""

    path: Path
    frames: int = 0
    duration_ms: int = 0
    audio_ms: int = 0
    rms: float = 0.0
    sightings: dict[int, list[Sighting]] = field(default_factory=dict)

    def numbers(self, identity: int) -> set[int]:
        return {sighting.number for sighting in self.sightings.get(identity, [])}


@dataclass
class TileFinder:
    """Finds every counted picture in a composed picture; tries first where the last ones stood."""

    tile_counts: list[int] = field(default_factory=lambda: list(range(1, MOST_PEOPLE + 1)))

    def find(self, picture: Gray) -> dict[int, int]:
        """Number by identity; searches until a layout has somebody in each of its tiles.

        Anything less proves nothing: the upper row of four people is that of three, too.
        """
        best: dict[int, int] = {}
        for count in list(self.tile_counts):
            found = _decode_tiles(picture, count)
            if len(found) > len(best):
                best = found
                self.tile_counts.remove(count)
                self.tile_counts.insert(0, count)
            if len(found) == count:
                break
        return best


def read_file(path: Path) -> Reading:
    """Decodes a whole recorded MP4, picture and sound."""
    reading = Reading(path)
    with av.open(str(path)) as container:
        _read_video(container, reading)
    with av.open(str(path)) as container:
        _read_audio(container, reading)
    return reading


def missing(readings: Iterable[Reading], identity: int) -> list[int]:
    """The numbers between the first and the last recorded one that stand in none of the files."""
    seen = set().union(*(reading.numbers(identity) for reading in readings))
    return sorted(set(range(min(seen), max(seen) + 1)) - seen) if seen else []


def _read_video(container: av.container.InputContainer, reading: Reading) -> None:
    finder = TileFinder()
    for index, frame in enumerate(container.decode(video=0)):
        time_ms = round(1000 * Fraction(frame.pts) * frame.time_base)
        for identity, number in finder.find(_luma(frame)).items():
            reading.sightings.setdefault(identity, []).append(Sighting(index, time_ms, number))
        reading.frames = index + 1
        reading.duration_ms = time_ms


def _read_audio(container: av.container.InputContainer, reading: Reading) -> None:
    energy, samples = 0.0, 0
    for block, rate in _audio_blocks(container):
        energy += float(np.square(block, dtype=np.float64).sum())
        samples += block.size
        reading.audio_ms = round(1000 * samples / rate)
    reading.rms = (energy / samples) ** 0.5 if samples else 0.0


def _audio_blocks(container: av.container.InputContainer) -> Iterator[tuple[np.ndarray, int]]:
    if not container.streams.audio:
        return
    mono = av.AudioResampler(format="flt", layout="mono")
    for frame in container.decode(audio=0):
        for block in mono.resample(frame):
            yield block.to_ndarray().ravel(), block.sample_rate


def _luma(frame: av.VideoFrame) -> Gray:
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _decode_tiles(picture: Gray, count: int) -> dict[int, int]:
    height, width = picture.shape
    tiles = (
        picture[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        for tile in best_fit(count, width, height)
    )
    return {found.identity: found.number for found in map(decode, tiles) if found is not None}
