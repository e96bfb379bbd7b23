"""Remarks stand where the run shows what they are about, and say it in a sentence."""

from typing import Any

import pytest

from archives.models import Remark
from archives.timeline import Piece, Remarked, build
from archives.timeline.layout import Join
from archives.timeline.remarks import SENTENCES, place, sentence

DRIFT = "The sound drifts away from the picture, at the end by 240 ms {} it."


def two_pieces() -> Any:
    """a shows 0 to 9 s of the run, b from there on, from 3 s of its own media."""
    pieces = [Piece("a", "primary", 1000, 12_000), Piece("b", "secondary", 7000, 20_000)]
    return build(pieces, [Join("a", "b", 6000)])


def test_it_stands_where_the_run_shows_it() -> None:
    timeline = two_pieces()
    first, second = timeline.spans
    shown = place(timeline, [Remarked("b", "black", 5000, 8000), Remarked("a", "silent", 500, 2500)])
    assert [(each.code, each.segment, each.start_ms, each.end_ms) for each in shown] == [
        ("silent", "a", 500, 2500),
        ("black", "b", second.start_ms + 5000 - second.in_ms, second.start_ms + 8000 - second.in_ms),
    ]
    assert shown[1].start_ms == 11_000
    assert first.out_ms < 12_000


def test_what_another_piece_covers_is_cut_off_or_left_out() -> None:
    timeline = two_pieces()
    first, second = timeline.spans
    over = place(timeline, [Remarked("a", "frozen", 8000, 12_000)])
    assert [(each.start_ms, each.end_ms) for each in over] == [(8000, first.end_ms)]
    assert place(timeline, [Remarked("b", "black", 0, second.in_ms)]) == []
    assert place(timeline, [Remarked("elsewhere", "black", 0, 9000)]) == []


def test_a_length_stands_at_the_end_of_its_piece() -> None:
    timeline = two_pieces()
    (shown,) = place(timeline, [Remarked("b", "length", 20_000, 25_500, {"difference_ms": -5500})])
    assert (shown.start_ms, shown.end_ms) == (timeline.duration_ms, timeline.duration_ms)
    assert shown.text == "The file is 5.5 s shorter than the platform reports."


@pytest.mark.parametrize(
    ("code", "values", "text"),
    [
        ("skew", {"skew_ms": -240}, DRIFT.format("ahead of")),
        ("skew", {"skew_ms": 240}, DRIFT.format("behind")),
        ("length", {"difference_ms": 3000}, "The file is 3.0 s longer than the platform reports."),
        ("wrong_size", {"width": 640, "height": 480}, "The picture has another size: 640 × 480."),
        ("of a later version", {}, "of a later version"),
    ],
)
def test_the_sentence_says_how_much(code: str, values: dict[str, int], text: str) -> None:
    assert sentence(code, values) == text


def test_every_code_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Remark.Code.values)
