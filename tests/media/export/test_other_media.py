"""Media that other recorders and tools make: all of it is in the export, or the report says what is not."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest

from archives.media.export import ExportError, ExportPlan, PieceSpan, export
from archives.media.export.packets import UPRIGHT, Turn
from archives.media.export.turning import turned
from tests.media.export.test_assemble import assert_sound_follows, exported, plan_of
from tests.support.media.segment_files import FRAME_MS, Recipe, make, number_in, see

pytestmark = pytest.mark.media

TURNS: dict[str, Turn] = {
    "clockwise": (0, 1, -1, 0),
    "half": (-1, 0, 0, -1),
    "counterclockwise": (0, -1, 1, 0),
    "mirrored": (-1, 0, 0, 1),
}
# By so much a decoder is late that makes a second band; encoders of it count that into the edit list.
SECOND_BAND_MS = 962 / 48


def remade(source: Path, target: Path, frames: int, stands_s: float) -> Path:
    """The same, but of its frames only the first ones; the last of them stands for so long."""
    with av.open(str(source)) as given, av.open(str(target), "w", format="mp4") as made:
        streams = {stream.index: made.add_stream_from_template(stream) for stream in given.streams}
        seen = 0
        for packet in given.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "video":
                seen += 1
                if seen > frames:
                    continue
                if seen == frames:
                    packet.duration = round(stands_s / packet.time_base)
            packet.stream = streams[packet.stream_index]
            made.mux(packet)
    return target


def test_a_frame_stands_as_long_as_its_file_says(tmp_path: Path) -> None:
    """A shared screen has no frames while nothing changes."""
    recipes = [Recipe(0, 150, gop=250), Recipe(150, 250)]
    whole = [make(tmp_path / f"{number}.mp4", recipe) for number, recipe in enumerate(recipes)]
    standing = remade(whole[0], tmp_path / "standing.mp4", 50, 4.0)
    report = export(plan_of([standing, whole[1]], recipes), tmp_path / "whole.mp4")
    seen = see(tmp_path / "whole.mp4")
    assert seen.numbers == [*range(50), *range(150, 250)]
    assert seen.pictures[50][0] == pytest.approx(6000, abs=1)
    assert report.notes == []


def test_it_turns_black_where_the_file_does_not_say_that_the_frame_stands(tmp_path: Path) -> None:
    recipes = [Recipe(0, 150, gop=250), Recipe(150, 250)]
    whole = [make(tmp_path / f"{number}.mp4", recipe) for number, recipe in enumerate(recipes)]
    ending = remade(whole[0], tmp_path / "ending.mp4", 50, 1.5)
    report = export(plan_of([ending, whole[1]], recipes), tmp_path / "whole.mp4")
    black = [at_ms for at_ms, number in see(tmp_path / "whole.mp4").pictures if number is None]
    assert min(black) == pytest.approx(49 * FRAME_MS + 1500, abs=FRAME_MS)
    assert max(black) == pytest.approx(6000, abs=2 * FRAME_MS)
    assert "its picture ends 2540 ms early" in report.notes[0]


def test_sound_of_six_channels_stays_what_it_is(tmp_path: Path) -> None:
    report, seen = exported(tmp_path, [Recipe(0, 100, layout="5.1"), Recipe(75, 200, layout="5.1")])
    with av.open(str(tmp_path / "whole.mp4")) as whole:
        assert whole.streams.audio[0].channels == 6
    assert_sound_follows(seen, 70, 8000)
    assert report.notes == []


def test_sound_of_six_channels_beside_others_takes_their_form(tmp_path: Path) -> None:
    recipes = [Recipe(0, 150), Recipe(125, 200, layout="5.1"), Recipe(175, 325)]
    report, seen = exported(tmp_path, recipes)
    assert_sound_follows(seen, 70, 5000)
    assert_sound_follows(seen, 7600, 13_000)
    assert any("48000 Hz, 6 channels instead of 48000 Hz, 1" in note for note in report.notes)
    assert np.abs(seen.sound[5200 * 48 : 7200 * 48]).mean() > 0.01


def as_high_efficiency(path: Path) -> Path:
    """The same packets called HE-AAC, without the second band: decoders make twice the samples of them."""
    data = path.read_bytes()
    plain, efficient = (
        b"\x05\x80\x80\x80\x05\x13\x08\x56\xe5\x00",
        b"\x05\x80\x80\x80\x05\x2b\x09\x88\x00\x00",
    )
    assert data.count(plain) == 1
    path.write_bytes(data.replace(plain, efficient))
    return path


@pytest.mark.parametrize("among_others", [False, True])
def test_high_efficiency_sound_is_reencoded_and_the_report_says_so(
    tmp_path: Path, among_others: bool
) -> None:
    recipes = [Recipe(0, 100, rate=24_000), Recipe(75, 200, rate=48_000 if among_others else 24_000)]
    paths = [make(tmp_path / f"{number}.mp4", recipe) for number, recipe in enumerate(recipes)]
    for path in paths[: 1 if among_others else 2]:
        as_high_efficiency(path)
    report = export(plan_of(paths, recipes), tmp_path / "whole.mp4")
    seen = see(tmp_path / "whole.mp4")
    with av.open(str(tmp_path / "whole.mp4")) as whole:
        assert whole.streams.audio[0].rate == 48_000
        assert whole.streams.audio[0].codec_context.profile == "LC"
    assert_sound_follows(seen, 150, 3300, offset_ms=-SECOND_BAND_MS)
    assert_sound_follows(seen, 3700, 8000, offset_ms=0 if among_others else -SECOND_BAND_MS)
    assert "Span 0: its sound is encoded anew (not plain AAC-LC)." in report.notes


def test_mp3_beside_h264_is_reencoded_and_its_pictures_are_copied(tmp_path: Path) -> None:
    mp3 = ("libx264", "libmp3lame")
    report, seen = exported(tmp_path, [Recipe(0, 100, codecs=mp3), Recipe(75, 200, codecs=mp3, gop=20)])
    assert seen.numbers == list(range(200))
    assert report.frames_reencoded == 0
    assert_sound_follows(seen, 150, 7800)
    assert any("mp3float instead of aac" in note for note in report.notes)


def test_other_codecs_are_reencoded_and_the_report_says_so(tmp_path: Path) -> None:
    other = ("libx265", "libopus")
    recipes = [Recipe(0, 100), Recipe(75, 150, codecs=other), Recipe(125, 250)]
    report, seen = exported(tmp_path, recipes)
    assert seen.numbers == list(range(250))
    assert_sound_follows(seen, 70, 10_000)
    assert any("hevc instead of h264" in note for note in report.notes)
    assert any("opus instead of aac" in note for note in report.notes)


def test_a_run_of_other_codecs_alone_is_reencoded(tmp_path: Path) -> None:
    other = ("libx265", "libopus")
    _, seen = exported(tmp_path, [Recipe(0, 60, codecs=other), Recipe(40, 100, codecs=other)])
    assert seen.numbers == list(range(100))
    assert_sound_follows(seen, 70, 4000)


def with_two_sounds(folder: Path) -> Path:
    first, second = (
        make(folder / "a.mp4", Recipe(0, 50)),
        make(folder / "b.mp4", Recipe(0, 50, picture=False)),
    )
    target = folder / "two.mp4"
    with av.open(str(first)) as one, av.open(str(second)) as other, av.open(str(target), "w") as made:
        for given in (one, other):
            for stream in given.streams:
                made.add_stream_from_template(stream)
        for given, add in ((one, 0), (other, 2)):
            for packet in given.demux():
                if packet.dts is not None:
                    packet.stream = made.streams[packet.stream_index + add]
                    made.mux(packet)
    return target


def test_the_report_says_that_a_second_track_of_sound_is_left_out(tmp_path: Path) -> None:
    path = with_two_sounds(tmp_path)
    plan = ExportPlan("Run", datetime.now(UTC), (PieceSpan(path, 0, 0, 2000),))
    report = export(plan, tmp_path / "whole.mp4")
    assert report.notes == ["Span 0: two.mp4: the file has 2 tracks of sound, of which the first is used."]


def test_damaged_sound_does_not_take_the_pictures_with_it(tmp_path: Path) -> None:
    recipes = [Recipe(0, 100), Recipe(75, 200)]
    paths = [make(tmp_path / f"{number}.mp4", recipe) for number, recipe in enumerate(recipes)]
    data = bytearray(paths[0].read_bytes())
    at = data.rindex(b"stsc")
    # No packets in any chunk.
    data[at + 16 : at + 20] = bytes(4)
    paths[0].write_bytes(data)
    report = export(plan_of(paths, recipes), tmp_path / "whole.mp4")
    assert see(tmp_path / "whole.mp4").numbers == list(range(200))
    assert any("its sound is damaged" in note for note in report.notes)


def upright_number(path: Path) -> list[int | None]:
    """Of every frame as a player shows it: by the matrix of the file."""
    with av.open(str(path)) as container:
        found = []
        for frame in container.decode(video=0):
            shown = turned(frame, {0: UPRIGHT, 90: TURNS["counterclockwise"], -90: TURNS["clockwise"],
                                   180: TURNS["half"], -180: TURNS["half"]}[frame.rotation])  # fmt: skip
            found.append(number_in(shown))
        return found


@pytest.mark.parametrize("name", ["clockwise", "half", "counterclockwise"])
def test_turned_frames_are_copied_and_stay_upright(tmp_path: Path, name: str) -> None:
    recipes = [Recipe(0, 60, turn=TURNS[name]), Recipe(40, 100, gop=10, turn=TURNS[name])]
    report, _ = exported(tmp_path, recipes)
    assert upright_number(tmp_path / "whole.mp4") == list(range(100))
    assert report.frames_reencoded == 0


@pytest.mark.parametrize("name", [*TURNS])
def test_a_turned_piece_among_others_is_reencoded_upright(tmp_path: Path, name: str) -> None:
    report, seen = exported(tmp_path, [Recipe(0, 100), Recipe(75, 150, turn=TURNS[name]), Recipe(125, 250)])
    assert seen.numbers == list(range(250))
    assert any("turned" in note or "instead of 320x180" in note for note in report.notes)


def test_an_upright_piece_among_turned_ones_is_stored_as_they_are(tmp_path: Path) -> None:
    turn = TURNS["clockwise"]
    exported(tmp_path, [Recipe(0, 100, turn=turn), Recipe(75, 150), Recipe(125, 250, turn=turn)])
    assert upright_number(tmp_path / "whole.mp4") == list(range(250))


def test_it_refuses_a_run_of_which_nothing_can_be_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", Recipe(0, 50, sound=False))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"avc1", b"zzz1").replace(b"avcC", b"zzzC"))
    plan = ExportPlan("Run", datetime.now(UTC), (PieceSpan(path, 0, 0, 2000),))
    with pytest.raises(ExportError, match="none of the pieces holds picture or sound"):
        export(plan, tmp_path / "whole.mp4")


@pytest.mark.parametrize("clock_s", [4, 3600])
def test_a_piece_whose_clock_begins_elsewhere_is_shown_where_the_plan_says(
    tmp_path: Path, clock_s: int
) -> None:
    recipes = [Recipe(0, 100), Recipe(75, 200, gop=15, clock_s=clock_s)]
    paths = [make(tmp_path / f"{number}.mp4", recipe) for number, recipe in enumerate(recipes)]
    first, second = plan_of(paths, recipes).spans
    assert isinstance(second, PieceSpan)
    moved = {"in_ms": second.in_ms + clock_s * 1000, "out_ms": second.out_ms + clock_s * 1000}
    plan = ExportPlan("Run", datetime.now(UTC), (first, replace(second, **moved)))
    report = export(plan, tmp_path / "whole.mp4")
    seen = see(tmp_path / "whole.mp4")
    assert seen.numbers == list(range(200))
    assert_sound_follows(seen, 70, 8000)
    assert report.duration_ms == 8000
