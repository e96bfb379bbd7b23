"""Segments with one fault each, and where it is: for each number another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from tests.support.media.call_files import AAC, Instant, Packets, join, write
from tests.support.media.call_kinds import KINDS, Kind, instants
from tests.support.media.call_scenes import FPS
from tests.support.media.call_sounds import RATE

Rng = np.random.Generator
Size = tuple[int, int]
SIZE, OTHER_SIZE = (240, 176), (176, 240)
# How many of 200 have which fault.
SHARES = {
    "black": 25, "black with little noise": 10, "frozen": 40, "no frames": 10, "silent": 30, "clipped": 25,
    "no audio at all": 3, "no audio from then on": 6, "no audio in between": 6, "no video at all": 3,
    "no video from then on": 7, "another size from then on": 10, "not the size that was asked for": 3,
    "shorter than stated": 7, "skew": 15,
}  # fmt: skip
# By how much the times of sound are apart from its samples; what is noticed begins at 100 ms of that.
DRIFTS = (0.004, -0.004, 0.008, 0.015)
NOTICED_MS = 100
# Of the samples of 40 ms, from which on they count as clipped.
CUT_SHARE = 0.005


@dataclass(frozen=True)
class Planted:
    path: Path
    fault: str
    code: str
    from_ms: float
    until_ms: float
    size: Size | None = None
    length_ms: float | None = None
    kind: str = ""
    gop: int = 50
    values: dict[str, int] = field(default_factory=dict)


def faults(count: int = 200) -> list[str]:
    """`count` faults in the proportions of SHARES, each at least once."""
    every = [fault for fault, share in SHARES.items() for _ in range(share)]
    picked = np.linspace(0, len(every) - 1, count).round().astype(int)
    return [every[number] for number in picked]


def plant(path: Path, fault: str, seed: int) -> Planted:
    """A segment of a minute at `path` that has this fault once."""
    rng = np.random.default_rng([seed, 4711])
    kind = _kind(rng, fault)
    begin, end = float(rng.uniform(14, 28)), float(rng.uniform(40, 59))
    length = 60.16
    if rng.random() < 0.15:
        end = length
    gop = int(rng.choice([50, 50, 50, 25, 250]))
    scene = _Segment(path, kind, seed, gop, round(begin * FPS), round(end * FPS), round(length * FPS))
    return MADE[fault](scene, rng, fault)


def _kind(rng: Rng, fault: str) -> Kind:
    """A freeze can be detected of a camera only, clipping of a speaker only."""
    fitting = [
        kind
        for kind in KINDS
        if (kind.camera and "empty" not in kind.name) or fault != "frozen"
        if kind.sound.__name__ in ("talk", "lively", "loud", "music") or fault != "clipped"
    ]
    return fitting[int(rng.integers(len(fitting)))]


@dataclass(frozen=True)
class _Segment:
    """`begin`, `end`, `length` are numbers of frames."""

    path: Path
    kind: Kind
    seed: int
    gop: int
    begin: int
    end: int
    length: int

    def frames(self) -> Iterator[Instant]:
        return islice(instants(self.kind, self.seed, SIZE), self.length)

    def made(self, given: Iterable[Instant], *, tracks: tuple[str, ...] = ("video", "audio")) -> Path:
        return write(self.path, given, SIZE, gop=self.gop, tracks=tracks)

    def planted(self, fault: str, code: str, begin: float, end: float, **more: object) -> Planted:
        """`begin` and `end` in frames."""
        bounds = begin * 1000 / FPS, end * 1000 / FPS
        return Planted(self.path, fault, code, *bounds, kind=self.kind.name, gop=self.gop, **more)  # type: ignore[arg-type]


def _black(segment: _Segment, rng: Rng, fault: str) -> Planted:
    noise = 0.6 if "noise" in fault else 0.0

    def given() -> Iterator[Instant]:
        for number, (luma, block) in enumerate(segment.frames()):
            if segment.begin <= number < segment.end:
                luma = np.clip(16.5 + 2 * noise + rng.normal(0, noise, luma.shape), 16, 235).astype(np.uint8)
            yield luma, block

    segment.made(given())
    return segment.planted(fault, "black", segment.begin, segment.end)


def _frozen(segment: _Segment, rng: Rng, fault: str) -> Planted:
    def given() -> Iterator[Instant]:
        held = None
        for number, (luma, block) in enumerate(segment.frames()):
            stands = segment.begin <= number < segment.end
            held = held if stands and held is not None else luma
            yield held, block

    segment.made(given())
    return segment.planted(fault, "frozen", segment.begin, segment.end)


def _no_frames(segment: _Segment, rng: Rng, fault: str) -> Planted:
    end = min(segment.end, segment.length - 100)
    segment.made(
        (None if segment.begin <= number < end else luma, block)
        for number, (luma, block) in enumerate(segment.frames())
    )
    return segment.planted(fault, "frozen", segment.begin, end)


def _silent(segment: _Segment, rng: Rng, fault: str) -> Planted:
    segment.made(
        (luma, block * 0 if segment.begin <= number < segment.end else block)
        for number, (luma, block) in enumerate(segment.frames())
    )
    return segment.planted(fault, "silent", segment.begin, segment.end)


def _clipped(segment: _Segment, rng: Rng, fault: str) -> Planted:
    """The bounds are those of what is really cut off: a pause is not."""
    gain = float(rng.choice([8, 16, 30]))
    cut: list[int] = []

    def given() -> Iterator[Instant]:
        for number, (luma, block) in enumerate(segment.frames()):
            if segment.begin <= number < segment.end:
                block = np.clip(block * gain, -1, 1)
                cut.extend([number] if (np.abs(block) >= 1).mean() > CUT_SHARE else [])
            yield luma, block

    segment.made(given())
    # Less than a fifth of a second around is not where it begins or ends.
    lasting = [number for number in cut if sum(abs(number - other) <= FPS // 2 for other in cut) >= 5]
    return segment.planted(fault, "clipped", lasting[0], lasting[-1] + 1)


def _no_audio(segment: _Segment, rng: Rng, fault: str) -> Planted:
    if "all" in fault:
        segment.made(segment.frames(), tracks=("video",))
        return segment.planted(fault, "no_audio", 0, segment.length)
    end = segment.length if "then" in fault else min(segment.end, segment.length - 100)
    segment.made(
        (luma, None if segment.begin <= number < end else block)
        for number, (luma, block) in enumerate(segment.frames())
    )
    return segment.planted(fault, "no_audio", segment.begin, end)


def _no_video(segment: _Segment, rng: Rng, fault: str) -> Planted:
    if "all" in fault:
        segment.made(segment.frames(), tracks=("audio",))
        return segment.planted(fault, "no_video", 0, segment.length)
    segment.made(
        (None if number >= segment.begin else luma, block)
        for number, (luma, block) in enumerate(segment.frames())
    )
    return segment.planted(fault, "no_video", segment.begin, segment.length)


def _another_size(segment: _Segment, rng: Rng, fault: str) -> Planted:
    if "asked" in fault:
        segment.made(segment.frames())
        values = {"width": SIZE[0], "height": SIZE[1]}
        return segment.planted(fault, "wrong_size", 0, segment.length, size=OTHER_SIZE, values=values)
    begin = segment.begin // 8 * 8
    second = segment.path.with_suffix(".second.mp4")
    segment.made(islice(segment.frames(), begin))
    rest = islice(instants(segment.kind, segment.seed, OTHER_SIZE), segment.length - begin)
    write(second, rest, OTHER_SIZE, gop=segment.gop)
    first = segment.path.rename(segment.path.with_suffix(".first.mp4"))
    join(segment.path, first, [Packets(first), Packets(second)])
    for part in (first, second):
        part.unlink()
    values = {"width": OTHER_SIZE[0], "height": OTHER_SIZE[1]}
    return segment.planted(fault, "wrong_size", begin, segment.length, values=values)


def _shorter(segment: _Segment, rng: Rng, fault: str) -> Planted:
    segment.made(segment.frames())
    more = int(rng.integers(3, 40)) * FPS
    stated = (segment.length + more) * 1000 / FPS
    return segment.planted(fault, "length", segment.length, segment.length + more, length_ms=stated)


def _skew(segment: _Segment, rng: Rng, fault: str) -> Planted:
    drift = float(rng.choice(DRIFTS))
    whole = segment.path.with_suffix(".whole.mp4")
    write(whole, segment.frames(), SIZE, gop=segment.gop)
    packets = Packets(whole)
    join(segment.path, whole, [packets], stretch=1 + drift)
    whole.unlink()
    seconds = len(packets.audio) * AAC / RATE
    values = {"skew_ms": round(seconds * drift * 1000)}
    noticed = NOTICED_MS / abs(drift) / 1000 * (1 + drift) * FPS
    end = max(segment.length, seconds * (1 + drift) * FPS)
    return segment.planted(fault, "skew", noticed, end, values=values)


MADE = {
    "black": _black, "black with little noise": _black, "frozen": _frozen, "no frames": _no_frames,
    "silent": _silent, "clipped": _clipped, "no audio at all": _no_audio, "no audio from then on": _no_audio,
    "no audio in between": _no_audio, "no video at all": _no_video, "no video from then on": _no_video,
    "another size from then on": _another_size, "not the size that was asked for": _another_size,
    "shorter than stated": _shorter, "skew": _skew,
}  # fmt: skip
