"""Processes die in the middle of a restart: nothing that a browser sent is missing."""

from pathlib import Path

import pytest

from tests.support.browser.everywhere import Check
from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import run
from tests.support.media.recorded_frames import read_file
from tests.support.media.sent_frames import account, assert_whole
from tests.support.platform import localtok_faults
from tests.support.servers.processes import Product, wait_for

# A worker that died is followed by another when its lease has run out, and that hangs on the time-out.
SETTINGS = {"OPENTOK_TIMEOUT": "6", "EVENTS_ALLOW_PRIVATE": "true"}
pytestmark = pytest.mark.parametrize("product", [SETTINGS], indirect=True, scope="module")
# Each step is one call: its name, and how many others of that name a restart makes before it.
KILLS = {
    "START_SECONDARY": ("startArchive", 0),
    "STOP_PRIMARY": ("stopArchive", 0),
    "START_PRIMARY": ("startArchive", 1),
}


def test_it_loses_no_picture_when_worker_and_web_are_killed_in_the_middle(
    product: Product, pair: list[Participant], same: Check, tmp_path: Path
) -> None:
    with run(product, "Killed") as recorded:
        for step, (call, after) in KILLS.items():
            localtok_faults.make_late(product, call, after)
            recorded.begin_restart()
            localtok_faults.kill_worker_in_the_call(product)
            assert _step(product) == step
            recorded.wait_until("recording", seconds=90)
        recorded.begin_restart()
        wait_for(lambda: _step(product) not in ("SIGNAL_JOIN", "AWAIT_PUBLISHERS"), "a piece is asked for")
        localtok_faults.restart_web(product)
        recorded.wait_until("recording", seconds=60)
        pair[0].page.wait_for_timeout(1000)
        recorded.stop()
    pieces = [read_file(path) for path in recorded.fetch_pieces(tmp_path)]
    for person in pair:
        assert_whole(account(product, recorded, pieces, person), person)
    assert len(pieces) == 1 + 2 * (len(KILLS) + 1), "nothing was started twice"
    said = same(recorded)
    assert (said["result"], said["gap_count"]) == ("complete", 0)
    assert [span["kind"] for span in recorded.offsets()["spans"]] == ["segment"] * len(pieces)


def _step(product: Product) -> str:
    room = product.http.get("/api/runs/").json()["results"][0]["room"]
    restart = product.http.get(f"/api/rooms/{room}/state/").json()["run"]["restart"]
    return str(restart["step"])
