"""Seams measured in real files whose truth is known."""

import io
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from archives.media.seams import SURE, Piece, SourceEstimate, UnreadableMedia, from_times, measure
from archives.media.seams.motion import Motion, match_motion, stands_still
from archives.media.seams.pieces import Pictures, Sound
from archives.media.seams.resampling import SOUND_RATE, resampled
from archives.media.seams.shrinking import FINE, Shrink
from archives.media.seams.sound import Heard, SoundMatch
from benchmarks.seam_pairs import Made, Pair, make
from benchmarks.seams import look, quick

media = pytest.mark.media


@pytest.fixture(scope="module")
def speech(tmp_path_factory) -> Made:
    return make(Pair("speech", 11, 3.0), tmp_path_factory.mktemp("speech"))


@media
@pytest.mark.parametrize("pair", quick(0), ids=lambda pair: pair.row)
def test_every_row_of_the_benchmark_keeps_its_bars(pair: Pair, tmp_path: Path):
    result = look(make(pair, tmp_path))
    if pair.overlap_s <= 0:
        assert result.method in ("times", "none")
    elif pair.row == "loop, static":
        assert not result.sure
    else:
        assert result.sure
        assert abs(result.error_ms) <= (2 if result.method == "audio" else 40)


@media
def test_it_tells_offset_overlap_and_how_it_knows(speech: Made):
    found = measure(speech.earlier, speech.later)
    assert found.offset_ms == pytest.approx(speech.true_offset_ms, abs=2)
    assert found.overlap_ms == pytest.approx(3000, abs=60)
    assert (found.method, found.sure) == ("audio", True)
    assert found.overlap_ms >= 0
    assert found.residual_av_ms == pytest.approx(0, abs=20)


@media
def test_it_says_by_how_much_sound_and_pictures_disagree(tmp_path: Path):
    made = make(Pair("late", 12, 4.0, sound_late_ms=120), tmp_path)
    found = measure(made.earlier, made.later)
    assert found.offset_ms == pytest.approx(made.true_offset_ms - 120, abs=2)
    assert found.residual_av_ms == pytest.approx(120, abs=20)
    assert (found.other.method, found.other.confidence >= SURE) == ("video", True)
    assert found.other.offset_ms == pytest.approx(made.true_offset_ms, abs=20)


@media
def test_it_says_what_the_pictures_showed_and_what_was_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The sound names another place, and is not sure: both are reported, each with its own confidence."""
    made = make(Pair("speech", 11, 3.0), tmp_path)
    elsewhere = SoundMatch(made.true_offset_ms - 1500, 0.6, 20.0, 0.7, 0.0, None)
    monkeypatch.setattr(Heard, "match", lambda heard: elsewhere)
    monkeypatch.setattr(Heard, "near", lambda heard, *bounds: replace(elsewhere, confidence=0.1))
    found = measure(made.earlier, made.later)
    assert found.method == "video"
    assert found.offset_ms == pytest.approx(made.true_offset_ms, abs=40)
    assert found.other == SourceEstimate("audio", elsewhere.offset_ms, 0.6)


@media
def test_it_tells_how_the_clocks_drift(tmp_path: Path):
    made = make(Pair("drift", 13, 12.0, drift_ppm=50), tmp_path)
    found = measure(made.earlier, made.later)
    assert found.offset_ms == pytest.approx(made.true_offset_ms, abs=1)
    assert found.drift_ppm == pytest.approx(50, abs=10)


@media
def test_it_never_reports_an_offset_outside_what_the_hint_allows(speech: Made):
    wrong = speech.true_offset_ms - 2500
    found = measure(speech.earlier, speech.later, hint_offset_ms=wrong, max_hint_error_ms=1000)
    assert (found.method, found.offset_ms) == ("times", wrong)
    assert found.confidence < SURE


@media
def test_a_hint_of_a_gap_is_a_gap_and_nothing_is_decoded(speech: Made):
    found = measure(speech.earlier, speech.later, hint_offset_ms=60_000, max_hint_error_ms=1000)
    assert found.method == "times"
    assert -found.overlap_ms == pytest.approx(60_000 - Piece(speech.earlier).end_ms)


@media
def test_it_reads_files_as_well_as_paths(speech: Made):
    earlier, later = (io.BytesIO(path.read_bytes()) for path in (speech.earlier, speech.later))
    assert measure(earlier, later).offset_ms == measure(speech.earlier, speech.later).offset_ms


@media
@pytest.mark.parametrize("content", [b"", b"no recording at all", b"\0" * 5000])
def test_a_piece_that_is_no_recording_is_named(tmp_path: Path, speech: Made, content: bytes):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    with pytest.raises(UnreadableMedia, match=r"broken\.mp4"):
        measure(speech.earlier, broken)


@media
def test_a_missing_file_is_named(tmp_path: Path, speech: Made):
    with pytest.raises(UnreadableMedia, match=r"gone\.mp4"):
        measure(tmp_path / "gone.mp4", speech.later)


@media
def test_the_sound_of_a_part_lies_where_the_whole_has_it(speech: Made):
    """Decoding from the middle (no priming there) must not shift what is heard."""
    with Piece(speech.earlier) as piece:
        whole, part = piece.sound(0, 6000), piece.sound(3000, 6000)
    expected = whole.samples[3 * SOUND_RATE :]
    length = min(len(expected), len(part.samples)) - 200
    assert np.corrcoef(expected[200:length], part.samples[200:length])[0, 1] > 0.999


@media
def test_sound_asked_for_in_parts_is_that_asked_for_at_once(speech: Made):
    with Piece(speech.later) as at_once, Piece(speech.later) as in_parts:
        whole = at_once.sound(0, 6000)
        in_parts.sound(0, 2000)
        grown = in_parts.sound(0, 6000)
    assert len(grown.samples) == len(whole.samples)
    assert np.abs(grown.samples - whole.samples).max() < 1e-3


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_a_hole_in_the_sound_stays_a_hole(rate: int):
    block, factor = 1 << 15, rate / SOUND_RATE
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * block) / rate).astype(np.float32)
    placed = [(-100, tone[:1100]), (1000, tone[1100:block]), (2 * block, tone[block:])]
    heard = resampled(iter(placed), 3 * block, rate)
    assert len(heard) == pytest.approx(3 * block / factor, abs=1)
    assert np.abs(heard[int((block + 400) / factor) : int((2 * block - 400) / factor)]).max() < 1e-3
    expected = np.sin(2 * np.pi * 440 * (np.arange(1000, 3000) / SOUND_RATE + 100 / rate))
    assert np.abs(heard[1000:3000] - expected).max() < 1e-3


@media
def test_of_a_repeating_sound_few_pictures_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What was heard tells where to look: without it, twice eight seconds would be seen."""
    made = make(Pair("loop", 14, 3.0, sound="loop"), tmp_path)
    shown = []
    monkeypatch.setattr(
        Shrink, "take", lambda self, frame, take=Shrink.take: shown.append(frame) or take(self, frame)
    )
    found = measure(made.earlier, made.later)
    assert (found.method, found.sure) == ("audio", True)
    assert found.offset_ms == pytest.approx(made.true_offset_ms, abs=1)
    assert len(shown) < 8 * 25


@media
def test_of_stretched_sound_only_pictures_near_its_place_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = make(Pair("stretched", 15, 8.0, jitter_ms=40), tmp_path)
    shown = []
    monkeypatch.setattr(
        Shrink, "take", lambda self, frame, take=Shrink.take: shown.append(frame) or take(self, frame)
    )
    found = measure(made.earlier, made.later)
    assert (found.method, found.sure) == ("video", True)
    assert found.offset_ms == pytest.approx(made.true_offset_ms, abs=20)
    assert len(shown) < 12 * 25


def test_key_frames_alone_tell_that_nothing_moves():
    rng = np.random.default_rng(8)
    wall = rng.uniform(0, 255, 576)
    still = Pictures((wall + rng.normal(0, 0.5, (6, 576))).astype(np.float32), np.arange(6) * 2000.0)
    assert stands_still(still)
    assert not stands_still(Pictures(still.luma[:3], still.times_ms[:3]))
    moved = still.luma.copy()
    moved[4, :60] += 20
    assert not stands_still(Pictures(moved, still.times_ms))


def test_times_alone_are_never_sure():
    assert from_times(10_000, None).method == "none"
    guess = from_times(10_000, 12_500)
    assert (guess.overlap_ms, guess.sure) == (-2500, False)


def sounds(samples: np.ndarray, begin: int, end: int, other_from: int) -> tuple[Sound, Sound]:
    return Sound(samples[begin:end], 0.0), Sound(samples[other_from:], 0.0)


def test_noise_that_both_hear_is_placed_between_samples():
    eighths = 8
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(20 * SOUND_RATE * eighths))
    spectrum[20 * 3500 :] = 0
    fine = np.fft.irfft(spectrum).astype(np.float32)
    earlier = Sound(fine[: 8 * SOUND_RATE * eighths : eighths], 0.0)
    later = Sound(fine[5 * SOUND_RATE * eighths + 3 :: eighths], 0.0)
    match = Heard(earlier, later, 0, 8000).match()
    assert match.offset_ms == pytest.approx(5000 + 3000 / eighths / SOUND_RATE, abs=0.02)


def test_a_steady_tone_is_never_sure():
    times = np.arange(20 * SOUND_RATE) / SOUND_RATE
    tone = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    match = Heard(*sounds(tone, 0, 10 * SOUND_RATE, 7 * SOUND_RATE), 0, 10_000).match()
    assert match is None or match.confidence < SURE


def test_silence_has_no_place():
    silent = np.zeros(10 * SOUND_RATE, np.float32)
    assert Heard(Sound(silent, 0), Sound(silent, 0), 0, 10_000).match() is None


def test_unrelated_noise_has_no_place():
    rng = np.random.default_rng(3)
    first, second = (Sound(rng.standard_normal(10 * SOUND_RATE).astype(np.float32), 0) for _ in range(2))
    match = Heard(first, second, 0, 10_000).match()
    assert match is None or match.confidence < 0.3


def test_a_jingle_that_both_happen_to_play_is_no_seam():
    rng = np.random.default_rng(4)
    first, second = (rng.standard_normal(10 * SOUND_RATE).astype(np.float32) for _ in range(2))
    second[2 * SOUND_RATE : 3 * SOUND_RATE] = first[6 * SOUND_RATE : 7 * SOUND_RATE]
    match = Heard(Sound(first, 0), Sound(second, 0), 0, 10_000).match()
    assert match.offset_ms == pytest.approx(4000, abs=1)
    assert match.confidence < SURE


def test_of_two_equally_good_places_neither_is_sure():
    rng = np.random.default_rng(5)
    passage = rng.standard_normal(3 * SOUND_RATE).astype(np.float32)
    earlier = Sound(np.concatenate([passage, passage]), 0)
    match = Heard(earlier, Sound(passage, 0), 0, 6000).near(0, 6000)
    assert match.confidence < SURE


def seen(luma: np.ndarray) -> Pictures:
    return Pictures(luma.astype(np.float32), np.arange(len(luma)) * 40.0)


def test_pictures_that_are_only_half_alike_are_not_sure():
    """Two people who move at the same moments, one of whom only one piece shows, are no proof of a place."""
    rng = np.random.default_rng(6)
    shared, own = (rng.uniform(0, 255, (100, 288)) for _ in range(2))
    first = seen(np.concatenate([shared, rng.uniform(0, 255, (100, 288))], axis=1))
    other = seen(np.concatenate([shared, own], axis=1)[50:])
    half = match_motion(Motion(first), Motion(other), 0, 4000)
    assert half.offset_ms == pytest.approx(2000, abs=20)
    assert half.confidence < 0.1
    whole = match_motion(Motion(first), Motion(seen(first.luma[50:])), 0, 4000)
    assert (whole.offset_ms, whole.confidence) == (pytest.approx(2000, abs=1), 1)


def test_pictures_asked_for_in_parts_are_those_asked_for_at_once(speech: Made):
    with Piece(speech.later) as at_once, Piece(speech.later) as in_parts:
        whole = at_once.pictures(0, 3000)
        in_parts.pictures(0, 1000)
        grown = in_parts.pictures(0, 3000)
    assert grown.times_ms.tolist() == whole.times_ms.tolist()
    assert np.array_equal(grown.luma, whole.luma)


def test_a_point_is_the_mean_of_its_part_of_the_picture():
    grey = np.repeat(np.repeat(np.arange(18 * 32).reshape(18, 32) % 200, 20, axis=0), 20, axis=1)
    frame = av.VideoFrame.from_ndarray(grey.astype(np.uint8), format="gray")
    shrink = Shrink()
    shrink.take(frame)
    assert (shrink.points()[0] / FINE**2).astype(int).tolist() == (np.arange(18 * 32) % 200).tolist()
