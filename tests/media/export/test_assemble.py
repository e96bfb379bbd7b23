"""One file out of pieces, told by what it decodes to: every picture once, the sound where it belongs."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from archives.media.export import ExportError, ExportPlan, ExportReport, GapSpan, PieceSpan, export
from tests.support.media.segment_files import (
    FRAME_MS,
    Recipe,
    Seen,
    lag_ms,
    make,
    number_in,
    see,
    sound,
)

pytestmark = pytest.mark.media

CREATED = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
# Half a packet of AAC: as far as sound may be from its picture.
HALF_PACKET_MS = 1024 / 48 / 2


def plan_of(paths: list[Path], recipes: list[Recipe], margin_ms: float = 200, **options: Any) -> ExportPlan:
    """Every seam in the middle of its overlap; the cut may move inside it, `margin_ms` from its ends."""
    seams = [(recipe.begin_ms + before.end * FRAME_MS) / 2 for before, recipe in pairwise(recipes)]
    starts, ends = [recipes[0].begin_ms, *seams], [*seams, recipes[-1].end * FRAME_MS]
    spans = []
    for number, (path, recipe, start, end) in enumerate(zip(paths, recipes, starts, ends, strict=True)):
        window: dict[str, float] = {}
        if number:
            latest = recipes[number - 1].end * FRAME_MS - margin_ms
            window = {"cut_earliest_ms": recipe.begin_ms + margin_ms, "cut_latest_ms": latest}
        spans.append(PieceSpan(path, start, start - recipe.begin_ms, end - recipe.begin_ms, **window))
    return ExportPlan("A hearing", CREATED, tuple(spans), **options)


def exported(folder: Path, recipes: list[Recipe], **options: Any) -> tuple[ExportReport, Seen]:
    paths = [make(folder / f"piece{number}.mp4", recipe) for number, recipe in enumerate(recipes)]
    report = export(plan_of(paths, recipes, **options), folder / "whole.mp4")
    return report, see(folder / "whole.mp4")


def assert_sound_follows(seen: Seen, begin_ms: float, end_ms: float, offset_ms: float = 0) -> None:
    """Every 170 ms: the sound is that of the instant, to half a packet, without creeping."""
    for at_ms in np.arange(begin_ms, end_ms - 200, 170):
        lag = lag_ms(seen.sound, float(at_ms), float(at_ms + offset_ms), length_ms=80)
        assert abs(lag) <= HALF_PACKET_MS + 0.1, f"the sound at {at_ms} ms is {lag:.1f} ms late"


def test_it_shows_every_picture_once_across_seams(tmp_path: Path) -> None:
    recipes = [Recipe(0, 150), Recipe(110, 260, gop=20, late_ms=13), Recipe(215, 400, gop=35, late_ms=31)]
    report, seen = exported(tmp_path, recipes)
    assert seen.numbers == list(range(400))
    assert [seam.method for seam in report.seams] == ["begin", "key frame", "key frame"]
    assert report.frames_reencoded == 0
    assert report.duration_ms == 16_000
    assert report.notes == []


def test_it_copies_the_packets_of_the_pieces(tmp_path: Path) -> None:
    recipes = [Recipe(0, 150), Recipe(110, 260, gop=20)]
    exported(tmp_path, recipes)
    whole = packets_of(tmp_path / "whole.mp4", "video")
    known = packets_of(tmp_path / "piece0.mp4", "video") + packets_of(tmp_path / "piece1.mp4", "video")
    assert len(whole) == 260
    assert set(whole) <= set(known)


def packets_of(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(**{kind: 0}) if packet.size]


def test_it_finds_the_picture_where_recorders_differ_by_almost_a_frame(tmp_path: Path) -> None:
    """By the clock alone, 'late' against 'early' repeats a picture and 'early' against 'late' loses one."""
    recipes = [Recipe(0, 100, late_ms=37), Recipe(70, 200, gop=15), Recipe(160, 300, gop=22, late_ms=38)]
    report, seen = exported(tmp_path, recipes)
    assert seen.numbers == list(range(300))
    assert all(seam.matched_by_picture for seam in report.seams[1:])
    steps = np.diff([at_ms for at_ms, _ in seen.pictures])
    assert steps.min() > 0
    assert steps.max() <= 2 * FRAME_MS + 1


def test_it_keeps_the_sound_with_the_picture(tmp_path: Path) -> None:
    recipes = [Recipe(0, 150), Recipe(110, 261, gop=20), Recipe(213, 400, gop=35)]
    report, seen = exported(tmp_path, recipes)
    assert_sound_follows(seen, 70, 16_000)
    assert len(seen.sound) == pytest.approx(16_000 * 48, abs=1024)
    assert all(abs(seam.shift_ms) <= HALF_PACKET_MS for seam in report.seams)
    assert all(seam.audio_packets_reencoded == 3 for seam in report.seams[1:])


def test_it_makes_no_noise_of_its_own_at_a_seam(tmp_path: Path) -> None:
    """Half a packet apart, the halves of two strangers would add up to something neither side sounds like.

    In windows of 5 ms: what is heard is the sound of the old or of the new piece, but for the fade.
    """
    report, seen = exported(tmp_path, [Recipe(0, 100), Recipe(68, 200, gop=10)])
    seam = report.seams[1]
    assert abs(seam.shift_ms) == pytest.approx(HALF_PACKET_MS)
    middle, shift = round(seam.at_ms * 48), round(seam.shift_ms * 48)
    wrong = []
    for at in range(middle - 2400, middle + 2400, 240):
        sides = sound()[at : at + 240], sound()[at - shift : at - shift + 240]
        heard = seen.sound[at : at + 240]
        wrong.append(min(float(((heard - side) ** 2).sum() / (side**2).sum()) for side in sides))
    assert sorted(wrong)[-3] < 0.02
    assert max(wrong) < 0.5


def test_it_keeps_in_step_over_a_hundred_seams(tmp_path: Path) -> None:
    recipes = [
        Recipe(number * 25, number * 25 + 38, gop=6 + number % 3, late_ms=number * 7 % 40, size=(160, 96))
        for number in range(101)
    ]
    report, seen = exported(tmp_path, recipes, margin_ms=80)
    assert seen.numbers == list(range(2538))
    assert report.frames_reencoded == 0
    assert len(seen.sound) == pytest.approx(2538 * FRAME_MS * 48, abs=1024)
    for first in range(3, 101, 8):
        assert_sound_follows(seen, first * 1000 + 300, first * 1000 + 1000)
    late = [at_ms - number * FRAME_MS for (at_ms, number) in seen.pictures if number is not None]
    assert min(late) >= -FRAME_MS
    assert max(late) <= 2 * FRAME_MS


def test_it_encodes_only_up_to_the_next_key_frame_when_the_overlap_has_none(tmp_path: Path) -> None:
    recipes = [Recipe(0, 150), Recipe(110, 300, gop=60)]
    report, seen = exported(tmp_path, recipes)
    assert seen.numbers == list(range(300))
    # The seam lies at picture 130, the next key frame at 170.
    assert report.seams[1].method == "re-encoded"
    assert report.frames_reencoded == report.seams[1].frames_reencoded == 40
    assert_sound_follows(seen, 70, 12_000)


def test_it_keeps_the_colours_of_the_piece_in_what_it_encodes(tmp_path: Path) -> None:
    exported(tmp_path, [Recipe(0, 150), Recipe(110, 300, gop=60)])
    with av.open(str(tmp_path / "whole.mp4")) as container:
        colours = {(frame.colorspace, frame.color_range) for frame in container.decode(video=0)}
    assert colours == {(6, 1)}


def test_it_decodes_from_anywhere_when_encoders_number_their_parameters_alike(tmp_path: Path) -> None:
    recipes = [Recipe(0, 100), Recipe(75, 200, options={"crf": "33"}), Recipe(175, 300)]
    report, seen = exported(tmp_path, recipes)
    assert report.parameter_sets == "every key frame"
    assert seen.numbers == list(range(300))
    with av.open(str(tmp_path / "whole.mp4")) as container:
        for second in (10, 1, 6, 3, 11, 0):
            container.seek(second * 1_000_000, backward=True)
            frame = next(container.decode(video=0))
            assert number_in(frame) == round(float(frame.time) * 25)


def test_it_keeps_one_header_when_encoders_agree(tmp_path: Path) -> None:
    report, _ = exported(tmp_path, [Recipe(0, 100), Recipe(75, 200), Recipe(175, 300)])
    assert report.parameter_sets == "header"


def test_it_shows_a_gap_as_black_and_silence_of_true_length(tmp_path: Path) -> None:
    _, spans = with_gap(tmp_path)
    report = export(ExportPlan("Run", CREATED, spans), tmp_path / "whole.mp4")
    seen = see(tmp_path / "whole.mp4")
    assert [number for number in seen.numbers if number is not None] == [*range(75), *range(200, 275)]
    assert seen.numbers[75:200] == [None] * 125
    assert report.duration_ms == 11_000
    assert np.abs(seen.sound[3100 * 48 : 7900 * 48]).max() == 0
    assert_sound_follows(seen, 70, 2900)
    assert_sound_follows(seen, 8050, 11_000)
    assert report.seams[1].method == "after a gap"


def test_it_closes_a_gap_when_asked_to(tmp_path: Path) -> None:
    _, spans = with_gap(tmp_path)
    report = export(ExportPlan("Run", CREATED, spans, gaps="close"), tmp_path / "whole.mp4")
    seen = see(tmp_path / "whole.mp4")
    assert seen.numbers == [*range(75), *range(200, 275)]
    assert report.duration_ms == 6000
    assert_sound_follows(seen, 3050, 6000, offset_ms=5000)


def with_gap(folder: Path) -> tuple[list[Path], tuple[PieceSpan | GapSpan, ...]]:
    paths = [make(folder / "a.mp4", Recipe(0, 75)), make(folder / "b.mp4", Recipe(200, 275))]
    first, second = PieceSpan(paths[0], 0, 0, 3000), PieceSpan(paths[1], 8000, 0, 3000)
    return paths, (first, GapSpan(3000, 5000, "nobody was recording"), second)


def test_it_encodes_a_piece_of_another_size_anew_and_says_so(tmp_path: Path) -> None:
    recipes = [Recipe(0, 100), Recipe(75, 150, size=(240, 180)), Recipe(125, 250)]
    report, seen = exported(tmp_path, recipes)
    assert seen.numbers == list(range(250))
    assert any("240x180 instead of 320x180" in note for note in report.notes)
    assert report.seams[1].frames_reencoded == pytest.approx(50, abs=25)
    with av.open(str(tmp_path / "whole.mp4")) as container:
        assert {(frame.width, frame.height) for frame in container.decode(video=0)} == {(320, 180)}


def b_frames(gop: int, more: str = "") -> dict[str, Any]:
    params = f"bframes=3:b-adapt=0:b-pyramid=normal:keyint={gop}:min-keyint={gop}:scenecut=0{more}"
    return {"gop": gop, "options": {"profile": "main", "preset": "veryfast", "x264-params": params}}


def test_b_frames_are_copied_but_for_the_few_at_the_cuts(tmp_path: Path) -> None:
    recipes = [Recipe(0, 150), Recipe(125, 200, **b_frames(10)), Recipe(175, 300, gop=10)]
    report, seen = exported(tmp_path, recipes)
    assert seen.numbers == list(range(300))
    assert report.frames_reencoded <= 3
    assert report.notes == []


@pytest.mark.parametrize("more", ["", ":open-gop=1", ":bframes=7:ref=4"])
def test_every_frame_is_shown_once_where_all_pieces_have_b_frames(tmp_path: Path, more: str) -> None:
    recipes = [
        Recipe(0, 150, **b_frames(25, more)),
        Recipe(101, 263, late_ms=13, **b_frames(30, more)),
        Recipe(217, 400, late_ms=31, **b_frames(48, more)),
    ]
    report, seen = exported(tmp_path, recipes)
    assert seen.numbers == list(range(400))
    assert report.frames_reencoded < 60
    times = [at_ms for at_ms, _ in seen.pictures]
    assert times == sorted(times)
    assert_sound_follows(seen, 70, 16_000)


def test_b_frames_decode_from_anywhere(tmp_path: Path) -> None:
    exported(tmp_path, [Recipe(0, 100, **b_frames(25)), Recipe(75, 200, **b_frames(20))])
    with av.open(str(tmp_path / "whole.mp4")) as container:
        for second in (5, 1, 3, 7, 0):
            container.seek(second * 1_000_000, backward=True)
            frame = next(container.decode(video=0))
            assert number_in(frame) == round(float(frame.time) * 25)


def test_it_encodes_sound_of_another_form_anew(tmp_path: Path) -> None:
    recipes = [Recipe(0, 100), Recipe(75, 150, rate=24_000, layout="stereo"), Recipe(125, 250)]
    report, seen = exported(tmp_path, recipes)
    assert_sound_follows(seen, 70, 10_000)
    assert any("24000 Hz, 2 channels" in note for note in report.notes)


def test_it_keeps_silence_for_a_piece_without_sound(tmp_path: Path) -> None:
    recipes = [Recipe(0, 100), Recipe(75, 150, sound=False), Recipe(125, 250)]
    report, seen = exported(tmp_path, recipes)
    assert seen.numbers == list(range(250))
    assert np.abs(seen.sound[3700 * 48 : 5000 * 48]).max() == 0
    assert_sound_follows(seen, 5700, 10_000)
    assert "Span 1: piece1.mp4 has no sound." in report.notes


def test_it_keeps_black_for_a_piece_without_picture(tmp_path: Path) -> None:
    recipes = [Recipe(0, 100), Recipe(75, 150, picture=False), Recipe(125, 250)]
    report, seen = exported(tmp_path, recipes)
    known = [number for number in seen.numbers if number is not None]
    assert known == sorted(set(known))
    assert set(known) >= {*range(85), *range(150, 250)}
    assert_sound_follows(seen, 70, 10_000)
    assert "Span 1: piece1.mp4 has no picture." in report.notes


def test_it_exports_sound_alone_when_nobody_had_a_camera(tmp_path: Path) -> None:
    recipes = [Recipe(0, 100, picture=False), Recipe(75, 200, picture=False)]
    report, seen = exported(tmp_path, recipes)
    assert seen.pictures == []
    assert_sound_follows(seen, 70, 8000)
    assert report.parameter_sets == "none"


def test_it_exports_pictures_alone_when_nobody_had_a_microphone(tmp_path: Path) -> None:
    _, seen = exported(tmp_path, [Recipe(0, 100, sound=False), Recipe(75, 200, sound=False)])
    assert seen.numbers == list(range(200))
    assert len(seen.sound) == 0


@pytest.mark.parametrize(
    "content", [b"", b"not a film at all, only words", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"]
)
def test_it_shows_an_unusable_piece_as_a_gap_and_says_so(tmp_path: Path, content: bytes) -> None:
    recipes = [Recipe(0, 100), Recipe(100, 150), Recipe(150, 250)]
    paths = [make(tmp_path / f"piece{number}.mp4", recipe) for number, recipe in enumerate(recipes)]
    paths[1].write_bytes(content)
    report = export(plan_of(paths, recipes), tmp_path / "whole.mp4")
    seen = see(tmp_path / "whole.mp4")
    assert [number for number in seen.numbers if number is not None] == [*range(100), *range(150, 250)]
    assert report.duration_ms == 10_000
    assert "piece1.mp4 cannot be used" in report.notes[0]


def test_it_uses_what_is_there_of_a_piece_that_was_cut_short(tmp_path: Path) -> None:
    options = {"movflags": "faststart"}
    recipes = [Recipe(0, 200, container_options=options), Recipe(200, 300)]
    paths = [make(tmp_path / f"piece{number}.mp4", recipe) for number, recipe in enumerate(recipes)]
    whole = paths[0].read_bytes()
    paths[0].write_bytes(whole[: len(whole) // 2])
    report = export(plan_of(paths, recipes), tmp_path / "whole.mp4")
    known = [number for number in see(tmp_path / "whole.mp4").numbers if number is not None]
    assert known[-100:] == list(range(200, 300))
    assert known[:-100] == list(range(len(known) - 100))
    assert any("ends" in note and "early" in note for note in report.notes)


def test_it_reads_fragmented_pieces(tmp_path: Path) -> None:
    options = {"movflags": "frag_keyframe+delay_moov+default_base_moof"}
    recipes = [Recipe(0, 150, container_options=options), Recipe(110, 260, gop=20, container_options=options)]
    _, seen = exported(tmp_path, recipes)
    assert seen.numbers == list(range(260))
    assert_sound_follows(seen, 70, 10_400)


def test_it_begins_inside_a_piece_where_the_plan_says_so(tmp_path: Path) -> None:
    path = make(tmp_path / "piece.mp4", Recipe(0, 200, gop=50))
    report = export(ExportPlan("Run", CREATED, (PieceSpan(path, 0, 1200, 7000),)), tmp_path / "whole.mp4")
    seen = see(tmp_path / "whole.mp4")
    assert seen.numbers == list(range(30, 175))
    assert report.frames_reencoded == 20
    assert_sound_follows(seen, 70, 5700, offset_ms=1200)


def test_it_writes_chapters_name_and_time(tmp_path: Path) -> None:
    _, spans = with_gap(tmp_path)
    export(ExportPlan("Case 7 – “Müller”", CREATED, spans), tmp_path / "whole.mp4")
    with av.open(str(tmp_path / "whole.mp4")) as container:
        chapters = [(chapter["start"], chapter["metadata"]["title"]) for chapter in container.chapters()]
        assert chapters == [(0, "Part 1"), (3000, "Gap: nobody was recording"), (8000, "Part 2")]
        assert container.metadata["title"] == "Case 7 – “Müller”"
        assert container.metadata["creation_time"].startswith("2026-03-04T05:06:07")


def test_it_can_be_played_while_it_is_still_loading(tmp_path: Path) -> None:
    """The table of contents comes first, and sound is never far from its picture."""
    exported(tmp_path, [Recipe(0, 150), Recipe(125, 260, sound=False), Recipe(240, 400)])
    data = (tmp_path / "whole.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(tmp_path / "whole.mp4")) as container:
        packets = [packet for packet in container.demux(video=0, audio=0) if packet.size]
    places = [(packet.pos, float(packet.pts * packet.time_base)) for packet in packets]
    instants = [instant for _, instant in sorted(places)]
    behind = np.maximum.accumulate(instants) - instants
    assert behind.max() <= 2.2


def test_it_refuses_a_plan_with_a_hole(tmp_path: Path) -> None:
    path = make(tmp_path / "piece.mp4", Recipe(0, 50))
    spans = (PieceSpan(path, 0, 0, 1000), PieceSpan(path, 1500, 1000, 2000))
    with pytest.raises(ExportError, match="begins at 1500 ms, but the one before it ends at 1000 ms"):
        export(ExportPlan("Run", CREATED, spans), tmp_path / "whole.mp4")


def test_it_refuses_when_no_piece_holds_anything(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    with pytest.raises(ExportError, match="none of the pieces holds picture or sound"):
        export(
            ExportPlan("Run", CREATED, (PieceSpan(tmp_path / "empty.mp4", 0, 0, 9),)), tmp_path / "whole.mp4"
        )
