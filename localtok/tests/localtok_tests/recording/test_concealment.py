"""Lost frames of a voice: what is heard instead."""

from __future__ import annotations

import numpy as np
import pytest

from localtok.recording.compose.concealment import FADED, HELD, LONGEST_HOLE, Concealment
from localtok.recording.compose.mixer import RATE, Samples

FRAME = RATE // 50


def voice(frames: int) -> Samples:
    """A vowel of 140 Hz whose pitch wanders, as voices do."""
    at = np.arange(frames * FRAME) / RATE
    phase = 2 * np.pi * (140 * at + 3 * np.sin(2 * np.pi * 0.7 * at))
    return sum(np.sin(n * phase) / n for n in (1, 2, 3, 5)).astype(np.float32) * 0.3


def concealed(sound: Samples, lost: set[int]) -> Samples:
    concealment, heard, hole = Concealment(), [], 0
    for number in range(len(sound) // FRAME):
        if number in lost:
            hole += FRAME
            continue
        if hole:
            heard.append(concealment.fill(hole))
            hole = 0
        heard.append(concealment.heard(sound[number * FRAME : (number + 1) * FRAME]))
    return np.concatenate(heard)


def energy(samples: Samples) -> float:
    return float((samples.astype(np.float64) ** 2).sum())


def test_a_voice_goes_on_through_a_lost_frame() -> None:
    sound, lost = voice(400), set(range(10, 390, 20))
    heard = concealed(sound, lost)
    assert len(heard) == len(sound)
    silent = sound.copy()
    for number in lost:
        silent[number * FRAME : (number + 1) * FRAME] = 0
    assert energy(heard - sound) < energy(silent - sound) / 4


def test_nothing_clicks() -> None:
    sound = voice(100)
    steps = np.abs(np.diff(concealed(sound, {20, 40, 41, 60, 61, 62, 63, 64})))
    assert steps.max() < 2 * np.abs(np.diff(sound)).max()


def test_a_long_hole_fades_into_silence() -> None:
    sound = voice(40)
    heard = concealed(sound, set(range(20, 30)))
    hole = heard[20 * FRAME : 30 * FRAME]
    loud = np.abs(sound).max()
    assert np.abs(hole[:HELD]).max() > 0.7 * loud
    assert not hole[FADED:].any()
    assert len(heard) == len(sound)


def test_a_pause_is_not_filled_to_its_end() -> None:
    concealment = Concealment()
    concealment.heard(voice(3))
    assert len(concealment.fill(LONGEST_HOLE + 1)) == FADED


def test_silence_stays_silent() -> None:
    assert not concealed(np.zeros(20 * FRAME, np.float32), {5, 9, 10}).any()


@pytest.mark.parametrize("heard_before", [0, 100, FRAME - 1])
def test_a_hole_right_at_the_beginning_is_silent(heard_before: int) -> None:
    concealment = Concealment()
    concealment.heard(voice(1)[:heard_before])
    filled = concealment.fill(FRAME)
    assert len(filled) == FRAME
    assert not filled.any()
