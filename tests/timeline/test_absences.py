"""Who is missing although something was recorded: from pieces and streams, without a database."""

import pytest

from archives.timeline.absences import Absent, Published, Recorded, as_told, both, merged, missing, without

S = 1000
HOUR = Recorded("primary", (0, 3600 * S))


def published(*bounds: tuple[int, int], session: str = "primary") -> list[Published]:
    return [Published(session, (begin * S, end * S)) for begin, end in bounds]


def absent(person: str, begin: int, end: int, cause: str = "", sure: bool = True) -> Absent:
    return Absent(person, person.title(), (begin * S, end * S), (cause,) if cause else (), sure)


def test_stretches_are_merged_cut_and_taken_away() -> None:
    assert merged([(5, 7), (1, 3), (2, 5)]) == [(1, 7)]
    assert both([(0, 10)], [(2, 3), (5, 20)]) == [(2, 3), (5, 10)]
    assert both([(0, 4), (6, 9)], [(1, 8)]) == [(1, 4), (6, 8)]
    assert without([(0, 10)], [(2, 3), (5, 20)]) == [(0, 2), (3, 5)]
    assert without([(0, 4), (6, 9)], []) == [(0, 4), (6, 9)]
    assert without([], [(1, 2)]) == []


def test_who_goes_and_comes_back_is_missing_in_between() -> None:
    assert missing("ann", [HOUR], published((10, 60), (72, 600))) == [(60 * S, 72 * S)]


def test_who_comes_late_or_goes_early_is_not_missing() -> None:
    assert missing("ann", [HOUR], published((100, 200))) == []


def test_whose_connection_was_lost_is_missing_to_the_end() -> None:
    assert missing("ann", [HOUR], published((0, 200)), to_the_end=True) == [(200 * S, 3600 * S)]


def test_nobody_is_missing_where_nothing_was_recorded() -> None:
    pieces = [Recorded("primary", (0, 50 * S)), Recorded("primary", (65 * S, 90 * S))]
    assert missing("ann", pieces, published((0, 40), (60, 90))) == [(40 * S, 50 * S)]


def test_what_is_shorter_than_the_clocks_are_good_for_is_not_said() -> None:
    streams = [Published("primary", (0, 60_000)), Published("primary", (60_900, 90_000))]
    assert missing("ann", [HOUR], streams) == []


CHANGE_OVER = [
    Recorded("primary", (0, 100 * S)),
    Recorded("secondary", (98 * S, 110 * S)),
    Recorded("primary", (108 * S, 200 * S)),
]


def test_who_is_in_both_sessions_of_a_change_over_is_whole() -> None:
    streams = [*published((0, 200)), *published((95, 112), session="secondary")]
    assert missing("ann", CHANGE_OVER, streams) == []


def test_who_comes_into_the_second_session_late_is_missing_until_then() -> None:
    streams = [*published((0, 200)), *published((104, 112), session="secondary")]
    assert missing("ann", CHANGE_OVER, streams) == [(100 * S, 104 * S)]


def test_of_whom_nothing_was_heard_in_the_second_session_nothing_is_said() -> None:
    """Their callback may have been lost."""
    assert missing("ann", CHANGE_OVER, published((0, 200))) == []


def test_whom_the_platforms_list_did_not_show_is_missing() -> None:
    interim = Recorded("secondary", (98 * S, 110 * S), frozenset({"ann"}))
    pieces = [CHANGE_OVER[0], interim, CHANGE_OVER[2]]
    assert missing("ann", pieces, published((0, 200))) == [(100 * S, 108 * S)]
    assert missing("ben", pieces, published((0, 200))) == []


def test_who_is_gone_from_the_call_is_missing_from_the_interim_too() -> None:
    assert missing("ann", CHANGE_OVER, published((0, 90), (150, 200))) == [(90 * S, 150 * S)]


@pytest.mark.parametrize("sure", [True, False])
def test_what_touches_is_told_as_one(sure: bool) -> None:
    """The page lost its connection, then the platform gave its stream up."""
    parts = [absent("ann", 60, 70, "lost", sure=False), absent("ann", 69, 72, "lost", sure)]
    assert as_told([*parts, absent("ben", 60, 65)], []) == [
        absent("ben", 60, 65),
        absent("ann", 60, 72, "lost", sure=False),
    ]


def test_a_gap_of_the_run_is_nobodys_own() -> None:
    gap = (65 * S, 90 * S)
    assert as_told([absent("ann", 60, 80)], [gap]) == [absent("ann", 60, 65)]
    assert as_told([absent("ann", 66, 80)], [gap]) == []
