from hypothesis import example, given
from hypothesis import strategies as st

from localtok.recording.receive.playout import MOST_WAITING, MOST_WAITING_BYTES, Playout

TICK = 0.04


def playout() -> Playout[int]:
    return Playout(lambda microseconds: microseconds / 1e6)


def play(frames: list[tuple[float, int, int]], seconds: float) -> list[int]:
    """`frames` are (arrival s, timestamp µs, number); one tick every 40 ms, 1 s behind arrival."""
    stream, shown, waiting = playout(), [], sorted(frames)
    for tick in range(round(seconds / TICK)):
        media = tick * TICK
        while waiting and waiting[0][0] <= media + 1.0:
            _, timestamp, number = waiting.pop(0)
            stream.add(timestamp, number)
        picture = stream.advance(media)
        if picture is not None:
            shown.append(picture)
    return shown


def numbers_lost(shown: list[int]) -> set[int]:
    return set(range(shown[0], shown[-1] + 1)) - set(shown)


def test_each_picture_of_a_slow_camera_is_shown() -> None:
    assert play([(n * 0.08, n * 80_000, n) for n in range(50)], 5) == list(range(50))


def test_a_faster_camera_shows_what_is_current() -> None:
    shown = play([(n / 60, n * 1_000_000 // 60, n) for n in range(120)], 2.1)
    assert len(shown) >= 49
    assert shown == sorted(shown)


def test_nothing_is_lost_when_all_comes_late_in_one_burst() -> None:
    shown = play([(max(n * 0.08, 4.0 if n > 12 else 0), n * 80_000, n) for n in range(100)], 9)
    assert shown == list(range(100))


def test_it_is_on_time_again_after_a_burst() -> None:
    stream = playout()
    for tick in range(200):
        if tick == 75:
            for number in range(25):
                stream.add(number * 80_000, number)
        if tick >= 75 and tick % 2 == 0 and tick // 2 >= 25:
            stream.add(tick * 40_000, tick // 2)
        stream.advance(tick * TICK)
    assert len(stream) == 0


@example([0.0] * 10 + [2.0] + [0.0] * 49, 23.75, 0.0)
@given(st.lists(st.floats(0, 3), min_size=60, max_size=60), st.floats(20, 31), st.floats(-8, 8))
def test_a_number_shown_for_80_ms_is_never_lost(lateness: list[float], fps: float, phase: float) -> None:
    frames, latest = [], 0.0
    for index in range(60):
        captured = index / fps + phase / 1000 + 0.01
        latest = max(latest, captured + lateness[index])
        # A camera picture shows the counter's value at its capture; the counter changes every 80 ms.
        frames.append((latest, round(captured * 1e6), int(captured / 0.08)))
    shown = play(frames, 10)
    assert numbers_lost(shown) <= numbers_lost([number for _, _, number in frames])


def test_a_silent_stream_starts_again_at_once() -> None:
    stream = playout()
    stream.add(0, 1)
    assert stream.advance(0.0) == 1
    stream.add(30_000_000, 2)
    assert stream.advance(29.96) is None
    assert stream.advance(30.0) == 2


def test_memory_comes_first_when_nobody_takes() -> None:
    stream = playout()
    for number in range(MOST_WAITING + 10):
        stream.add(number, number)
    assert (len(stream), stream.counts.overflowed) == (MOST_WAITING, 10)


def test_a_picture_older_than_the_last_one_is_not_shown() -> None:
    stream = playout()
    stream.add(100, 2)
    stream.add(50, 1)
    assert stream.advance(1.0) == 2
    assert stream.counts.passed_over == 1


def test_large_pictures_wait_in_smaller_number() -> None:
    stream: Playout[int] = Playout(
        lambda timestamp: timestamp / 1000, lambda picture: MOST_WAITING_BYTES // 90
    )
    for number in range(100):
        stream.add(number * 40, number)
    assert (len(stream), stream.counts.overflowed) == (90, 10)
