"""A clock of the sound that runs slow or fast is made up for where nobody hears it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from archives.media.export import PieceSpan, export
from archives.media.export.sound import Sound
from archives.media.export.stretching import stretched
from tests.media.export.test_assemble import exported, plan_of
from tests.support.media.segment_files import Recipe, Seen, lag_ms, make, see

pytestmark = pytest.mark.media

RATE = 48_000
MARGIN = 5 * 1024


def quietest(heard: Sound, window_ms: float = 3) -> float:
    """The lowest level of any such window, beside the usual one."""
    length = round(window_ms * 48)
    levels = np.sqrt((heard[: len(heard) // length * length].reshape(-1, length) ** 2).mean(axis=1))
    return float(levels.min() / np.median(levels))


def assert_follows(seen: Seen, begin_ms: int, end_ms: int) -> None:
    """To 15 ms; where it is being stretched, a window of noise holds several instants."""
    lags = []
    for at_ms in range(begin_ms, end_ms, 150):
        try:
            lags.append(lag_ms(seen.sound, at_ms, at_ms, length_ms=60))
        except AssertionError:
            lags.append(np.nan)
    assert np.nanmax(np.abs(lags)) < 15
    assert np.isnan(lags).mean() < 0.15
    assert np.isfinite(lags[-3:]).all()


@pytest.mark.parametrize("drift", [0.002, -0.002])
def test_drifting_sound_follows_its_pictures_without_a_silence(tmp_path: Path, drift: float) -> None:
    report, seen = exported(tmp_path, [Recipe(0, 500, drift=drift), Recipe(475, 600)])
    assert_follows(seen, 100, 19_000)
    assert "its sound drifts from its clock; stretched by a packet 2 times" in report.notes[0]
    assert quietest(seen.sound[4800 : 19_000 * 48]) > 0.1
    assert report.seams[0].audio_packets_reencoded == 64


def test_missing_sound_stays_silent_and_is_not_stretched_over(tmp_path: Path) -> None:
    """A hole in the time stamps is no drift: what comes after it keeps its time."""
    report, seen = exported(tmp_path, [Recipe(0, 200, missing_ms=(3000, 3200))])
    assert not any("drifts" in note for note in report.notes)
    assert np.abs(seen.sound[3060 * 48 : 3160 * 48]).max() < 0.01
    assert lag_ms(seen.sound, 5000, 5000) == pytest.approx(0, abs=11)


def voice(samples: int, pitch: float) -> Sound:
    """Harmonics that rise and fall by turns, as vowels do."""
    seconds = np.arange(samples) / RATE
    parts = [np.sin(2 * np.pi * pitch * n * seconds) / n for n in range(1, 12)]
    louder = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * seconds)
    return (0.3 * louder * np.sum(parts, axis=0))[np.newaxis].astype(np.float32)


@pytest.mark.parametrize("pitch", [95, 123, 180, 240, 310])
@pytest.mark.parametrize("missing", [1024, -1024])
def test_a_voice_is_stretched_by_its_own_periods(pitch: float, missing: int) -> None:
    sound = voice(38 * 1024, pitch)
    heard = stretched(sound, sound.shape[1] + missing, RATE, MARGIN)
    assert heard.shape[1] == sound.shape[1] + missing
    assert np.array_equal(heard[:, :MARGIN], sound[:, :MARGIN])
    assert np.array_equal(heard[:, -MARGIN:], sound[:, -MARGIN:])
    # A click would be a step that the voice itself does not have.
    assert np.abs(np.diff(heard[0])).max() < 1.5 * np.abs(np.diff(sound[0])).max()
    assert quietest(heard[0], 12) > 0.8 * quietest(sound[0], 12)
    assert abs(pitch_of(heard) - pitch) < 2


def pitch_of(sound: Sound) -> float:
    spectrum = np.abs(np.fft.rfft(sound[0] * np.hanning(sound.shape[1]), 1 << 18))
    return float(spectrum[:4000].argmax() * RATE / (1 << 18))


@pytest.mark.parametrize("missing", [1024, -1024])
def test_silence_and_two_channels_are_stretched_too(missing: int) -> None:
    sound = np.zeros((2, 38 * 1024), np.float32)
    sound[1] = voice(38 * 1024, 150)
    heard = stretched(sound, sound.shape[1] + missing, RATE, MARGIN)
    assert heard.shape == (2, sound.shape[1] + missing)
    assert np.abs(heard[0]).max() == 0
    assert stretched(sound * 0, sound.shape[1] + missing, RATE, MARGIN).shape == heard.shape


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
@pytest.mark.parametrize("missing", [1024, -1024])
def test_it_finds_room_at_every_rate(rate: int, missing: int) -> None:
    sound = np.random.default_rng(rate).standard_normal((1, 38 * 1024)).astype(np.float32)
    assert stretched(sound, sound.shape[1] + missing, rate, MARGIN).shape == (1, 38 * 1024 + missing)


def test_pictures_that_come_late_are_shown_with_their_sound(tmp_path: Path) -> None:
    """The second piece was recorded with pictures 80 ms late; the plan says so."""
    recipes = [Recipe(0, 150), Recipe(110, 260, gop=20, late_ms=80), Recipe(215, 400, gop=35)]
    paths = [make(tmp_path / f"{number}.mp4", recipe) for number, recipe in enumerate(recipes)]
    plan = plan_of(paths, recipes)
    first, second, third = plan.spans
    assert isinstance(second, PieceSpan)
    spans = (first, replace(second, pictures_early_ms=-80.0), third)
    report = export(replace(plan, spans=spans), tmp_path / "whole.mp4")
    seen = see(tmp_path / "whole.mp4")
    assert seen.numbers == list(range(400))
    late = [at_ms - number * 40 for at_ms, number in seen.pictures if number is not None]
    assert max(late) <= 10
    assert report.frames_reencoded == 0
    assert_follows(seen, 100, 15_800)
