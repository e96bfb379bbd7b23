"""A recorder that begins late: the old archive records on until media of everyone arrives in the new one."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import Run, fetch, run
from tests.support.media.recorded_frames import Reading, read_file
from tests.support.media.sent_frames import account, assert_whole
from tests.support.platform import localtok_faults
from tests.support.servers.processes import Product, wait_for

# Longer than a start of localtok waits for media; people are waited for longer than that.
LATE_MS = 9_000
pytestmark = pytest.mark.parametrize("product", [{"SESSION_JOIN_DELAY": "20"}], indirect=True, scope="module")


def test_no_archive_is_stopped_before_media_of_everyone_arrives_in_the_next(
    product: Product, pair: list[Participant], tmp_path: Path
) -> None:
    ben = pair[1]
    with run(product, "Slow recorder") as recorded:
        # Ben alone in the interim archive and in the one after it, then everybody in both.
        for who, times in (("^Ben", 2), (".", 4)):
            localtok_faults.order(product, {"recorder": who, "late_ms": LATE_MS, "next": times})
            recorded.begin_restart()
            recorded.wait_until("recording", seconds=120)
            assert localtok_faults.struck(product) == times
            localtok_faults.clear(product)
        assert _alarms(product) == []
        ben.count_on(20)
        recorded.stop()
    pieces = [read_file(path) for path in recorded.fetch_pieces(tmp_path)]
    assert len(pieces) == 5
    for person in pair:
        for earlier, later in pairwise(pieces):
            assert _meet(earlier, later, person), f"{person.name} is in neither archive for a time"
        assert_whole(account(product, recorded, pieces, person), person)
    film = read_file(_export(product, recorded, tmp_path / "film.mp4"))
    for person in pair:
        in_pieces = set().union(*(piece.numbers(person.identity) for piece in pieces))
        # A number is shown for some frames; one that was cut at a seam is on the other side of it.
        assert in_pieces - film.numbers(person.identity) == set(), f"{person.name}: numbers lost by merging"


def _meet(earlier: Reading, later: Reading, person: Participant) -> bool:
    """Whether the later archive shows a number that the earlier one shows too."""
    return bool(earlier.numbers(person.identity) & later.numbers(person.identity))


def _alarms(product: Product) -> list[str]:
    state = product.http.get("/api/rooms/main/state/").json()
    return [alarm["code"] for alarm in state["run"]["alarms"]]


def _export(product: Product, recorded: Run, path: Path) -> Path:
    asked = product.http.post(f"/api/runs/{recorded.id}/exports/")
    assert asked.status_code == 202, asked.text
    export: dict[str, Any] = asked.json()

    def done() -> bool:
        export.update(product.http.get(f"/api/exports/{export['id']}/").json())
        assert export["status"] not in ("failed", "cancelled"), export
        return bool(export["status"] == "done")

    wait_for(done, "the recording is merged", 200)
    return fetch(product.http, export["url"], path)
