"""Who comes or goes in the middle of a restart, and restarts by overlapping archives of one session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.browser.everywhere import Check
from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import Run, run
from tests.support.media.recorded_frames import Reading, read_file
from tests.support.media.sent_frames import account, assert_whole
from tests.support.servers.processes import Product, wait_for

pytestmark = pytest.mark.parametrize(
    "product", [{"EVENTS_ALLOW_PRIVATE": "true"}], indirect=True, scope="module"
)
People = Callable[[str, int], Participant]
# A number stands for 100 ms. Whoever has come is seen within seconds, not only in the next piece.
SOON = 50
# Overlapping restarts wait for nobody: without a pause there would hardly be anything to count.
PIECE_MS = 4_000


@pytest.fixture(scope="module")
def ann(product: Product, people: People) -> Participant:
    ann = people("Ann", 1)
    ann.join(product.url)
    return ann


def test_who_comes_or_goes_in_the_middle_of_a_restart_is_recorded(
    product: Product, people: People, ann: Participant, same: Check, tmp_path: Path
) -> None:
    ben, cleo = people("Ben", 2), people("Cleo", 3)
    ben.join(product.url)
    with run(product, "Coming and going") as recorded:
        recorded.begin_restart()
        cleo.join(product.url)
        _wait_until_whole(recorded)
        recorded.begin_restart()
        _wait_for_another_piece(recorded)
        ben.page.goto("about:blank")
        _wait_until_whole(recorded)
        recorded.stop()
    pieces = [read_file(path) for path in recorded.fetch_pieces(tmp_path)]
    for person in (ann, ben, cleo):
        assert_whole(account(product, recorded, pieces, person), person, at_least=SOON)
    assert min(_seen(pieces, cleo)) < SOON
    assert max(_seen(pieces[-1:], ann)) == max(_seen(pieces, ann))
    assert not _seen(pieces[-1:], ben), "who has left is not in the last piece"
    said = same(recorded)
    assert (said["result"], said["gap_count"]) == ("complete", 0)
    assert {span["kind"] for span in recorded.offsets()["spans"]} == {"segment"}


def test_overlapping_archives_of_one_session_lose_no_picture(
    product: Product, ann: Participant, same: Check, tmp_path: Path
) -> None:
    product.manage("create_room", "overlap", "--strategy", "overlap")
    ann.join(f"{product.url}/rooms/overlap")
    with run(product, "Overlapping", room="overlap") as recorded:
        for _ in range(2):
            ann.page.wait_for_timeout(PIECE_MS)
            recorded.begin_restart()
            _wait_until_whole(recorded)
        recorded.stop()
    assert [segment["session"] for segment in recorded.segments] == ["primary"] * 3
    pieces = [read_file(path) for path in recorded.fetch_pieces(tmp_path)]
    assert len(pieces) == 3
    assert_whole(account(product, recorded, pieces, ann), ann)
    said = same(recorded)
    assert (said["result"], said["gap_count"]) == ("complete", 0)
    assert {span["kind"] for span in recorded.offsets()["spans"]} == {"segment"}


def _wait_until_whole(recorded: Run) -> None:
    recorded.wait_until("recording", seconds=60)


def _wait_for_another_piece(recorded: Run) -> None:
    before = len(recorded.segments)
    wait_for(lambda: len(recorded.segments) > before, "another piece is asked for", 30)


def _seen(pieces: list[Reading], person: Participant) -> set[int]:
    return set().union(*(piece.numbers(person.identity) for piece in pieces))
