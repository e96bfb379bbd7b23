"""What the recorder says of a stream's pictures before they are decoded."""

from localtok.recording.receive.media_clock import PeerClock, StreamClock
from localtok.recording.receive.reception import Reception, Standstill

TICKS = 90_000


def receive(*packets: tuple[int, float]) -> Reception:
    """Packets by sequence number and capture second, each arriving in its time."""
    clock = StreamClock(PeerClock(), TICKS)
    reception = Reception(clock)
    for number, second in packets:
        clock.arrived(round(second * TICKS), 1000 + second)
        reception.arrived(number, clock.unwrap(round(second * TICKS)))
    return reception


def test_pictures_of_an_even_stream_are_counted_once_each() -> None:
    reception = receive(*((number, number // 2 / 30) for number in range(60)))
    assert (reception.packets, reception.pictures, reception.lost) == (60, 30, 0)
    assert reception.standstills(1000) == []


def test_a_camera_that_stands_still_is_noted_with_its_place_in_the_recording() -> None:
    reception = receive((1, 0.0), (2, 0.033), (3, 0.2), (4, 0.233))
    assert reception.standstills(1000) == [Standstill(at_ms=33, ms=167)]
    assert reception.first_ms(999.5) == 500
    assert reception.standstills(999.5) == [Standstill(at_ms=533, ms=167)]


def test_packets_that_never_came_are_counted_over_the_wrap_of_their_numbers() -> None:
    reception = receive((65534, 0.0), (65535, 0.033), (2, 0.066), (1, 0.066))
    assert (reception.lost, reception.pictures) == (1, 3)
