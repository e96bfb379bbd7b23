"""Packets come late, twice, out of order or never; frames go on in order."""

from __future__ import annotations

from aiortc.rtp import RtpPacket

from localtok.jitterbuffer import PATIENCE_S, VideoBuffer

TICKS = 7200
FIRST_OF_FRAME, FURTHER = b"\x10", b"\x00"


def packet(number: int, frame: int, first: bool = True) -> RtpPacket:
    made = RtpPacket(sequence_number=number % 65536, timestamp=frame * TICKS)
    made.payload = FIRST_OF_FRAME if first else FURTHER
    made._data = bytes([frame % 256])  # type: ignore[attr-defined]
    return made


def fed(buffer: VideoBuffer, *packets: RtpPacket) -> list[int]:
    """The frames that come out."""
    frames = []
    for each in packets:
        _, frame = buffer.add(each)
        while frame is not None:
            frames.append(frame.timestamp // TICKS)
            frame = buffer.next_frame()
    return frames


def test_frames_come_in_order_whatever_overtook_what() -> None:
    assert fed(VideoBuffer(), *(packet(n, n) for n in (0, 2, 1, 3, 5, 4, 6))) == [0, 1, 2, 3, 4, 5]


def test_what_waited_for_a_packet_comes_out_with_it_at_once() -> None:
    buffer = VideoBuffer()
    assert fed(buffer, *(packet(n, n) for n in (0, 1, 3, 4, 5, 6))) == [0]
    assert buffer.missing() == [2]
    assert fed(buffer, packet(2, 2)) == [1, 2, 3, 4, 5]
    assert buffer.missing() == []


def test_what_never_comes_is_waited_for_as_long_as_it_may() -> None:
    buffer = VideoBuffer()
    # Frame 2 has lost its first packet, frame 3 is whole.
    fed(buffer, packet(0, 0), packet(1, 1), packet(3, 2, first=False), packet(4, 3), packet(5, 4))
    assert not buffer.give_up(0.0)
    assert not buffer.give_up(PATIENCE_S / 2)
    assert buffer.give_up(PATIENCE_S)
    frame = buffer.next_frame()
    assert frame is not None
    assert frame.timestamp == 3 * TICKS
    assert fed(buffer, packet(6, 5), packet(2, 2)) == [4]


def test_another_missing_packet_is_waited_for_anew() -> None:
    buffer = VideoBuffer()
    fed(buffer, packet(0, 0), packet(2, 2), packet(4, 4), packet(5, 5))
    buffer.give_up(0.0)
    fed(buffer, packet(1, 1))
    assert not buffer.give_up(PATIENCE_S)
    assert buffer.give_up(2 * PATIENCE_S)


def test_with_no_frame_to_go_on_with_it_waits() -> None:
    buffer = VideoBuffer()
    fed(buffer, packet(0, 0), packet(2, 1, first=False))
    assert not any(buffer.give_up(at) for at in (0.0, 10.0, 20.0))


def test_a_packet_that_comes_twice_and_late_changes_nothing() -> None:
    buffer = VideoBuffer()
    fed(buffer, *(packet(n, n) for n in range(200)))
    assert fed(buffer, packet(20, 20), packet(200, 200)) == [199]


def test_numbers_wrap() -> None:
    buffer = VideoBuffer()
    numbers = [65533, 65534, 0, 1, 65535, 2]
    order = {65533: 0, 65534: 1, 65535: 2, 0: 3, 1: 4, 2: 5}
    assert fed(buffer, *(packet(n, order[n]) for n in numbers)) == [0, 1, 2, 3, 4]


def test_a_sender_that_begins_anew_is_followed() -> None:
    buffer = VideoBuffer()
    fed(buffer, *(packet(n, n) for n in range(5000, 5010)))
    assert fed(buffer, *(packet(n, n + 9000) for n in (100, 101, 102))) == [9100, 9101]
    assert buffer.missing() == []
