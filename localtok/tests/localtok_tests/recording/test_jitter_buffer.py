"""Packets come late, twice, out of order or never; frames go on in order."""

from __future__ import annotations

from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from localtok.recording.receive.jitter_buffer import PATIENCE_S, SOUND_PATIENCE_S, PatientBuffer

TICKS = 7200
FIRST_OF_FRAME, FURTHER = b"\x10", b"\x00"


def packet(number: int, frame: int, first: bool = True) -> RtpPacket:
    made = RtpPacket(sequence_number=number % 65536, timestamp=frame * TICKS)
    made.payload = FIRST_OF_FRAME if first else FURTHER
    made._data = bytes([frame % 256])  # type: ignore[attr-defined]
    return made


def fed(buffer: PatientBuffer, *packets: RtpPacket) -> list[int]:
    """The frames that come out."""
    frames = []
    for each in packets:
        _, frame = buffer.add(each)
        while frame is not None:
            frames.append(frame.timestamp // TICKS)
            frame = buffer.next_frame()
    return frames


def test_frames_come_in_order_whatever_overtook_what() -> None:
    assert fed(PatientBuffer(is_video=True), *(packet(n, n) for n in (0, 2, 1, 3, 5, 4, 6))) == [
        0,
        1,
        2,
        3,
        4,
        5,
    ]


def test_what_waited_for_a_packet_comes_out_with_it_at_once() -> None:
    buffer = PatientBuffer(is_video=True)
    assert fed(buffer, *(packet(n, n) for n in (0, 1, 3, 4, 5, 6))) == [0]
    assert buffer.missing() == [2]
    assert fed(buffer, packet(2, 2)) == [1, 2, 3, 4, 5]
    assert buffer.missing() == []


def test_what_never_comes_is_waited_for_as_long_as_it_may() -> None:
    buffer = PatientBuffer(is_video=True)
    # Frame 2 has lost its first packet, frame 3 is whole.
    fed(buffer, packet(0, 0), packet(1, 1), packet(3, 2, first=False), packet(4, 3), packet(5, 4))
    assert not buffer.give_up(0.0)
    assert not buffer.give_up(PATIENCE_S / 2)
    assert buffer.give_up(PATIENCE_S)
    frame = buffer.next_frame()
    assert frame is not None
    assert frame.timestamp == 3 * TICKS
    assert fed(buffer, packet(6, 5), packet(2, 2)) == [4]


def test_each_missing_packet_is_waited_for_from_when_it_was_missed() -> None:
    buffer = PatientBuffer(is_video=True)
    fed(buffer, packet(0, 0), packet(2, 2))
    assert not buffer.give_up(0.0)
    fed(buffer, packet(3, 3), packet(5, 5))
    assert not buffer.give_up(PATIENCE_S / 2)
    fed(buffer, packet(1, 1))
    assert not buffer.give_up(PATIENCE_S)
    assert buffer.missing() == [4]
    assert buffer.give_up(1.6 * PATIENCE_S)


def test_many_losses_are_not_waited_for_one_after_the_other() -> None:
    buffer = PatientBuffer(is_video=True)
    fed(buffer, *(packet(n, n) for n in range(0, 100, 2)))
    buffer.give_up(0.0)
    given_up = 0
    while buffer.give_up(PATIENCE_S):
        given_up += 1
        while buffer.next_frame() is not None:
            pass
    assert given_up == 49


def test_lost_sound_is_passed_over_sooner_and_without_regard_to_what_begins() -> None:
    buffer = PatientBuffer(is_video=False)
    assert fed(buffer, packet(0, 0, first=False), packet(2, 2, first=False), packet(3, 3, first=False)) == [0]
    assert buffer.missing() == [1]
    assert not buffer.give_up(0.0)
    assert buffer.give_up(SOUND_PATIENCE_S)
    frame = buffer.next_frame()
    assert frame is not None
    assert frame.timestamp == 2 * TICKS


def test_with_no_frame_to_go_on_with_it_waits() -> None:
    buffer = PatientBuffer(is_video=True)
    fed(buffer, packet(0, 0), packet(2, 1, first=False))
    assert not any(buffer.give_up(at) for at in (0.0, 10.0, 20.0))


def test_a_packet_that_comes_twice_and_late_changes_nothing() -> None:
    buffer = PatientBuffer(is_video=True)
    fed(buffer, *(packet(n, n) for n in range(200)))
    assert fed(buffer, packet(20, 20), packet(200, 200)) == [199]


def test_numbers_wrap() -> None:
    buffer = PatientBuffer(is_video=True)
    numbers = [65533, 65534, 0, 1, 65535, 2]
    order = {65533: 0, 65534: 1, 65535: 2, 0: 3, 1: 4, 2: 5}
    assert fed(buffer, *(packet(n, order[n]) for n in numbers)) == [0, 1, 2, 3, 4]


def test_a_sender_that_begins_anew_is_followed() -> None:
    buffer = PatientBuffer(is_video=True)
    fed(buffer, *(packet(n, n) for n in range(5000, 5010)))
    assert fed(buffer, *(packet(n, n + 9000) for n in (100, 101, 102))) == [9100, 9101]
    assert buffer.missing() == []


def test_a_frame_that_says_it_ends_waits_for_no_other() -> None:
    buffer = PatientBuffer(is_video=True)
    begun, ended = packet(0, 0), packet(1, 0, first=False)
    ended.marker = 1
    assert fed(buffer, begun) == []
    assert fed(buffer, ended) == [0]


def test_what_is_whole_before_a_hole_is_not_lost_with_it() -> None:
    buffer = PatientBuffer(is_video=True)
    whole = packet(1, 1)
    whole.marker = 1
    assert fed(buffer, packet(0, 0), whole, packet(3, 3), packet(4, 4)) == [0, 1]
    assert buffer.pass_over()
    assert fed(buffer, packet(5, 5)) == [3, 4]


def test_padding_is_no_frame() -> None:
    buffer = PatientBuffer(is_video=True)
    padding = packet(1, 0, first=False)
    padding._data = b""  # type: ignore[attr-defined]
    shown = packet(0, 0)
    shown.marker = 1
    assert fed(buffer, shown, padding, packet(2, 1), packet(3, 2)) == [0, 1]


def sound_handed_out(buffer: JitterBuffer, lost: set[int]) -> int:
    """How many of a hundred frames come out by the end of a call in which some are lost."""
    handed = 0
    for number in set(range(100)) - lost:
        _, frame = buffer.add(packet(number, number, first=False))
        handed += frame is not None
        if isinstance(buffer, PatientBuffer):
            handed += rest(buffer)
            buffer.give_up(number / 50)
            handed += rest(buffer)
    while isinstance(buffer, PatientBuffer) and buffer.pass_over():
        handed += rest(buffer)
    return handed


def rest(buffer: PatientBuffer) -> int:
    count = 0
    while buffer.next_frame() is not None:
        count += 1
    return count


def test_all_sound_that_came_is_handed_out_by_the_end() -> None:
    lost = {20, 40, 60, 97}
    assert sound_handed_out(PatientBuffer(is_video=False), lost) == 96
    # aiortc's own gives out one for each that comes, and so keeps what once waited.
    assert sound_handed_out(JitterBuffer(capacity=16, prefetch=4), lost) < 90
