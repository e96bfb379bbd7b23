"""Generated pairs of recordings whose true seam is known: real MP4 files with the platform's parameters.

A call is a function of time: sound at 48 kHz and a picture for any instant. Each recorder starts at its own
moment, samples pictures at its own phase and encodes on its own (H.264 constrained baseline, AAC-LC mono),
as two archives do.
"""

from __future__ import annotations

import shutil
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np

RATE = 48_000
FPS = 25
CALL_S = 100
SENTENCES = (
    "morning hearing record court please state your name for the lesson today we look at water and stone",
    "seven patients waited while nobody answered the second question about winter travel and paper money",
)
WORDS = [word for sentence in SENTENCES for word in sentence.split()]


@dataclass(frozen=True)
class Pair:
    """One pair to be made: what is in it and how the second recorder differs from the first.

    `overlap_s` is negative for a gap. `hint_error_ms` is None where no hint is given.
    """

    row: str
    seed: int
    overlap_s: float
    sound: str = "speech"  # speech, music, loop, silence, none (no track)
    motion: bool = True
    black_head_s: float = 0
    glitch: bool = False
    gain: float = 1
    missing: bool = False
    poor: bool = False
    drift_ppm: float = 0
    sound_late_ms: float = 0
    jitter_ms: float = 0
    hint_error_ms: float | None = None
    # Another call has other words, other music and other walls.
    call: int = 0


@dataclass(frozen=True)
class Made:
    pair: Pair
    earlier: Path
    later: Path
    true_offset_ms: float


@dataclass(frozen=True)
class _Take:
    """How one recorder sees the call: from when, how long, and with what faults."""

    begin_s: float
    length_s: float
    bit_rate: int = 128_000
    size: tuple[int, int] = (320, 240)
    crf: int = 26
    gain: float = 1
    voices: tuple[int, ...] = (0, 1)
    black_s: float = 0
    hole: tuple[float, float] | None = None
    drift: float = 0
    sound_late_s: float = 0
    jitter_s: float = 0
    video_phase_s: float = 0
    noise: int = 0
    options: dict[str, str] = field(default_factory=dict)


def make(pair: Pair, folder: Path) -> Made:
    """Write both pieces into `folder`; the true offset is that at the middle of the overlap."""
    rng = np.random.default_rng(pair.seed)
    overlap = pair.overlap_s
    before, after = rng.uniform(4, 9), rng.uniform(4, 9)
    earlier_s = before + max(overlap, 0)
    # Whole samples, so that the truth is exact; nothing aligned to pictures or to AAC blocks.
    begin = round(rng.uniform(0, CALL_S - 50) * RATE) / RATE
    offset = round((earlier_s - overlap) * RATE) / RATE
    first = _Take(begin, earlier_s, video_phase_s=float(rng.uniform(0, 0.04)), noise=1)
    second = _Take(
        begin + offset, max(overlap, 0) + after, video_phase_s=float(rng.uniform(0, 0.04)), noise=2
    )
    first, second = _differ(pair, first, second, rng)
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"{pair.seed}-earlier.mp4", folder / f"{pair.seed}-later.mp4"
    for take, path in zip((first, second), paths, strict=True):
        _record(take, pair, path)
    # The second clock runs fast by the drift, so its instant t lies at offset + t * (1 + drift) of the
    # first's.
    drifted = pair.drift_ppm * 1e-6 * max(overlap, 0) / 2
    return Made(pair, *paths, (offset + drifted) * 1000)


def _differ(pair: Pair, first: _Take, second: _Take, rng: np.random.Generator) -> tuple[_Take, _Take]:
    second = replace(
        second,
        gain=pair.gain,
        voices=(0,) if pair.missing else (0, 1),
        black_s=pair.black_head_s,
        drift=pair.drift_ppm * 1e-6,
        sound_late_s=pair.sound_late_ms / 1000,
    )
    # Each recorder's jitter buffer stretches the sound in its own way.
    first, second = (
        replace(first, jitter_s=pair.jitter_ms / 1000),
        replace(second, jitter_s=pair.jitter_ms / 1000),
    )
    if pair.poor:
        second = replace(second, bit_rate=32_000, size=(160, 120), crf=34)
    if pair.glitch:
        hole = (float(rng.uniform(0.1, 0.6)) * pair.overlap_s, float(rng.uniform(0.08, 0.24)))
        if rng.random() < 0.5:
            second = replace(second, hole=hole)
        else:
            first = replace(first, hole=(first.length_s - pair.overlap_s + hole[0], hole[1]))
    return first, second


def _record(take: _Take, pair: Pair, path: Path) -> None:
    with av.open(str(path), "w", options=take.options) as container:
        video = container.add_stream("libx264", rate=FPS)
        video.width, video.height = take.size
        video.pix_fmt, video.time_base = "yuv420p", Fraction(1, 90_000)
        video.codec_context.time_base = Fraction(1, 90_000)
        video.options = {"preset": "ultrafast", "profile": "baseline", "crf": str(take.crf), "g": "50"}
        sound = None
        if pair.sound != "none":
            sound = container.add_stream("aac", rate=RATE, layout="mono")
            sound.bit_rate = take.bit_rate
        for frame in _pictures(take, pair):
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None:
            for block in _blocks(take, pair):
                container.mux(sound.encode(block))
            container.mux(sound.encode(None))


def _blocks(take: _Take, pair: Pair) -> Iterator[av.AudioFrame]:
    times = np.arange(int(take.length_s * RATE)) / RATE
    at = (take.begin_s - take.sound_late_s + times * (1 + take.drift) + _jitter(take, times)) * RATE
    call = _voices(pair, take.voices)
    whole = at.astype(int)
    samples = (
        call[whole] if take.drift == 0 and take.jitter_s == 0 else np.interp(at, np.arange(len(call)), call)
    )
    samples = np.where(times < take.black_s, 0, samples * take.gain).astype(np.float32)
    for begin in range(0, len(samples) - 1024, 1024):
        if take.hole and take.hole[0] <= begin / RATE < sum(take.hole):
            continue
        block = av.AudioFrame.from_ndarray(samples[None, begin : begin + 1024], format="fltp", layout="mono")
        block.sample_rate, block.pts, block.time_base = RATE, begin, Fraction(1, RATE)
        yield block


def _jitter(take: _Take, times: np.ndarray) -> np.ndarray:
    """Seconds by which a jitter buffer has moved the sound: another amount every second, slid into."""
    if take.jitter_s == 0:
        return np.zeros(1)
    rng = np.random.default_rng(take.noise)
    seconds = np.arange(take.length_s + 1)
    moved = np.repeat(rng.uniform(-take.jitter_s, take.jitter_s, len(seconds)), 2)
    return np.interp(times, np.stack([seconds, seconds + 0.8], axis=1).ravel(), moved)


def _pictures(take: _Take, pair: Pair) -> Iterator[av.VideoFrame]:
    for number in range(int((take.length_s - take.video_phase_s) * FPS)):
        at = take.video_phase_s + number / FPS
        if take.hole and take.hole[0] <= at < sum(take.hole):
            continue
        grey = _picture(
            pair, take.begin_s + at * (1 + take.drift) if pair.motion else 0.0, take.noise + number
        )
        if at < take.black_s:
            grey = np.full_like(grey, 16)
        frame = av.VideoFrame.from_ndarray(grey, format="gray").reformat(*take.size, format="yuv420p")
        frame.pts, frame.time_base = round(at * 90_000), Fraction(1, 90_000)
        yield frame


@lru_cache(maxsize=2)
def _textures(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)

    def smooth(height: int, width: int, grain: int) -> np.ndarray:
        coarse = rng.uniform(40, 215, (height // grain + 2, width // grain + 2))
        return np.kron(coarse, np.ones((grain, grain)))[:height, :width].astype(np.int16)

    noise = rng.integers(-2, 3, (16, 240, 320)).astype(np.int16)
    return smooth(240, 320, 20), smooth(100, 80, 10), noise


@lru_cache(maxsize=2)
def _path(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed + 1)
    return rng.uniform(0.1, 1.1, (2, 6)), rng.uniform(0, 6.28, (2, 6)), rng.uniform(3, 12, (2, 6))


def _picture(pair: Pair, at_s: float, number: int) -> np.ndarray:
    """A head before a still wall, moving as people do: never twice the same way."""
    wall, head, noise = _textures(pair.seed % 7 + 7 * pair.call)
    rates, phases, reach = _path(pair.seed % 7 + 7 * pair.call)
    x, y = (int(v) for v in (reach * np.sin(6.28 * rates * at_s + phases)).sum(axis=1))
    x, y = int(np.clip(120 + x, 0, 239)), int(np.clip(70 + y, 0, 139))
    grey = wall + noise[(number * 7) % 16]
    grey[y : y + 100, x : x + 80] = head
    return np.clip(grey, 16, 235).astype(np.uint8)


def _voices(pair: Pair, voices: tuple[int, ...]) -> np.ndarray:
    if pair.sound == "speech":
        return sum(_speech(voice, pair.call) for voice in voices) + 0.0005 * _room()
    if pair.sound == "music":
        return _music(pair.call) + 0.0005 * _room()
    if pair.sound == "loop":
        return np.tile(_music(pair.call)[: 2 * RATE], CALL_S // 2 + 1)[: CALL_S * RATE]
    return np.zeros(CALL_S * RATE, np.float32)


@lru_cache(maxsize=1)
def _room() -> np.ndarray:
    return np.random.default_rng(9).standard_normal(CALL_S * RATE).astype(np.float32)


@lru_cache(maxsize=2)
def _speech(voice: int, call: int) -> np.ndarray:
    """One participant: sentences with pauses between them, so that two of them sometimes speak at once."""
    rng = np.random.default_rng(50 + voice + 1000 * call)
    call = np.zeros(CALL_S * RATE, np.float32)
    at = rng.uniform(0, 2)
    while at < CALL_S - 8:
        spoken = _sentence(" ".join(rng.choice(WORDS, 9)), voice)
        begin = int(at * RATE)
        call[begin : begin + len(spoken)] += 0.5 * spoken[: len(call) - begin]
        at += len(spoken) / RATE + rng.uniform(0.2, 1.2)
    return call


def _sentence(text: str, voice: int) -> np.ndarray:
    if shutil.which("espeak-ng") is None:
        return _babble(text, voice)
    command = ["espeak-ng", "-v", ("en+m3", "en+f2")[voice], "--stdout", text]
    wav = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    start = wav.index(b"data") + 8
    samples = np.frombuffer(wav[start : start + (len(wav) - start) // 2 * 2], np.int16) / 32768
    times = np.arange(int(len(samples) * RATE / 22_050)) * 22_050 / RATE
    return np.interp(times, np.arange(len(samples)), samples).astype(np.float32)


def _babble(text: str, voice: int) -> np.ndarray:
    """Speech-like where no synthesiser is installed: a pulse train through changing resonances."""
    rng = np.random.default_rng(zlib.crc32(f"{voice} {text}".encode()))
    parts = []
    for _ in text:
        length = int(rng.uniform(0.05, 0.14) * RATE)
        times = np.arange(length) / RATE
        pitch, formant = rng.uniform(90, 220), rng.uniform(400, 2600)
        pulses = np.sign(np.sin(6.28 * pitch * times)) * np.exp(-((times * pitch) % 1) * 6)
        voiced = pulses * np.sin(6.28 * formant * times) + 0.1 * rng.standard_normal(length)
        parts.append(0.3 * voiced * np.hanning(length))
    return np.concatenate(parts).astype(np.float32)


@lru_cache(maxsize=1)
def _music(call: int) -> np.ndarray:
    """Played, not looped: chords and a melody whose notes are never struck quite alike, with a snare."""
    rng = np.random.default_rng(77 + 1000 * call)
    call = np.zeros((CALL_S + 3) * RATE, np.float32)
    scale = 220 * 2 ** (np.array([0, 2, 3, 5, 7, 8, 10, 12, 14, 15]) / 12)
    for beat in np.arange(0, CALL_S, 0.25):
        begin = int((beat + abs(rng.normal(0, 0.008))) * RATE)
        times = np.arange(int(rng.uniform(0.3, 1.4) * RATE)) / RATE
        for pitch in rng.choice(scale, 3 if beat % 1 == 0 else 1) * rng.normal(1, 0.0015):
            tone = sum(np.sin(6.28 * pitch * k * times + rng.uniform(0, 6)) / k**1.2 for k in range(1, 9))
            call[begin : begin + len(times)] += 0.05 * tone * np.exp(-times * rng.uniform(2, 6))
        if beat % 1 == 0.5:
            hit = rng.standard_normal(RATE // 6) * np.exp(-np.arange(RATE // 6) / RATE * 30)
            call[begin : begin + len(hit)] += 0.08 * hit
    return np.clip(call[: CALL_S * RATE], -1, 1)
