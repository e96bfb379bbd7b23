"""One recording out of the pieces of a real call: seams measured in the media, one MP4, thumbnails."""

from collections.abc import Callable
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import Run, fetch, run
from tests.support.media.recorded_frames import Reading, read_file
from tests.support.servers.processes import Http, Product, wait_for

pytestmark = pytest.mark.parametrize("product", [{"KEEP_FILES": "true"}], indirect=True)
ANN = 1
# A camera shows each number for 100 ms and a recorder samples it every 40 ms.
NUMBER_MS = 100


def test_it_becomes_one_recording(
    product: Product, people: Callable[[str, int], Participant], tmp_path: Path
) -> None:
    ann = people("Ann", ANN)
    ann.join(product.url)
    with run(product, "A day in court") as recorded:
        recorded.restart()
        recorded.restart()
        ann.count_on(20)
        recorded.stop()
    pieces = _pieces(recorded, tmp_path)
    _assert_seams_are_true(_seams(recorded), pieces)
    film = read_file(_exported(recorded, tmp_path / "film.mp4"))
    _assert_every_number_once_in_order(film, list(pieces.values()))
    assert film.duration_ms == pytest.approx(recorded.offsets()["duration_ms"], abs=NUMBER_MS)
    _assert_thumbnails_and_levels(recorded)


def _pieces(recorded: Run, folder: Path) -> dict[str, Reading]:
    ids = [segment["id"] for segment in recorded.segments]
    paths = {pk: fetch(recorded.http, f"/media/segments/{pk}/", folder / f"{pk}.mp4") for pk in ids}
    return {pk: read_file(path) for pk, path in paths.items()}


def _seams(recorded: Run) -> list[dict[str, Any]]:
    report = recorded.http.get(f"/api/runs/{recorded.id}/seams/").json()
    assert [report[kind] for kind in ("measured", "estimated", "waiting", "gaps")] == [4, 0, 0, 0], report
    return report["seams"]


def _assert_seams_are_true(seams: list[dict[str, Any]], pieces: dict[str, Reading]) -> None:
    for seam in seams:
        truth_ms = _offset_by_numbers(pieces[seam["earlier"]["id"]], pieces[seam["later"]["id"]])
        print(
            f"seam {seam['earlier']['ordinal']}-{seam['later']['ordinal']}: {seam['offset_ms']} ms by "
            f"{seam['method']} ({seam['confidence']:.2f}), {truth_ms:.0f} ms by numbers, overlap "
            f"{seam['overlap_ms']} ms, pictures against sound {seam['residual_av_ms']}"
        )
        assert seam["method"] in ("audio", "video")
        assert seam["offset_ms"] == pytest.approx(truth_ms, abs=NUMBER_MS)
    # On a busy machine each recorder stretches the sound in its own way (docs/seams.md). Then the pictures
    # tell, and may be too alike to be sure of: that is said, and is still true.
    assert 2 * sum(seam["sure"] for seam in seams) > len(seams)


def _offset_by_numbers(earlier: Reading, later: Reading) -> float:
    """Where time 0 of `later` is in `earlier`, by when the same numbers appear in both."""
    one, two = _first_seen(earlier), _first_seen(later)
    # The very first picture of a file may show a number that appeared before.
    shared = sorted(one.keys() & two.keys())[1:]
    assert len(shared) >= 5, "the pieces share enough pictures to tell"
    return median(one[number] - two[number] for number in shared)


def _first_seen(reading: Reading) -> dict[int, int]:
    seen: dict[int, int] = {}
    for sighting in reading.sightings[ANN]:
        seen.setdefault(sighting.number, sighting.time_ms)
    return seen


def _exported(recorded: Run, path: Path) -> Path:
    http = recorded.http
    asked = http.post(f"/api/runs/{recorded.id}/exports/")
    assert asked.status_code == 202, asked.text
    export = wait_for(lambda: _ended(http, asked.json()["id"]), "the export is made", 60)
    assert export["status"] == "done", export
    for seam in export["report"]["seams"]:
        print(f"export: {seam}")
    return fetch(http, export["url"], path)


def _ended(http: Http, pk: str) -> dict[str, Any] | None:
    export = http.get(f"/api/exports/{pk}/").json()
    return None if export["status"] in ("queued", "running") else export


def _assert_every_number_once_in_order(film: Reading, pieces: list[Reading]) -> None:
    shown = [number for number, _ in groupby(sighting.number for sighting in film.sightings[ANN])]
    recorded = set().union(*(piece.numbers(ANN) for piece in pieces))
    print(f"export: {film.frames} frames, {len(shown)} numbers, {film.duration_ms} ms")
    assert [number for one, number in pairwise(shown) if number <= one] == []
    assert sorted(recorded - set(shown)) == []
    assert film.rms > 0.005


def _assert_thumbnails_and_levels(recorded: Run) -> None:
    offsets = wait_for(lambda: _previewed(recorded), "thumbnails and levels are made", 30)
    assert "#xywh=" in recorded.http.get(offsets["thumbnails"]).text
    levels = recorded.http.get(offsets["levels"]).json()
    assert max(levels["peaks"]) > 0.01
    assert len(levels["peaks"]) == pytest.approx(offsets["duration_ms"] / levels["every_ms"], abs=1)


def _previewed(recorded: Run) -> dict[str, Any] | None:
    offsets = recorded.offsets()
    return offsets if offsets["thumbnails"] else None
