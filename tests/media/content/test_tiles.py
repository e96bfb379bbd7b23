"""One tile among others that is dark or stands still; and what only looks so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archives.media.content import job as work
from archives.media.content.check import Expected, check
from archives.media.content.places import Place, place_of
from archives.models import ArchiveRun, StreamPresence
from archives.timeline.remarks import sentence
from tests.support.media.content_score import false_findings, found
from tests.support.media.planted_tiles import FAULTS, SEEMS, plant_tile, seeming, went_and_came
from tests.support.media.stored_segments import keep_in, new_run, piece

pytestmark = pytest.mark.media

SEED = 4
# A picture in its page changes at some key frames, and a pointer moves over it.
CODED_OTHERWISE = 1000
Published = Sequence[tuple[float, float]]


@pytest.mark.parametrize("fault", FAULTS)
def test_it_finds_the_tile_and_nothing_else(fault: str, tmp_path: Path) -> None:
    planted = plant_tile(tmp_path / "segment.mp4", fault, SEED)
    result = check(planted.path, Expected(published=planted.published))
    assert found(planted, result), (planted, result)
    assert false_findings(planted, result) == []
    assert planted.is_at(result[0]), (planted.place, result)


@pytest.mark.parametrize("name", SEEMS)
def test_what_only_seems_so_is_none(name: str, tmp_path: Path) -> None:
    path = seeming(tmp_path / "segment.mp4", name, SEED)
    assert check(path) == []


def test_a_page_that_is_coded_otherwise_now_and_then_is_no_frozen_picture(
    tmp_path: Path,
) -> None:
    path = seeming(tmp_path / "segment.mp4", "a shared screen is made black", CODED_OTHERWISE)
    assert check(path) == []


def test_a_place_that_somebody_has_left_is_no_dark_picture(tmp_path: Path) -> None:
    """It is one only if everybody was there all the time."""
    path = seeming(tmp_path / "segment.mp4", "somebody leaves, the place stays empty", SEED)
    known = went_and_came(SEED)
    assert check(path, Expected(published=known)) == []
    whole = known[0]
    assert [each.code for each in check(path, Expected(published=[whole] * 4))] == ["tile_dark"]
    assert check(path, Expected(published=[whole])) == []


# --- places ------------------------------------------------------------------------------------------
def blocks(*rectangles: tuple[int, int, int, int]) -> Any:
    chosen = np.zeros((18, 32), np.bool_)
    for top, bottom, left, right in rectangles:
        chosen[top:bottom, left:right] = True
    return chosen.ravel()


@pytest.mark.parametrize(
    ("rectangles", "place"),
    [
        ([(0, 9, 0, 16)], Place(0, 9, 0, 16)),
        # A third of the width ends within a block.
        ([(9, 18, 11, 21)], Place(9, 18, 11, 21)),
        # The middle one of a short last row, an upright picture in its tile.
        ([(9, 18, 8, 24)], Place(9, 18, 8, 24)),
        ([(0, 18, 4, 12)], Place(0, 18, 4, 12)),
        # Somebody's body, two bars, nearly all of the picture, a small thing, a corner that fits no grid.
        ([(3, 18, 4, 12)], None),
        ([(0, 18, 0, 6), (0, 18, 10, 16)], None),
        ([(0, 18, 0, 31)], None),
        ([(0, 2, 0, 4)], None),
        ([(4, 11, 3, 17)], None),
        ([], None),
    ],
)
def test_a_tile_is_one_rectangle_of_a_grid(rectangles: list[Any], place: Place | None) -> None:
    assert place_of(blocks(*rectangles), 0.9, 0.1) == place


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(0, 9, 0, 16), "One of the pictures is dark (top left)."),
        (Place(9, 18, 16, 32), "One of the pictures is dark (bottom right)."),
        (Place(0, 18, 16, 32), "One of the pictures is dark (right)."),
        (Place(6, 12, 11, 21), "One of the pictures is dark (middle)."),
    ],
)
def test_viewers_read_where_it_is(place: Place, words: str) -> None:
    assert sentence("tile_dark", place.values) == words


# --- who was there -----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_callbacks_say_who_was_there(settings: Any, tmp_path: Path) -> None:
    run: ArchiveRun = new_run()
    segment = piece(run, keep_in(tmp_path, settings), 0, 100)
    assert work.expected(segment).published is None
    begun = segment.started_at
    assert begun is not None
    segment.ended_at = begun + timedelta(seconds=4)
    segment.save()

    def stream(number: int, session: str, since_s: float, until_s: float | None) -> None:
        StreamPresence.objects.create(
            room=run.room,
            session=session,
            stream_id=str(number),
            created_at=begun + timedelta(seconds=since_s),
            destroyed_at=None if until_s is None else begun + timedelta(seconds=until_s),
        )

    stream(1, "primary", -60, 2)
    stream(2, "primary", 1, None)
    stream(3, "secondary", -60, None)
    stream(4, "primary", -60, -30)
    stream(5, "primary", 30, None)
    known = work.expected(segment).published
    assert known is not None
    (first, second) = sorted(known)
    assert first == pytest.approx((-60_000, 2000))
    assert second[0] == pytest.approx(1000)
    assert second[1] > 4000
