import numpy as np

from localtok.recording.compose.mixer import IGNORED, JUMP, MOST_STRETCH, Mixer, Voice, limited


def level(value: float, count: int) -> np.ndarray:
    return np.full(count, value, np.float32)


def test_voices_add_up_where_they_overlap_and_gaps_are_silent() -> None:
    mixer = Mixer()
    mixer.add(100, level(0.25, 200))
    mixer.add(200, level(0.5, 200))
    mix = mixer.take(500)
    assert [mix[50], mix[150], mix[250], mix[350], mix[450]] == [0, 0.25, 0.75, 0.5, 0]


def test_it_takes_without_a_voice() -> None:
    assert not Mixer().take(1920).any()


def test_what_comes_after_its_time_is_counted_and_the_rest_is_heard() -> None:
    mixer = Mixer()
    mixer.take(100)
    mixer.add(50, level(0.5, 100))
    assert mixer.late == 50
    assert list(mixer.take(60)[[0, 49, 50]]) == [0.5, 0.5, 0]


def test_many_loud_voices_never_clip_and_quiet_ones_are_untouched() -> None:
    mixer = Mixer()
    tone = 0.9 * np.sin(np.arange(4800) / 10).astype(np.float32)
    for _ in range(8):
        mixer.add(0, tone)
    assert 0.9 < np.abs(mixer.take(4800)).max() <= 1
    quiet = tone * 0.5
    assert np.array_equal(limited(quiet), quiet)


def test_the_limiter_keeps_the_order_of_loudness() -> None:
    rising = np.linspace(-2, 2, 401, dtype=np.float32)
    assert (np.diff(limited(rising)) >= 0).all()


def test_frames_with_jitter_are_placed_without_a_seam() -> None:
    voice = Voice()
    starts = [
        voice.place(level(0.1, 960), 960 * index + jitter)[0] for index, jitter in enumerate([0, 20, -30])
    ]
    assert starts == [0, 960, 1920]


def test_a_drifting_clock_is_followed_in_inaudible_steps() -> None:
    voice, ahead = Voice(), 4 * IGNORED
    voice.place(level(0.1, 960), 0)
    lengths, end = [], 960
    for index in range(1, 100):
        start, samples = voice.place(level(0.1, 960), 960 * index + ahead)
        assert start == end
        end = start + len(samples)
        lengths.append(len(samples))
    assert max(lengths) == 960 + MOST_STRETCH
    assert abs(end - (960 * 100 + ahead)) <= IGNORED + MOST_STRETCH


def test_a_gap_stays_a_gap() -> None:
    voice = Voice()
    voice.place(level(0.1, 960), 0)
    assert voice.place(level(0.1, 960), 960 + 2 * JUMP)[0] == 960 + 2 * JUMP


def test_late_sound_is_heard_later_and_catches_up() -> None:
    voice, written = Voice(), 48_000
    starts, behind = [], []
    for index in range(2000):
        start, _ = voice.place(level(0.1, 960), 960 * index, written)
        assert start >= written
        starts.append(start)
        behind.append(start - 960 * index)
    assert starts == sorted(set(starts))
    assert behind[0] == written
    assert behind[-1] <= JUMP


def test_a_late_voice_leaves_out_its_pauses() -> None:
    voice = Voice()
    voice.place(level(0.1, 960), 0, earliest=48_000)
    assert len(voice.place(level(0.001, 960), 960)[1]) == 0
    assert len(voice.place(level(0.1, 960), 1920)[1]) < 960
