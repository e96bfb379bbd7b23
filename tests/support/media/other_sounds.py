"""Sounds of other rooms: voices, instruments, keyboards, paper, microphones that hiss and hum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
VOICE_RATE = 16_000
CONTROL_RATE = 100
NOISE_LOOP_S = 20
CEILING_DB = -1.0

Samples = NDArray[np.float32]
Rng = np.random.Generator


def ratio(db: float) -> float:
    """An amplitude from decibels below full scale."""
    return float(10 ** (db / 20))


def peak_at(samples: Samples, db: float) -> Samples:
    """The same sound, its highest sample at `db` dBFS."""
    return (samples * (ratio(db) / max(1e-9, float(np.abs(samples).max())))).astype(np.float32)


def mix(*sounds: Samples) -> Samples:
    """Their sum, turned down as a whole only if it exceeds −1 dBFS."""
    total = np.sum(np.stack(sounds), axis=0, dtype=np.float32)
    return peak_at(total, CEILING_DB) if np.abs(total).max() > ratio(CEILING_DB) else total


def room(rng: Rng, seconds: int, db: float, hum_db: float = -90.0) -> Samples:
    """Noise that falls with the frequency, `db` dBFS r.m.s., and mains hum with two harmonics."""
    size = NOISE_LOOP_S * RATE
    spectrum = np.fft.rfft(rng.standard_normal(size))
    spectrum /= np.sqrt(np.maximum(80.0, np.arange(len(spectrum)) / NOISE_LOOP_S))
    noise = np.fft.irfft(spectrum, size)
    noise *= ratio(db) / np.sqrt(np.mean(noise**2))
    at = np.arange(size) / RATE
    hum = sum(np.sin(2 * np.pi * 50 * k * at + k) / k for k in (1, 2, 3)) * ratio(hum_db)
    return np.resize((noise + hum).astype(np.float32), seconds * RATE)


def spells(rng: Rng, steps: int, on_s: tuple[float, float], off_s: tuple[float, float]) -> NDArray[Any]:
    """1.0 and 0.0 by turns, a value per control step; the bounds are seconds."""
    lengths: list[int] = []
    while sum(lengths) < steps:
        lengths.append(max(1, round(rng.uniform(*(off_s if len(lengths) % 2 else on_s)) * CONTROL_RATE)))
    values = np.arange(len(lengths)) % 2 == 0
    return np.repeat(values.astype(np.float32), lengths)[:steps]


def _held(rng: Rng, steps: int, low: float, high: float, every: int) -> NDArray[Any]:
    """A value that glides to a new random one every `every` control steps."""
    knots = rng.uniform(low, high, steps // every + 2)
    return np.interp(np.arange(steps) / every, np.arange(len(knots)), knots)


def voice(
    rng: Rng, seconds: int, pitch: float, pauses: tuple[float, float] = (0.2, 1.5), peak_db: float = -6.0
) -> Samples:
    """Phrases of syllables: harmonics of a gliding pitch under two moving formants, and sibilants."""
    steps = seconds * CONTROL_RATE
    hertz = pitch * _held(rng, steps, 0.85, 1.25, 35)
    syllables = np.sin(np.cumsum(_held(rng, steps, 3, 6, 50)) * np.pi / CONTROL_RATE) ** 2
    loud = spells(rng, steps, (0.8, 5), pauses) * syllables * _held(rng, steps, 0.3, 1, 120)
    at = np.arange(seconds * VOICE_RATE) * (CONTROL_RATE / VOICE_RATE)
    sound = _formants(rng, hertz, loud, at) + _sibilants(rng, loud, at)
    wide = np.interp(np.arange(seconds * RATE) / 3, np.arange(len(sound)), sound)
    return peak_at(wide.astype(np.float32), peak_db)


def _formants(rng: Rng, hertz: NDArray[Any], loud: NDArray[Any], at: NDArray[Any]) -> NDArray[Any]:
    first, second = _held(rng, len(hertz), 280, 800, 22), _held(rng, len(hertz), 900, 2300, 22)
    control = np.arange(len(hertz))
    phase = np.cumsum(np.interp(at, control, hertz)) * (2 * np.pi / VOICE_RATE)
    sound = np.zeros(len(at))
    for k in range(1, 15):
        near = 1 / (1 + ((k * hertz - first) / 130) ** 2) + 0.5 / (1 + ((k * hertz - second) / 200) ** 2)
        sound += np.interp(at, control, loud * near) * np.sin(k * phase + k)
    return sound


def _sibilants(rng: Rng, loud: NDArray[Any], at: NDArray[Any]) -> NDArray[Any]:
    bursts = spells(rng, len(loud), (0.05, 0.15), (0.3, 1.2)) * np.minimum(1, loud * 2) * 0.25
    hiss = np.diff(rng.standard_normal(len(at) + 1))
    return np.interp(at, np.arange(len(loud)), bursts) * hiss


def _strike(total: NDArray[Any], at_s: float, sound: NDArray[Any]) -> None:
    first = int(at_s * RATE)
    total[first : first + len(sound)] += sound[: max(0, len(total) - first)]


def typing(rng: Rng, seconds: int, peak_db: float) -> Samples:
    """Bursts of key strokes, 4 to 9 a second, with rests of some seconds."""
    total, at = np.zeros(seconds * RATE), 0.0
    fall = np.exp(-np.arange(RATE // 50) / 120)
    while at < seconds:
        _strike(total, at, rng.standard_normal(len(fall)) * fall * rng.uniform(0.3, 1))
        at += rng.uniform(0.11, 0.25) if rng.random() < 0.96 else rng.uniform(1, 9)
    return peak_at(total.astype(np.float32), peak_db)


def rustles(rng: Rng, seconds: int, peak_db: float, rest_s: tuple[float, float]) -> Samples:
    """Paper that is turned, a chair, a cough: bursts of noise of up to a second, with long rests."""
    total, at = np.zeros(seconds * RATE), rng.uniform(0, rest_s[0])
    while at < seconds:
        length = int(rng.uniform(0.2, 1) * RATE)
        shape = np.sin(np.linspace(0, np.pi, length)) ** 2
        _strike(total, at, rng.standard_normal(length) * shape * rng.uniform(0.2, 1))
        at += rng.uniform(*rest_s)
    return peak_at(total.astype(np.float32), peak_db)


def _note(hertz: float, seconds: float, decay: float) -> NDArray[Any]:
    at = np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * hertz * k * at) * np.exp(-at * decay * k) / k for k in (1, 2, 3, 4))
    ends = np.minimum(1, np.minimum(at, seconds - at) * 80)
    return np.asarray(tone * ends)


def music(rng: Rng, seconds: int, peak_db: float) -> Samples:
    """Scales and chords of a piano, notes held by a bow, and rests of up to 10 s."""
    total, at, step = np.zeros(seconds * RATE), 0.0, 0
    while at < seconds:
        step = int(np.clip(step + rng.integers(-2, 3), -12, 14))
        length, decay = (rng.uniform(2, 6), 0.02) if rng.random() < 0.1 else (1.2, 3.0)
        for interval in (0, 4, 7) if rng.random() < 0.2 else (0,):
            _strike(total, at, _note(262 * 2 ** ((step + interval) / 12), length, decay))
        at += length if decay < 1 else float(rng.choice([0.2, 0.4, 0.8]))
        at += rng.uniform(2, 10) if rng.random() < 0.04 else 0
    return peak_at(total.astype(np.float32), peak_db)


def muted(rng: Rng, sound: Samples, heard_s: tuple[float, float], muted_s: tuple[float, float]) -> Samples:
    """The same, with digital silence while the microphone is off."""
    steps = len(sound) * CONTROL_RATE // RATE
    on = np.repeat(spells(rng, steps, heard_s, muted_s), RATE // CONTROL_RATE)
    return (sound * on).astype(np.float32)


def suppressed(sound: Samples, db: float) -> Samples:
    """What a browser's noise suppression leaves: 20 ms without voice are turned down by `db`."""
    blocks = sound.reshape(-1, RATE // 50)
    level = np.sqrt(np.mean(blocks**2, axis=1, keepdims=True))
    gain = np.where(level > ratio(-45), 1.0, ratio(db))
    smooth = np.convolve(np.pad(gain[:, 0], 4, mode="edge"), np.ones(9) / 9, mode="valid")
    return (blocks * smooth[:, None]).astype(np.float32).ravel()
