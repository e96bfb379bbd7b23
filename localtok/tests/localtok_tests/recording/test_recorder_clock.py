import random

import pytest

from localtok.recording.receive.media_clock import SLEW, PeerClock, StreamClock

RATE = 90_000


def run(clock: StreamClock, seconds: float, delay_s, first: int = 0, drift: float = 0.0) -> float:
    """25 packets a second, captured at 0, 0.04, …; returns how far the clock is off at the end."""
    count = round(seconds * 25)
    for index in range(count):
        captured = index / 25
        clock.arrived(
            (first + round(captured * (1 + drift) * RATE)) % (1 << 32), captured + delay_s(captured)
        )
    last = clock.unwrap((first + round((count - 1) / 25 * (1 + drift) * RATE)) % (1 << 32))
    return clock.at(last) - (count - 1) / 25


def test_bursts_and_stalls_do_not_move_it() -> None:
    dice = random.Random(1)
    off = run(
        StreamClock(PeerClock(), RATE), 20, lambda at: 0.02 + dice.expovariate(20) + (9 < at < 11) * 1.0
    )
    assert off == pytest.approx(0.02, abs=0.01)


def test_it_follows_a_drifting_clock() -> None:
    off = run(StreamClock(PeerClock(), RATE), 600, lambda at: 0.02, drift=100e-6)
    assert off == pytest.approx(0.02, abs=0.003)


def test_the_timestamp_may_wrap() -> None:
    off = run(StreamClock(PeerClock(), RATE), 4, lambda at: 0.01, first=(1 << 32) - RATE)
    assert off == pytest.approx(0.01, abs=0.001)


def test_sound_and_picture_with_different_delays_agree_by_sender_reports() -> None:
    peer = PeerClock()
    video, audio = StreamClock(peer, RATE), StreamClock(peer, 48_000)
    for index in range(1000):
        at = index * 0.02
        video.arrived(5000 + round(at * RATE), at + 0.09)
        audio.arrived(7000 + round(at * 48_000), at + 0.01)
        if index % 50 == 25:
            video.reported(100 + at, 5000 + round(at * RATE))
            audio.reported(100 + at, 7000 + round(at * 48_000))
    assert video.at(5000 + 10 * RATE) == pytest.approx(audio.at(7000 + 10 * 48_000), abs=0.001)


def test_a_correction_after_the_beginning_is_slow() -> None:
    clock = StreamClock(PeerClock(), RATE)
    before = None
    for index in range(250):
        at = index / 25
        clock.arrived(round(at * RATE), at + (0.2 if at < 3 else 0.0))
        offset = clock.at(0)
        if before is not None and at > 1:
            assert abs(offset - before) <= SLEW * (0.2 + 1 / 25) + 1e-9
        before = offset


def test_it_says_that_it_knows_nothing_before_the_first_packet() -> None:
    with pytest.raises(ValueError, match="no packet"):
        StreamClock(PeerClock(), RATE).at(0)
