"""Thumbnails show the instant they stand for, and the levels tell where somebody speaks."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from archives.media.export import GapSpan, PieceSpan
from archives.media.export.index import read_piece
from archives.media.previews import thumbnails
from tests.support.media import counted_video
from tests.support.media.segment_files import Recipe, make

pytestmark = pytest.mark.media


@pytest.fixture
def spans(tmp_path: Path) -> list[PieceSpan | GapSpan]:
    """Pictures 0 to 99, four seconds of nothing, pictures 200 to 299, and a piece that is empty."""
    first, second = make(tmp_path / "a.mp4", Recipe(0, 100)), make(tmp_path / "b.mp4", Recipe(200, 300))
    (tmp_path / "c.mp4").write_bytes(b"")
    return [
        PieceSpan(first, 0, 0, 4000),
        GapSpan(4000, 4000, "nobody there"),
        PieceSpan(second, 8000, 0, 4000),
        PieceSpan(tmp_path / "c.mp4", 12_000, 0, 1000),
    ]


def tile(sheet: Image.Image, number: int) -> Image.Image:
    left, top = number % 10 * 160, number // 10 * 90
    return sheet.crop((left, top, left + 160, top + 90))


def number_of(image: Image.Image) -> int | None:
    return counted_video.read(np.asarray(image.convert("L").resize((320, 180))))


def test_it_shows_the_key_frame_of_each_instant(tmp_path: Path, spans: list[PieceSpan | GapSpan]) -> None:
    done = thumbnails.sprite(spans, tmp_path / "sprite.jpg", tmp_path / "sprite.vtt", every_ms=1000)
    assert done == thumbnails.Sprite(13, 1000)
    with Image.open(tmp_path / "sprite.jpg") as sheet:
        shown = [number_of(tile(sheet, number)) for number in range(13)]
    assert shown == [0, 25, 50, 75, None, None, None, None, 200, 225, 250, 275, None]


def test_it_shows_the_middle_of_what_it_stands_for(tmp_path: Path, spans: list[PieceSpan | GapSpan]) -> None:
    """Also of what is shorter than an interval: a recording begins before anybody's picture comes."""
    thumbnails.sprite(spans, tmp_path / "sprite.jpg", tmp_path / "sprite.vtt", every_ms=4000)
    with Image.open(tmp_path / "sprite.jpg") as sheet:
        assert [number_of(tile(sheet, number)) for number in range(4)] == [50, None, 250, None]
    thumbnails.sprite(spans[:1], tmp_path / "sprite.jpg", tmp_path / "sprite.vtt")
    with Image.open(tmp_path / "sprite.jpg") as sheet:
        assert number_of(sheet) == 50


def test_behind_a_seam_it_goes_by_the_pieces_own_clock(tmp_path: Path) -> None:
    """The second piece begins 1.2 s before it is shown."""
    first = make(tmp_path / "a.mp4", Recipe(0, 80, gop=5))
    second = make(tmp_path / "b.mp4", Recipe(50, 150, gop=5))
    spans = [PieceSpan(first, 0, 0, 3200), PieceSpan(second, 3200, 1200, 4000)]
    thumbnails.sprite(spans, tmp_path / "sprite.jpg", tmp_path / "sprite.vtt", every_ms=1000)
    with Image.open(tmp_path / "sprite.jpg") as sheet:
        shown = [number_of(tile(sheet, number)) for number in range(6)]
    # The key frame nearest to the middle of each second, at 25 pictures a second.
    assert shown == pytest.approx([12.5, 37.5, 62.5, 87.5, 112.5, 137.5], abs=3)


def test_it_names_the_place_of_each_thumbnail(tmp_path: Path, spans: list[PieceSpan | GapSpan]) -> None:
    thumbnails.sprite(spans, tmp_path / "sprite.jpg", tmp_path / "sprite.vtt", every_ms=1000)
    cues = (tmp_path / "sprite.vtt").read_text().split("\n\n")
    assert cues[0] == "WEBVTT"
    assert cues[2] == "00:00:01.000 --> 00:00:02.000\nsprite.jpg#xywh=160,0,160,90"
    assert cues[13].startswith("00:00:12.000 --> 00:00:13.000\nsprite.jpg#xywh=320,90,160,90")


def test_it_spaces_the_thumbnails_of_a_long_run_wider() -> None:
    cues = thumbnails.web_vtt("sprite.jpg", 400, 63_000, 25_200_000)
    assert cues.rstrip().splitlines()[-2] == "06:58:57.000 --> 07:00:00.000"


def test_it_needs_one_sprite_however_long_the_run(tmp_path: Path) -> None:
    week = [GapSpan(0, 7 * 24 * 3600 * 1000)]
    done = thumbnails.sprite(week, tmp_path / "sprite.jpg", tmp_path / "sprite.vtt")
    assert done.count == thumbnails.MOST_THUMBNAILS


def test_it_keeps_the_proportions_of_an_upright_picture(tmp_path: Path) -> None:
    path = make(tmp_path / "upright.mp4", Recipe(0, 25, size=(180, 320)))
    thumbnails.sprite([PieceSpan(path, 0, 0, 1000)], tmp_path / "s.jpg", tmp_path / "s.vtt")
    with Image.open(tmp_path / "s.jpg") as sheet:
        gray = np.asarray(sheet.convert("L"))
    lit = np.flatnonzero(gray.max(axis=0) > 60)
    assert lit[-1] - lit[0] + 1 == pytest.approx(51, abs=4)


def test_it_tells_how_loud_each_instant_is(tmp_path: Path, spans: list[PieceSpan | GapSpan]) -> None:
    peaks = thumbnails.sound_levels(spans, tmp_path / "levels.json")
    assert json.loads((tmp_path / "levels.json").read_text()) == {"every_ms": 500, "peaks": peaks}
    assert len(peaks) == 26
    assert min(peaks[:8] + peaks[16:24]) > 0.2
    assert max(peaks[8:16] + peaks[24:]) == 0


def test_one_damaged_packet_spoils_no_other(tmp_path: Path, spans: list[PieceSpan | GapSpan]) -> None:
    """What a decoder says of damage depends on the bytes: these look like a frame header that is none."""
    path = tmp_path / "a.mp4"
    damaged = bytearray(path.read_bytes())
    held = read_piece(path)
    assert held.audio
    assert held.video
    key = np.flatnonzero(held.video.keys)[1]
    for track, number in ((held.audio, 60), (held.audio, 61), (held.video, key)):
        begin, size = int(track.offsets[number]), int(track.sizes[number])
        damaged[begin : begin + size] = b"\xff" * size
    path.write_bytes(damaged)
    peaks = thumbnails.sound_levels(spans, tmp_path / "levels.json")
    assert min(peaks[:8] + peaks[16:24]) > 0.2
    thumbnails.sprite(spans, tmp_path / "sprite.jpg", tmp_path / "sprite.vtt", every_ms=1000)
    with Image.open(tmp_path / "sprite.jpg") as sheet:
        assert [number_of(tile(sheet, number)) for number in (0, 1, 2, 3)] == [0, None, 50, 75]


@pytest.mark.parametrize("table", [b"stsc", b"stsz", b"stco", b"stts", b"avcC"])
def test_tables_that_make_no_sense_are_no_picture_and_no_sound(
    tmp_path: Path, spans: list[PieceSpan | GapSpan], table: bytes
) -> None:
    path = tmp_path / "a.mp4"
    content = bytearray(path.read_bytes())
    at = content.index(table) + 4
    content[at : at + 20] = b"\xf1" * 20
    path.write_bytes(content)
    thumbnails.sprite(spans, tmp_path / "sprite.jpg", tmp_path / "sprite.vtt", every_ms=1000)
    with Image.open(tmp_path / "sprite.jpg") as sheet:
        assert [number_of(tile(sheet, number)) for number in (8, 9)] == [200, 225]
    assert min(thumbnails.sound_levels(spans, tmp_path / "levels.json")[16:24]) > 0.2


def test_it_says_that_it_goes_on_where_nothing_is_to_be_seen(tmp_path: Path) -> None:
    """Whoever makes it holds the job by that: hours of sound alone must not lose it."""
    shares: list[float] = []
    thumbnails.sprite(
        [GapSpan(0, 60_000)], tmp_path / "s.jpg", tmp_path / "s.vtt", every_ms=1000, progress=shares.append
    )
    assert len(shares) == 61


def test_the_levels_of_a_week_are_no_more_than_those_of_a_day(tmp_path: Path) -> None:
    week = [GapSpan(0, 7 * 24 * 3600 * 1000)]
    peaks = thumbnails.sound_levels(week, tmp_path / "levels.json")
    told = json.loads((tmp_path / "levels.json").read_text())
    assert len(peaks) == thumbnails.MOST_LEVELS
    assert len(peaks) * told["every_ms"] == pytest.approx(week[0].length_ms, rel=0.001)


def test_it_leaves_nothing_when_cancelled(tmp_path: Path, spans: list[PieceSpan | GapSpan]) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(thumbnails.Cancel):
        thumbnails.sprite(spans, tmp_path / "sprite.jpg", tmp_path / "sprite.vtt", cancelled=lambda: True)
    with pytest.raises(thumbnails.Cancel):
        thumbnails.sound_levels(spans, tmp_path / "levels.json", cancelled=lambda: True)
    assert sorted(tmp_path.iterdir()) == before
