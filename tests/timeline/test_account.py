"""The account of a run: strong evidence over weak, both clocks, and the same numbers for every reader."""

from __future__ import annotations

from typing import Any

import pytest

from archives.timeline import Account, account_of
from archives.timeline.absences import Absent
from archives.timeline.clocks import Pause, breaks_of, elapsed_ms, media_ms
from archives.timeline.facts import RunFacts, SegmentFacts
from archives.timeline.skew import early_ms
from archives.timeline.verdicts import Estimate, Meeting, Verdict, decide

START = 1_700_000_000_123.0


def segment(number: int, began: float, length: float | None, **facts: Any) -> SegmentFacts:
    """Closed by this software at its end, which is known, unless `facts` say otherwise."""
    end = None if length is None else START + began + length
    known: dict[str, Any] = {
        "state": "ready",
        "media_ms": (0.0, length),
        "probed": True,
        "ended_ms": (end, end) if end else None,
        "closed_ms": end,
        "confirmed_ms": START + began + 100,
    }
    return SegmentFacts(str(number), number, "primary", began_ms=START + began, **known | facts)


def account(*segments: SegmentFacts, **facts: Any) -> Account:
    return account_of(RunFacts(segments, now_ms=START + 3_600_000, **facts))


def estimate(offset: float, confidence: float, source: str = "audio", **facts: Any) -> Estimate:
    return Estimate(source, offset, offset - 20, offset + 20, confidence, **facts)


def measured(offset: float, confidence: float, **facts: Any) -> dict[Any, Any]:
    return {("0", "1"): (estimate(offset, confidence, **facts),)}


def gaps(made: Account) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(gap.start_ms, gap.end_ms, gap.causes) for gap in made.gaps]


LOST = {"closed_ms": None, "cause": "recorder_failed"}


# --- verdicts ---
def test_an_unsure_measurement_does_not_erase_a_gap_that_the_times_state() -> None:
    """Repeated words made the sound say 0.62 s of overlap where 4 s were missing."""
    first, second = segment(0, 0, 60_000, **LOST), segment(1, 64_000, 60_000)
    made = account(first, second, estimates=measured(59_379, 0.527))
    assert gaps(made) == [(60_000, 64_000, ("recorder_failed",))]
    (seam,) = made.seams
    assert (seam.verdict.kind, round(seam.verdict.overlap_ms), seam.verdict.sure) == ("gap", -4000, False)
    (against,) = seam.verdict.contradicted_by
    assert (against.source, against.confidence) == ("audio", 0.527)


def test_a_sure_measurement_outweighs_the_times_and_says_that_they_differ() -> None:
    first, second = segment(0, 0, 60_000, **LOST), segment(1, 64_000, 60_000)
    made = account(first, second, estimates=measured(59_379, 0.95))
    assert made.seams[0].verdict.source == "audio"
    assert made.seams[0].verdict.sure
    assert [each.source for each in made.seams[0].verdict.contradicted_by] == ["times"]


def test_an_unsure_measurement_refines_what_it_agrees_with() -> None:
    made = account(segment(0, 0, 60_000), segment(1, 55_000, 60_000), estimates=measured(55_400, 0.6))
    assert (made.seams[0].verdict.offset_ms, made.duration_ms) == (55_400, 115_400)


def test_an_unsure_measurement_does_not_tear_covered_segments_apart() -> None:
    made = account(segment(0, 0, 60_000), segment(1, 58_000, 60_000), estimates=measured(61_000, 0.6))
    assert not made.gaps
    assert made.seams[0].verdict.kind == "overlap"


def test_covered_segments_touch_where_rounded_times_leave_a_little_between_them() -> None:
    made = account(segment(0, 0, 60_000), segment(1, 60_700, 60_000, confirmed_ms=START))
    assert (gaps(made), made.duration_ms) == ([], 120_000)


def test_a_file_that_ends_seconds_early_is_a_gap_in_every_account() -> None:
    """Closed with the next one confirmed, and yet its file ends 5 s before that begins."""
    first = segment(0, 0, 60_000, ended_ms=(START + 65_500, START + 65_600), closed_ms=START + 65_400)
    made = account(first, segment(1, 65_000, 60_000, confirmed_ms=START + 65_100))
    assert gaps(made) == [(60_000, 65_000, ("file_ends_early",))]
    assert [seam.verdict.kind for seam in made.seams] == ["gap"]
    assert made.result == "complete_with_losses"


def test_a_former_verdict_holds_until_it_is_measured_again() -> None:
    first, second = segment(0, 0, 60_000, **LOST), segment(1, 64_000, 60_000)
    made = account(first, second, estimates=measured(59_379, 0.527, former=True))
    assert not made.gaps
    assert not made.seams[0].verdict.sure


@pytest.mark.parametrize("confidence", [0.5, 0.79])
@pytest.mark.parametrize("offset", [50_000, 59_000, 61_000, 70_000])
@pytest.mark.parametrize("times", [50_000, 58_000, 62_000, 70_000])
def test_no_unsure_measurement_changes_the_kind(times: int, offset: int, confidence: float) -> None:
    meeting = Meeting(60_000, 0, covered=False)
    said = Estimate("times", times, times - 1500, times + 1500, 0.3)
    assert decide(meeting, said, [estimate(offset, confidence)]).kind == decide(meeting, said, []).kind


def decided(times: float, *measured: Estimate) -> Verdict:
    """60 s of media, then the next segment at `times` ms of it by the platform's times."""
    said = Estimate("times", times, times - 1500, times + 1500, 0.3)
    return decide(Meeting(60_000, 0, covered=False), said, measured)


def test_sound_and_pictures_that_agree_make_each_other_surer() -> None:
    verdict = decided(56_500, estimate(57_000, 0.7), estimate(57_030, 0.6, "video"))
    assert (verdict.source, verdict.offset_ms, verdict.sure) == ("audio", 57_000, True)
    assert verdict.confidence == pytest.approx(1 - 0.3 * 0.4)
    assert verdict.contradicted_by == ()


def test_agreement_that_the_times_rule_out_makes_nothing_surer() -> None:
    """Sound and pictures of a loop repeat together."""
    verdict = decided(64_000, estimate(57_000, 0.7), estimate(57_030, 0.6, "video"))
    assert (verdict.kind, verdict.source, verdict.sure) == ("gap", "times", False)
    assert [(each.source, each.confidence) for each in verdict.contradicted_by] == [
        ("audio", 0.7),
        ("video", 0.6),
    ]


def test_unsure_pictures_elsewhere_are_shown_beside_a_sure_sound() -> None:
    verdict = decided(57_000, estimate(57_000, 0.9), estimate(54_000, 0.6, "video"))
    assert (verdict.source, verdict.offset_ms, verdict.sure) == ("audio", 57_000, True)
    assert [(each.source, each.sure) for each in verdict.contradicted_by] == [("video", False)]


def test_two_sure_measurements_that_contradict_each_other_are_neither_sure() -> None:
    """What the times allow holds then, and it is not sure."""
    sound, pictures = estimate(57_000, 0.9), estimate(54_000, 0.95, "video")
    verdict = decided(57_400, sound, pictures)
    assert (verdict.source, verdict.offset_ms, verdict.sure) == ("audio", 57_000, False)
    assert [each.source for each in verdict.contradicted_by] == ["video"]
    assert decided(64_000, sound, pictures).kind == "gap"


@pytest.mark.parametrize("unsure", [0.5, 0.79])
@pytest.mark.parametrize("elsewhere", [50_000, 56_900, 57_030, 58_000, 61_000])
@pytest.mark.parametrize("times", [50_000, 57_000, 62_000])
@pytest.mark.parametrize("sources", [("audio", "video"), ("video", "audio")])
def test_what_is_unsure_moves_nothing_that_is_sure(
    times: int, elsewhere: int, unsure: float, sources: tuple[str, str]
) -> None:
    sure = estimate(57_000, 0.9, sources[0])
    alone, both = decided(times, sure), decided(times, sure, estimate(elsewhere, unsure, sources[1]))
    assert (both.kind, both.offset_ms, both.source, both.sure) == (alone.kind, 57_000, sources[0], True)
    assert both.confidence >= alone.confidence


@pytest.mark.parametrize("sound", [52_000, 57_000, 59_500])
@pytest.mark.parametrize("pictures", [50_000, 58_000, 61_000])
@pytest.mark.parametrize("times", [50_000, 58_000, 62_000, 70_000])
def test_two_unsure_ones_that_do_not_agree_change_no_kind(times: int, sound: int, pictures: int) -> None:
    said = decided(times, estimate(sound, 0.79), estimate(pictures, 0.79, "video"))
    assert (said.kind, said.sure) == (decided(times).kind, False)


def test_sound_that_lags_behind_the_pictures_does_not_contradict_them() -> None:
    verdict = decided(57_000, estimate(57_000, 0.9), estimate(57_250, 0.99, "video"))
    assert (verdict.source, verdict.confidence, verdict.contradicted_by) == ("audio", 0.9, ())


def test_a_contradicted_measurement_makes_no_stall() -> None:
    """57 s of media in 65 s would be one, if the sound alone had said so."""
    first = segment(0, 0, 60_000, ended_ms=(START + 68_000,) * 2)
    second = segment(1, 65_000, 60_000, confirmed_ms=START + 65_100)
    said = {("0", "1"): (estimate(57_000, 0.95), estimate(52_000, 0.95, "video"))}
    assert account(first, second, estimates=said).missing_ms == account(first, second).missing_ms
    alone = account(first, second, estimates=measured(57_000, 0.95))
    assert [each[2] for each in gaps(alone)] == [("recorder_stalled",)]


# --- two clocks ---
def paused(since: float, until: float | None, error: float = 100) -> Pause:
    def bounds(at: float) -> tuple[float, float]:
        return START + at - error, START + at + error

    return Pause(bounds(since), bounds(until) if until is not None else None)


def test_a_pause_is_a_gap_where_it_was() -> None:
    made = account(segment(0, 0, 50_000, pauses=(paused(20_000, 28_000),), ended_ms=(START + 58_000,) * 2))
    assert gaps(made) == [(20_000, 28_000, ("nobody_published",))]
    assert [(span.in_ms, span.out_ms) for span in made.timeline.spans if span.segment] == [
        (0, 20_000),
        (20_000, 50_000),
    ]
    assert made.duration_ms == 58_000


@pytest.mark.parametrize(
    ("published", "cause"),
    [
        (((0, 58_000),), "nothing_arrived"),
        (((0, 20_000), (27_000, 58_000)), "nobody_published"),
        (None, "nobody_published"),
    ],
)
def test_a_pause_while_people_published_is_not_for_want_of_them(
    published: tuple[tuple[int, int], ...] | None, cause: str
) -> None:
    streams = published and tuple((START + begin, START + end) for begin, end in published)
    made = account(
        segment(0, 0, 50_000, pauses=(paused(20_000, 28_000),), ended_ms=(START + 58_000,) * 2),
        published=streams,
    )
    assert gaps(made) == [(20_000, 28_000, (cause,))]


def test_what_follows_a_pause_lies_at_its_own_time() -> None:
    """A break in which everybody leaves, then a restart: nothing is shown twice, no gap at the seam."""
    first = segment(0, 0, 100_000, pauses=(paused(40_000, 100_000, 400),), ended_ms=(START + 160_000,) * 2)
    second = segment(1, 157_000, 60_000)
    made = account(first, second, estimates=measured(97_000, 0.95))
    ((start, end, causes),) = gaps(made)
    assert (causes, abs(start - 40_000) <= 400, abs(end - 100_000) <= 400) == (
        ("nobody_published",),
        True,
        True,
    )
    assert made.duration_ms == 217_000
    assert [seam.verdict.kind for seam in made.seams] == ["overlap"]
    assert round(made.seams[0].verdict.overlap_ms) == 3000


def test_lengths_make_the_ends_of_a_pause_exact() -> None:
    """It was seen only every 5 s; the file says that it lasted 8 s."""
    pause = Pause((START + 20_000, START + 25_000), (START + 30_000, START + 35_000))
    made = account(segment(0, 0, 52_000, pauses=(pause,), ended_ms=(START + 60_000,) * 2))
    (gap,) = made.gaps
    assert abs(gap.length_ms - 8000) <= 400
    before, after = gap.margins_ms
    # From 22 to 30 s at the earliest, and from 25 to 33 s at the latest.
    assert gap.start_ms - before <= 22_000
    assert gap.end_ms + after >= 33_000


def test_a_stall_that_only_a_measured_seam_shows_is_stated() -> None:
    first, second = segment(0, 0, 60_000, ended_ms=(START + 80_000,) * 2), segment(1, 77_000, 60_000)
    made = account(first, second, estimates=measured(57_000, 0.97))
    ((start, end, causes),) = gaps(made)
    assert (end - start, causes) == (20_000, ("recorder_stalled",))
    assert made.gaps[0].margins_ms[0] >= 57_000
    assert made.duration_ms == 137_000


def test_a_pause_is_no_longer_than_what_the_file_lacks() -> None:
    """Everybody reloaded at once: nothing is missing though nobody had looked for 8 s."""
    pause = Pause((START + 20_000, START + 28_000), (START + 28_000, START + 28_020))
    made = account(segment(0, 0, 28_880, ended_ms=(START + 28_860, START + 28_880), pauses=(pause,)))
    for gap in made.gaps:
        assert gap.length_ms <= 200
        assert sum(gap.margins_ms) <= 1_300


def test_one_that_ended_while_it_was_paused_has_its_gap_from_there() -> None:
    first = segment(
        0, 0, 30_000, pauses=(paused(30_000, None),), ended_ms=(START + 90_000,) * 2, closed_ms=None,
        cause="session_ended",
    )  # fmt: skip
    made = account(first, segment(1, 120_000, 60_000))
    assert gaps(made) == [(30_000, 120_000, ("nobody_published",))]


def test_a_pause_within_an_overlap_does_not_move_the_segments() -> None:
    first = segment(0, 0, 90_000, pauses=(paused(85_000, 95_000, 0),), ended_ms=(START + 100_000,) * 2)
    made = account(first, segment(1, 83_000, 60_000), estimates=measured(83_000, 0.95))
    assert (gaps(made), made.duration_ms) == ([], 143_000)


def test_a_stall_before_a_pause_is_not_taken_for_a_gap_at_the_seam() -> None:
    """It stood still from 20 s to 46 s, which nobody saw, and was paused from 67 s to 80 s."""
    first = segment(0, 0, 69_000, pauses=(paused(67_000, 80_000, 0),), ended_ms=(START + 108_000,) * 2)
    made = account(first, segment(1, 101_000, 60_000), estimates=measured(62_000, 0.95))
    assert (made.missing_ms, made.duration_ms) == (39_000, 161_000)
    (gap,) = made.gaps
    assert gap.start_ms - gap.margins_ms[0] <= 20_000
    assert gap.end_ms + gap.margins_ms[1] >= 80_000


def test_a_resumption_that_nobody_saw_is_known_by_the_media_after_it() -> None:
    made = account(segment(0, 0, 100_000, pauses=(paused(40_000, None, 0),), ended_ms=(START + 160_000,) * 2))
    assert gaps(made) == [(40_000, 100_000, ("nobody_published",))]
    assert made.timeline.spans[-1].out_ms == 100_000


def test_media_until_the_later_look_at_a_pause_is_no_resumption() -> None:
    """Nobody looked from its begin until 343 s, when it was paused: its media may be all before that."""
    pause = Pause((START, START + 343_122), None)
    ended = {"ended_ms": (START + 400_000, START + 405_000), "closed_ms": None, "cause": "session_ended"}
    first = segment(0, 0, None, pauses=(pause,), **ended | {"media_ms": (0.0, 343_112.0)})
    made = account(first, segment(1, 429_000, 75_000))
    assert gaps(made) == [(343_112, 429_000, ("nobody_published",))]


def test_a_pause_in_which_a_covered_segment_ended_is_stated() -> None:
    first = segment(0, 0, 91_000, pauses=(paused(91_000, None, 0),), ended_ms=(START + 98_800,) * 2)
    made = account(first, segment(1, 92_400, 20_000))
    assert gaps(made) == [(91_000, 92_400, ("nobody_published",))]


def test_a_pause_at_the_very_end_keeps_its_cause() -> None:
    first = segment(0, 0, 49_900, pauses=(paused(50_000, 58_000, 300),), ended_ms=(START + 58_100,) * 2)
    assert gaps(account(first, segment(1, 57_900, 10_000))) == [(49_900, 57_900, ("nobody_published",))]


def test_an_end_that_was_seen_late_still_says_how_long_it_stood_at_least() -> None:
    pause = Pause((START + 19_500, START + 24_500), (START + 29_500, START + 34_500))
    ended = {"ended_ms": (START + 64_000, START + 70_000), "closed_ms": START + 64_000}
    late = segment(0, 0, 50_000, pauses=(pause,), **ended)
    (gap,) = account(late, stop_requested_ms=START + 64_000).gaps
    assert 13_000 <= gap.length_ms <= 14_000


def test_a_late_beginning_is_stated_and_the_runs_zero_stays() -> None:
    made = account(segment(0, 0, 30_000, pauses=(paused(0, 20_000, 0),), ended_ms=(START + 50_000,) * 2))
    assert gaps(made) == [(0, 20_000, ("nobody_published",))]
    assert made.duration_ms == 50_000


def test_a_length_that_counts_the_pauses_is_cut_by_when_it_had_ended() -> None:
    counted = segment(0, 0, 60_000, probed=False, pauses=(paused(20_000, 40_000, 0),))
    made = account(counted)
    assert (gaps(made), made.duration_ms) == ([(20_000, 40_000, ("nobody_published",))], 60_000)


# --- the end ---
def test_what_follows_the_farthest_segment_until_the_stop_is_missing() -> None:
    """It was closed for a restart; the one after it recorded 2 s, and then nobody published."""
    whole = segment(0, 0, 60_000)
    after = segment(1, 55_000, 2000, pauses=(paused(57_000, None, 0),), ended_ms=(START + 300_000,) * 2)
    made = account(whole, after, stop_requested_ms=START + 300_000)
    assert gaps(made) == [(60_000, 300_000, ("nobody_published",))]
    live = {"live": True, "finished": False}
    assert account_of(RunFacts((whole, after), now_ms=START + 300_000, **live)).gaps[-1].open


def test_what_follows_a_lost_segment_until_the_stop_is_missing() -> None:
    ended = (START + 100_000,) * 2
    lost = segment(1, 58_000, None, ended_ms=ended, state="lost", **LOST)
    made = account(segment(0, 0, 60_000), lost, stop_requested_ms=START + 200_000)
    assert gaps(made) == [(60_000, 200_000, ("recorder_failed",))]


@pytest.mark.parametrize("length", [None, 0.0])
def test_what_an_empty_first_segment_should_have_recorded_is_missing(length: float | None) -> None:
    """Nobody published for 570 s, the file is empty: the run does not begin where the next one does."""
    paused = (Pause((START - 300, START + 300), None),)
    facts = {"closed_ms": None, "ended_ms": (START, START + 570_000), "pauses": paused, "cause": "empty"}
    first = segment(0, 0, None, state="lost", **facts | {"media_ms": (0.0, length)})
    made = account(first, segment(1, 570_040, 75_000))
    assert gaps(made) == [(0, 570_040, ("nobody_published",))]
    assert (made.began_at_ms, made.duration_ms) == (round(START), 645_040)


def test_a_last_file_that_is_too_short_is_missing_something_somewhere() -> None:
    """12 s of 119 s are not in it, nobody saw a pause, and nothing follows that would show where."""
    ended = (START + 119_000, START + 119_010)
    made = account(segment(0, 0, 107_000, ended_ms=ended, closed_ms=ended[0]), stop_requested_ms=ended[0])
    (gap,) = made.gaps
    assert (gap.start_ms, gap.causes) == (107_000, ("recorder_stalled",))
    assert abs(gap.length_ms - 12_000) <= 200
    assert gap.start_ms - gap.margins_ms[0] <= 0


def test_a_platform_whose_clock_is_another_has_no_shorter_files() -> None:
    """Its clock is an hour late: the end that this site saw says nothing about the length."""
    late = START + 3_600_000
    facts = {"closed_ms": late + 60_000, "confirmed_ms": late + 100, "ended_ms": (late + 60_000,) * 2}
    assert gaps(account(segment(0, 0, 60_000, **facts), stop_requested_ms=late + 60_000)) == []


def test_nothing_is_missing_at_the_end_while_something_records() -> None:
    whole, live = segment(0, 0, 60_000), segment(1, 58_000, None, state="live", ended_ms=None, closed_ms=None)
    made = account_of(RunFacts((whole, live), now_ms=START + 59_000, live=True, finished=False))
    assert not made.gaps


def test_what_waits_beside_a_gap_is_no_part_of_it() -> None:
    waiting = segment(1, 660_000, 60_000, state="pending", probed=False, **LOST)
    made = account(segment(0, 0, 60_000, **LOST), waiting, segment(2, 719_000, 60_000), finished=False)
    assert made.missing_ms == 600_000
    assert 55_000 <= made.pending_ms <= 60_000


def test_the_player_has_the_runs_zero_while_its_first_segment_waits() -> None:
    waiting = segment(0, 0, 60_000, state="pending", probed=False)
    made = account(waiting, segment(1, 59_000, 60_000), finished=False)
    assert made.timeline.began_at_ms == made.began_at_ms


def test_the_maps_are_inverse_outside_of_standstills() -> None:
    breaks = breaks_of([paused(5000, 8000), paused(20_000, 21_000)], START)
    for position in (0.0, 4999.0, 5001.0, 16_999.0, 30_000.0):
        assert media_ms(breaks, elapsed_ms(breaks, position)) == pytest.approx(position)
    assert media_ms(breaks, 6500) == pytest.approx(5000)


# --- results ---
def test_nothing_is_said_to_be_complete_of_which_nothing_is_there() -> None:
    empty = segment(0, 0, None, state="lost", cause="empty", ended_ms=(START + 60_000,) * 2)
    made = account(empty)
    assert (made.result, made.playable) == ("nothing_recorded", False)
    assert gaps(made) == [(0, 60_000, ("empty",))]


def test_a_break_without_anybody_is_stated_and_is_no_loss() -> None:
    whole = segment(0, 0, 50_000, pauses=(paused(20_000, 28_000),), ended_ms=(START + 58_000,) * 2)
    at = round(START)
    published = ((at, at + 20_000), (at + 28_000, at + 58_000))
    made = account(whole, published=published)
    assert (made.missing_ms, made.result) == (8000, "complete")
    assert account(whole, published=None).result == "complete_with_losses"
    assert account(whole, published=((at, at + 58_000),)).result == "complete_with_losses"


def test_a_live_run_that_records_nothing_has_an_open_gap() -> None:
    first = segment(0, 0, 20_000, **LOST)
    made = account_of(RunFacts((first,), now_ms=START + 20_000, live=True, finished=False))
    assert made.gaps[-1].open
    assert made.result == "in_progress"


def test_what_is_not_stored_yet_is_not_missing() -> None:
    waiting = segment(1, 59_000, 60_000, state="pending", probed=False)
    made = account(segment(0, 0, 60_000), waiting, segment(2, 118_000, 60_000), finished=False)
    assert (made.missing_ms, made.pending_ms > 0) == (0, True)
    assert [span.kind for span in made.timeline.spans] == ["segment", "gap", "segment"]


def test_a_thousand_gaps_take_about_as_long_as_a_thousand_segments() -> None:
    segments = [segment(number, number * 10_000, 9000, **LOST) for number in range(1000)]
    made = account(*segments)
    assert len(made.gaps) == 999
    assert sum(gap.length_ms for gap in made.gaps) == made.missing_ms == 999_000


@pytest.mark.parametrize(
    ("sources", "result"),
    [
        (["page"], "complete"),
        (["platform"], "complete_with_losses"),
        (["page", "platform"], "complete_with_losses"),
    ],
)
def test_what_a_page_reports_does_not_hide_what_the_platform_reports(sources: list[str], result: str) -> None:
    """A connection is lost, and the platform gives the stream up some seconds later."""
    since = {"page": 10_000, "platform": 25_000}
    absences = tuple(
        Absent("ann", "Ann", (int(START) + since[source], int(START) + 30_000), (), source == "platform")
        for source in sources
    )
    made = account(segment(0, 0, 60_000), absences=absences)
    assert len(made.absences) == 1
    assert made.result == result


# --- files with a clock of their own ---
@pytest.mark.parametrize("clock_s", [4, 60, 3600])
def test_media_whose_clock_begins_elsewhere_begins_with_its_archive(clock_s: int) -> None:
    begin = clock_s * 1000.0
    second = segment(1, 50_000, 60_000, media_ms=(begin, begin + 60_000))
    made = account(segment(0, 0, 60_000), second)
    assert gaps(made) == []
    assert made.duration_ms == 110_000
    assert made.seams[0].verdict.offset_ms == 50_000 - begin
    _, shown = made.timeline.spans
    assert shown.start_ms - shown.in_ms == 50_000 - begin


def test_the_clock_of_media_that_was_paused_is_known_by_its_length_without_pauses() -> None:
    pause = Pause((START + 20_000, START + 20_000), (START + 30_000, START + 30_000))
    made = account(segment(0, 0, 60_000, media_ms=(4000.0, 54_000.0), pauses=(pause,)))
    assert gaps(made) == [(20_000, 30_000, ("nobody_published",))]


def test_media_that_begins_late_within_its_archive_stays_late() -> None:
    made = account(segment(0, 0, 60_000), segment(1, 60_000, 60_000, media_ms=(4000.0, 60_000.0)))
    assert [(begin, end) for begin, end, _ in gaps(made)] == [(60_000, 64_000)]


# --- pictures beside their sound ---
def test_a_segment_whose_pictures_jump_and_jump_back_is_known_by_its_seams() -> None:
    one, other, third = segment(0, 0, 60_000), segment(1, 55_000, 60_000), segment(2, 110_000, 60_000)
    seams = {("0", "1"): (estimate(55_000, 0.95, residual_av_ms=-80.0),)}
    seams |= {("1", "2"): (estimate(55_000, 0.95, residual_av_ms=78.0),)}
    made = account(one, other, third, estimates=seams)
    assert [span.pictures_early_ms for span in made.timeline.spans] == [0, -78, 0]


@pytest.mark.parametrize("jump", [None, 0.0, 12.0, -15.0, 900.0])
def test_small_jumps_and_impossible_ones_move_nothing(jump: float | None) -> None:
    seams = {("0", "1"): (estimate(55_000, 0.95, residual_av_ms=jump),)}
    made = account(segment(0, 0, 60_000), segment(1, 55_000, 60_000), estimates=seams)
    assert [span.pictures_early_ms for span in made.timeline.spans] == [0, 0]


def test_an_unsure_seam_moves_no_pictures() -> None:
    seams = {("0", "1"): (estimate(55_000, 0.6, residual_av_ms=-80.0),)}
    made = account(segment(0, 0, 60_000), segment(1, 55_000, 60_000), estimates=seams)
    assert [span.pictures_early_ms for span in made.timeline.spans] == [0, 0]


def test_what_most_of_the_run_has_is_taken_for_right() -> None:
    lengths = {"a": 10_000.0, "b": 60_000.0, "c": 60_000.0}
    assert early_ms([("a", "b", 60.0), ("b", "c", 5.0)], lengths) == {"a": -60}
    assert early_ms([("a", "b", 60.0), ("b", "c", None)], lengths) == {"a": -60}
