"""What ordinary calls sound like: voices with pauses, rooms, music. Mono, float32, 48 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
BLOCK = RATE // 25
LOOP_S = 40

Samples = NDArray[np.float32]


def voice(rng: np.random.Generator, *, pauses_s: tuple[float, float] = (0.3, 3.0)) -> Samples:
    """Somebody speaks in phrases of syllables; peaks at 1."""
    count = LOOP_S * RATE
    at = np.arange(count) / RATE
    pitch = rng.uniform(95, 210) * (1 + 0.08 * np.sin(at * 2.3) + 0.03 * np.sin(at * 7.9))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = sum(np.sin(phase * n) / n**1.2 for n in range(1, 9))
    sound += 0.15 * rng.standard_normal(count)
    loud = _phrases(rng, pauses_s) * (0.55 + 0.45 * np.sin(2 * np.pi * rng.uniform(3, 5) * at + 1)) ** 1.5
    sound = sound * loud
    return (sound / np.abs(sound).max()).astype(np.float32)


def _phrases(rng: np.random.Generator, pauses_s: tuple[float, float]) -> NDArray[np.float64]:
    loud = np.zeros(LOOP_S * RATE)
    at = 0.0
    while at < LOOP_S - 6:
        length = rng.uniform(0.8, 5)
        part = slice(int(at * RATE), int((at + length) * RATE))
        loud[part] = rng.uniform(0.4, 1) * np.hanning(part.stop - part.start) ** 0.3
        at += length + rng.uniform(*pauses_s)
    return loud


def room(rng: np.random.Generator, dbfs: float = -58) -> Samples:
    """The hiss and hum of an open microphone."""
    at = np.arange(LOOP_S * RATE) / RATE
    sound = rng.standard_normal(len(at)) + 0.8 * np.sin(2 * np.pi * 100 * at)
    return (sound * 10 ** (dbfs / 20) / 1.3).astype(np.float32)


def music(rng: np.random.Generator) -> Samples:
    """Chords with a beat, as loud as a recording is allowed to be."""
    at = np.arange(LOOP_S * RATE) / RATE
    sound = np.zeros(len(at))
    for _ in range(6):
        tone = 110 * 2 ** (int(rng.integers(0, 30)) / 12)
        sound += np.sin(2 * np.pi * tone * at + rng.uniform(0, 6)) * (1 + np.sin(at * rng.uniform(1, 4)))
    sound *= 0.6 + 0.4 * np.exp(-((at * 2) % 1) * 4)
    return (0.95 * sound / np.abs(sound).max()).astype(np.float32)


def envelope(sound: Samples) -> NDArray[np.float32]:
    """Loudness (0 to 1) of each block."""
    blocks = np.abs(sound[: len(sound) // BLOCK * BLOCK]).reshape(-1, BLOCK).max(axis=1)
    return (blocks / max(float(blocks.max()), 1e-9)).astype(np.float32)
