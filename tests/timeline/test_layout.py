"""The timeline: spans in order, the run covered exactly once, gaps where they are."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archives.timeline import SETTLE_MS, TAIL_MS, Hole, Join, Piece, Timeline, build
from archives.timeline.causes import UNKNOWN

START = 1_700_000_000_000


def piece(name, begin, end, session="primary", **kw):
    return Piece(name, session, START + begin, end - begin, **kw)


def shown(timeline: Timeline):
    return [(span.segment, span.start_ms, span.in_ms, span.out_ms) for span in timeline.spans]


# A run as the platform may leave it: pieces anywhere, some lost, some not ready, some holes.
pieces_of_a_run = st.lists(
    st.tuples(
        st.integers(0, 30_000),
        st.integers(0, 12_000),
        st.sampled_from(["ready", "ready", "ready", "lost", "pending"]),
        st.integers(0, 300),
    ),
    max_size=14,
).map(
    lambda rows: [
        Piece(str(number), "primary", START + begin, length, min(head, length), state, "recorder_failed")
        for number, (begin, length, state, head) in enumerate(rows)
    ]
)
holes_of_a_run = st.lists(
    st.tuples(st.integers(0, 40_000), st.integers(-10, 5_000)).map(
        lambda h: Hole(START + h[0], START + h[0] + h[1], "nobody published")
    ),
    max_size=3,
)


def there(pieces, instant):
    """The ready pieces that have media at this wall-clock instant."""
    return {
        p.id
        for p in pieces
        if p.state == "ready" and p.wall_ms + p.begin_ms <= instant < p.wall_ms + p.end_ms
    }


def edges(pieces, holes):
    begins = [p.wall_ms + p.begin_ms for p in pieces if p.state != "pending" and p.end_ms > p.begin_ms]
    ends = [p.wall_ms + p.end_ms for p in pieces if p.state != "pending" and p.end_ms > p.begin_ms]
    real = [h for h in holes if h.until_ms > h.from_ms]
    return begins + [h.from_ms for h in real], ends + [h.until_ms for h in real]


@settings(max_examples=400, deadline=None)
@given(pieces_of_a_run, holes_of_a_run)
@example([piece("a", 0, 10_000), piece("b", 9_999, 10_001), piece("c", 9_990, 20_000)], [])
def test_it_covers_the_run_exactly_once_in_order(pieces, holes):
    timeline = build(pieces, holes=holes)
    begins, ends = edges(pieces, holes)
    if not begins:
        assert timeline.spans == ()
        return
    assert timeline.began_at_ms == min(begins)
    assert timeline.duration_ms == max(ends) - min(begins) == sum(s.length_ms for s in timeline.spans)
    position = 0
    for span in timeline.spans:
        assert span.start_ms == position
        assert span.length_ms > 0
        position = span.end_ms


@settings(max_examples=400, deadline=None)
@given(pieces_of_a_run, holes_of_a_run)
def test_it_shows_media_where_there_is_any_and_a_gap_only_where_there_is_none(pieces, holes):
    timeline = build(pieces, holes=holes)
    by_id = {p.id: p for p in pieces}
    cuts = {p.wall_ms + at for p in pieces for at in (p.begin_ms, p.end_ms)}
    for span in timeline.spans:
        begin, end = timeline.wall_ms(span.start_ms), timeline.wall_ms(span.end_ms)
        if span.kind == "segment":
            assert by_id[span.segment].state == "ready"
            assert by_id[span.segment].begin_ms <= span.in_ms < span.out_ms <= by_id[span.segment].end_ms
            assert begin == by_id[span.segment].wall_ms + span.in_ms
        else:
            assert all(not there(pieces, at) for at in {begin, *(c for c in cuts if begin < c < end)})
            assert span.causes
            assert span.in_ms == 0


@settings(max_examples=400, deadline=None)
@given(pieces_of_a_run)
@example([piece("a", 17, 20), piece("b", 15, 18)])
def test_a_change_may_move_within_its_window_and_both_pieces_have_media_there(pieces):
    timeline = build(pieces)
    for before, after in zip(timeline.spans, timeline.spans[1:], strict=False):
        if "gap" in (before.kind, after.kind):
            assert after.change_from_ms is None or after.kind == "segment"
            continue
        if after.change_from_ms is None:
            continue
        assert after.change_from_ms <= after.start_ms <= after.change_until_ms
        for at in (after.change_from_ms, after.start_ms, after.change_until_ms):
            # The old piece is shown up to the change, the new one from it on.
            assert before.segment in there(pieces, timeline.wall_ms(at - 1))
            assert after.segment in there(pieces, timeline.wall_ms(at))


@settings(max_examples=200, deadline=None)
@given(pieces_of_a_run, st.integers(0, 40_000))
def test_every_instant_is_found_in_the_span_that_shows_it(pieces, at):
    timeline = build(pieces)
    if at >= timeline.duration_ms:
        with pytest.raises(ValueError, match="outside this run"):
            timeline.at(at)
        return
    span = timeline.at(at)
    assert span.start_ms <= at < span.end_ms


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-900, 900), min_size=2, max_size=12), st.integers(1, 3))
def test_measured_joins_outweigh_clocks_that_are_wrong_by_a_second(errors, overlap_s):
    overlap = overlap_s * 1000
    pieces = [
        Piece(str(n), "primary", START + n * (20_000 - overlap) + error, 20_000)
        for n, error in enumerate(errors)
    ]
    joins = [Join(str(n), str(n + 1), 20_000 - overlap) for n in range(len(errors) - 1)]
    timeline = build(pieces, joins)
    assert [span.segment for span in timeline.spans] == [p.id for p in pieces]
    assert timeline.duration_ms == len(errors) * (20_000 - overlap) + overlap
    for before, after in zip(timeline.spans, timeline.spans[1:], strict=False):
        assert before.out_ms - after.in_ms == 20_000 - overlap


def test_it_changes_to_a_piece_that_has_settled_and_leaves_the_old_one_before_its_end():
    timeline = build([piece("a", 0, 10_000), piece("b", 9_200, 20_000)])
    assert shown(timeline) == [("a", 0, 0, 9_700), ("b", 9_700, 500, 10_800)]
    assert timeline.spans[1].change_from_ms == 9_200 + SETTLE_MS
    assert timeline.spans[1].change_until_ms == 10_000 - TAIL_MS


def test_it_changes_in_the_middle_of_a_long_overlap():
    assert shown(build([piece("a", 0, 10_000), piece("b", 4_000, 20_000)]))[1] == ("b", 7_000, 3_000, 16_000)


@pytest.mark.parametrize(
    ("whole_ms", "at", "earliest"),
    [
        # Before the middle nothing changes; after it the old piece is shown until everybody is in the new.
        (3_000.0, 6_000, 3_000),
        (8_500.0, 8_500, 8_500),
        # Not known before the old one ended: it is left as late as can be.
        (12_000.0, 10_000 - TAIL_MS, 10_000 - TAIL_MS),
        (None, 6_000, 2_000 + SETTLE_MS),
    ],
)
def test_it_changes_once_the_new_piece_records_everybody(whole_ms, at, earliest):
    later = Piece("b", "secondary", 2_000, 20_000, whole_ms=whole_ms)
    timeline = build([Piece("a", "primary", 0, 10_000), later])
    assert [span.start_ms for span in timeline.spans] == [0, at]
    assert timeline.spans[1].change_from_ms == earliest


def test_it_uses_even_a_very_short_overlap():
    timeline = build([piece("a", 0, 10_000), piece("b", 9_988, 20_000)])
    assert [span.kind for span in timeline.spans] == ["segment", "segment"]


def test_it_crosses_a_restart_through_the_interim_piece():
    timeline = build(
        [
            piece("first", 0, 60_000),
            piece("interim", 55_000, 66_000, "secondary"),
            piece("second", 61_000, 120_000),
        ]
    )
    assert [(s.segment, s.session) for s in timeline.spans] == [
        ("first", "primary"),
        ("interim", "secondary"),
        ("second", "primary"),
    ]
    assert timeline.duration_ms == 120_000


def test_it_keeps_the_interim_piece_where_the_next_has_not_settled_yet():
    pieces = [piece("first", 0, 60_000), piece("interim", 55_000, 66_000), piece("second", 59_900, 120_000)]
    assert [s.segment for s in build(pieces).spans] == ["first", "interim", "second"]


def test_it_skips_a_piece_that_adds_nothing():
    pieces = [piece("a", 0, 60_000), piece("inside", 10_000, 20_000), piece("b", 58_000, 90_000)]
    assert [s.segment for s in build(pieces).spans] == ["a", "b"]


def test_a_lost_piece_is_a_gap_with_its_reason_where_nothing_else_was_recorded():
    pieces = [
        piece("a", 0, 10_000),
        piece("lost", 9_000, 20_000, state="lost", cause="recorder_failed"),
        piece("b", 18_000, 30_000),
    ]
    gap = build(pieces).spans[1]
    assert (gap.kind, gap.start_ms, gap.in_ms, gap.out_ms) == ("gap", 10_000, 0, 8_000)
    assert gap.causes == ("recorder_failed",)


def test_a_lost_piece_that_others_cover_leaves_no_gap():
    pieces = [piece("a", 0, 10_000), piece("lost", 8_000, 12_000, state="lost"), piece("b", 9_000, 30_000)]
    assert [s.kind for s in build(pieces).spans] == ["segment", "segment"]


def test_a_hole_nobody_explains_says_so_and_a_stated_one_says_why():
    pieces = [piece("a", 0, 10_000), piece("b", 12_000, 20_000), piece("c", 25_000, 30_000)]
    timeline = build(pieces, holes=[Hole(START + 10_000, START + 12_000, "session_ended")])
    assert [s.causes for s in timeline.spans if s.kind == "gap"] == [("session_ended",), (UNKNOWN,)]


def test_a_hole_at_the_end_belongs_to_the_run():
    timeline = build([piece("a", 0, 10_000)], holes=[Hole(START + 10_000, START + 14_500, "session_ended")])
    assert timeline.duration_ms == 14_500
    assert timeline.spans[-1].causes == ("session_ended",)


def test_a_run_that_still_records_ends_with_its_latest_finished_piece():
    pieces = [piece("a", 0, 10_000), piece("b", 9_000, 20_000), piece("c", 19_000, 19_000, state="pending")]
    assert build(pieces).duration_ms == 20_000


def test_a_piece_not_ready_yet_before_a_finished_one_is_a_gap_for_now():
    pieces = [
        piece("a", 0, 10_000),
        piece("b", 9_000, 21_000, state="pending"),
        piece("c", 20_000, 30_000),
    ]
    gap = build(pieces).spans[1]
    assert (gap.kind, gap.length_ms, gap.causes) == ("gap", 10_000, ("not_ready",))


def test_the_surest_of_two_joins_is_believed():
    pieces = [piece("a", 0, 10_000), piece("b", 5_000, 15_000)]
    timeline = build(pieces, [Join("a", "b", 6_000, 0.9), Join("a", "b", 3_000, 0.3)])
    assert timeline.duration_ms == 16_000


def test_ten_thousand_pieces_take_no_more_than_a_small_factor_per_piece():
    def seconds(count):
        pieces = [piece(str(n), n * 10_000, n * 10_000 + 11_000) for n in range(count)]
        lost = [piece(f"x{n}", n * 10_000, n * 10_000 + 50, state="lost") for n in range(count)]
        joins = [Join(str(n), str(n + 1), 10_000) for n in range(count - 1)]
        begin = time.process_time()
        timeline = build(pieces + lost, joins)
        took = time.process_time() - begin
        assert len(timeline.spans) == count
        return took

    few = min(seconds(500) for _ in range(3))
    assert min(seconds(10_000) for _ in range(2)) / few < 20 * 8
