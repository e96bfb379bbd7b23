"""A participant's network is away for ten seconds, then the platform restarts: both mend themselves."""

import signal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import faults
from tests.e2e.people import Participant
from tests.e2e.processes import Product, wait_for
from tests.e2e.runs import published, run
from tests.media.reading import read_file

AWAY_S = 10
SOON_MS = 20_000
# A worker that died is followed by another when its lease has run out, and that hangs on the time-out.
pytestmark = pytest.mark.parametrize("product", [{"OPENTOK_TIMEOUT": "6"}], indirect=True, scope="module")


def test_ten_seconds_without_a_network(product: Product, pair: list[Participant], tmp_path: Path) -> None:
    ann, ben = pair
    words = ann.page.locator("#connection-words")
    with run(product, "Away for ten seconds") as recorded:
        ann.count_on(30)
        ann.context.set_offline(True)
        faults.order(
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
    (piece,) = [read_file(path) for path in recorded.fetch_pieces(tmp_path)]
    assert [span["kind"] for span in recorded.offsets()["spans"]] == ["segment"], "the piece goes on"
    print(f"Ann's numbers: {len(piece.numbers(ann.identity))} of {max(piece.numbers(ann.identity))}")


def test_the_platform_restarts_under_the_call(
    product: Product, pair: list[Participant], tmp_path: Path
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
    kinds = [span["kind"] for span in recorded.offsets()["spans"]]
    assert kinds == ["segment", "gap", "segment"], "the hole is stated"
    pieces = [read_file(path) for path in recorded.fetch_pieces(tmp_path)]
    for person in pair:
        assert all(piece.numbers(person.identity) for piece in pieces), f"{person.name} is in both pieces"


def _connection(product: Product, person: Participant) -> str:
    return next(each["connection"] for each in published(product)["primary"] if each["name"] == person.name)
