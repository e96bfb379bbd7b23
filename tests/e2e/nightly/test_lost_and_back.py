"""A participant's network is away for ten seconds, then the platform restarts: both mend themselves."""

import signal
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser.everywhere import Check
from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import published, run
from tests.support.media.recorded_frames import Reading, read_file
from tests.support.platform import localtok_faults
from tests.support.servers.processes import Product, wait_for

AWAY_S = 10
SOON_MS = 20_000
# Longer than the platform waits for somebody to come back.
LONG_AWAY_S = 20
# What a page takes to notice, and to come back; people's bounds are good to a second or two.
SLACK_S = 5
# A worker that died is followed by another when its lease has run out, and that hangs on the time-out.
pytestmark = pytest.mark.parametrize(
    "product",
    [
        {
            "OPENTOK_TIMEOUT": "6",
            "EVENTS_ALLOW_PRIVATE": "true",
            "WEBHOOK_SECRET": "a signature secret of tests that is long enough",
        }
    ],
    indirect=True,
    scope="module",
)


def test_ten_seconds_without_a_network(
    product: Product, pair: list[Participant], same: Check, tmp_path: Path
) -> None:
    ann, ben = pair
    words = ann.page.locator("#connection-words")
    with run(product, "Away for ten seconds") as recorded:
        ann.count_on(30)
        ann.context.set_offline(True)
        localtok_faults.order(
            product, {"event": "networkLost", "connection": _connection(product, ann), "seconds": AWAY_S}
        )
        expect(words).to_contain_text("Reconnecting", timeout=SOON_MS)
        ben.page.wait_for_timeout(AWAY_S * 1000)
        assert recorded.get()["status"] == "recording"
        ann.context.set_offline(False)
        expect(ann.page.locator("#connection")).to_be_hidden(timeout=SOON_MS)
        ann.wait_until_publishing("primary")
        ann.count_on(40)
        recorded.stop()
    (absence,) = recorded.offsets()["absences"]
    print(absence)
    assert (absence["person"], absence["cause"]) == ("Ann", "The connection was lost.")
    assert AWAY_S - SLACK_S < (absence["end_ms"] - absence["start_ms"]) / 1000 < AWAY_S + SLACK_S
    assert same(recorded)["gap_count"] == 0, "one person is missing, not everybody"
    (piece,) = [read_file(path) for path in recorded.fetch_pieces(tmp_path)]
    assert [span["kind"] for span in recorded.offsets()["spans"]] == ["segment"], "the piece goes on"
    for person, is_missing in ((ann, True), (ben, False)):
        hole = longest_hole(piece, person)
        print(f"{person.name}: {len(piece.numbers(person.identity))} numbers, nothing new for {hole} ms")
        assert (hole > (AWAY_S - SLACK_S) * 1000) is is_missing
    # What is stated is where it is missing in the file.
    begin, end = longest_hole_bounds(piece, ann)
    assert abs(absence["start_ms"] - begin) < SLACK_S * 1000
    assert abs(absence["end_ms"] - end) < SLACK_S * 1000


def test_away_for_so_long_that_the_platform_gives_the_stream_up(
    product: Product, pair: list[Participant], same: Check
) -> None:
    ann, _ = pair
    with run(product, "Away for long") as recorded:
        ann.count_on(30)
        ann.context.set_offline(True)
        loss = {"event": "networkLost", "connection": _connection(product, ann), "seconds": LONG_AWAY_S}
        localtok_faults.order(product, loss)
        wait_for(
            lambda: "Ann" not in {each["name"] for each in published(product)["primary"]},
            "the platform gives Ann's stream up",
            LONG_AWAY_S,
        )
        ann.page.wait_for_timeout(LONG_AWAY_S / 2 * 1000)
        ann.context.set_offline(False)
        wait_for(lambda: "Ann" in {each["name"] for each in published(product)["primary"]}, "Ann is back", 30)
        (absence,) = wait_for(lambda: recorded.offsets()["absences"], "it is stated while it records", 20)
        print(absence)
        assert absence["person"] == "Ann"
        recorded.stop()
    (absence,) = recorded.offsets()["absences"]
    seconds = (absence["end_ms"] - absence["start_ms"]) / 1000
    print(absence, seconds)
    said = same(recorded)
    assert (said["result"], said["gap_count"]) == ("complete_with_losses", 0)
    assert LONG_AWAY_S - SLACK_S < seconds < LONG_AWAY_S + 2 * SLACK_S


def test_the_platform_restarts_under_the_call(
    product: Product, pair: list[Participant], same: Check, tmp_path: Path
) -> None:
    localtok = product.parts["localtok"]
    with run(product, "The platform restarts") as recorded:
        pair[0].count_on(30)
        localtok.stop(by=signal.SIGTERM)
        for person in pair:
            expect(person.page.locator("#connection-words")).to_contain_text("Reconnecting", timeout=SOON_MS)
        localtok.start()
        for person in pair:
            person.wait_until_publishing("primary", 60)
            expect(person.page.locator("#connection")).to_be_hidden(timeout=SOON_MS)
            expect(person.page.locator(".tile")).to_have_count(len(pair), timeout=SOON_MS)
        wait_for(lambda: recorded.segments[-1]["status"] == "started", "another piece is recording", 60)
        pair[0].count_on(40)
        recorded.stop()
    said = same(recorded)
    assert (said["result"], said["gap_count"]) == ("complete_with_losses", 1)
    kinds = [span["kind"] for span in recorded.offsets()["spans"]]
    assert kinds == ["segment", "gap", "segment"], "the hole is stated"
    pieces = [read_file(path) for path in recorded.fetch_pieces(tmp_path)]
    for person in pair:
        assert all(piece.numbers(person.identity) for piece in pieces), f"{person.name} is in both pieces"


def longest_hole(piece: Reading, person: Participant) -> int:
    begin, end = longest_hole_bounds(piece, person)
    return end - begin


def longest_hole_bounds(piece: Reading, person: Participant) -> tuple[int, int]:
    """Between which instants of the piece the person's number stood still for longest, in ms."""
    first: dict[int, int] = {}
    for sighting in sorted(piece.sightings[person.identity], key=lambda each: each.frame):
        first.setdefault(sighting.number, sighting.time_ms)
    times = sorted(first.values())
    return max(pairwise(times), key=lambda bounds: bounds[1] - bounds[0])


def _connection(product: Product, person: Participant) -> str:
    return next(each["connection"] for each in published(product)["primary"] if each["name"] == person.name)
