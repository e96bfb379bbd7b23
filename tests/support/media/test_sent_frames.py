"""The judge of the end-to-end tests: when a missing number counts as lost."""

from pathlib import Path

from tests.support.media.recorded_frames import Reading, Sighting
from tests.support.media.sent_frames import Standstill, classify


def piece(*numbers: int) -> Reading:
    """A number every 100 ms from the first on, three frames each."""
    first = numbers[0]
    sightings = [
        Sighting(0, 100 * (number - first) + 40 * frame, number) for number in numbers for frame in range(2)
    ]
    return Reading(Path("piece.mp4"), sightings={1: sightings})


def test_nothing_is_lost_where_every_number_stands_in_some_piece() -> None:
    found = classify([piece(1, 2, 3, 5), piece(3, 4, 5, 6)], [[], []], 1)
    assert (found.lost, found.never_sent, found.seen) == ([], [], 6)


def test_a_number_that_was_sent_and_stands_nowhere_is_lost() -> None:
    assert classify([piece(1, 2, 4, 5)], [[]], 1).lost == [3]


def test_a_number_of_a_camera_that_stood_still_was_never_sent() -> None:
    found = classify([piece(1, 2, 4, 5)], [[Standstill(130, 170)]], 1)
    assert (found.lost, found.never_sent) == ([], [3])


def test_a_standstill_elsewhere_or_too_short_explains_nothing() -> None:
    assert classify([piece(*range(1, 12), 13, 14)], [[Standstill(100, 170)]], 1).lost == [12]
    assert classify([piece(1, 2, 6)], [[Standstill(130, 170)]], 1).lost == [3, 4, 5]


def test_a_number_that_one_of_two_sessions_was_sent_is_lost() -> None:
    still = [[Standstill(130, 170)], []]
    assert classify([piece(1, 2, 4, 5), piece(1, 2, 4, 5)], still, 1).lost == [3]


def test_a_number_between_two_pieces_is_lost() -> None:
    assert classify([piece(1, 2), piece(4, 5)], [[Standstill(100, 170)], []], 1).lost == [3]
