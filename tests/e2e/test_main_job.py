"""The main job on real video: two people, two restarts, and not one picture or word missing."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import Run, publishers, run
from tests.support.media.recorded_frames import Reading, read_file
from tests.support.media.sent_frames import account, assert_whole
from tests.support.servers.processes import Product, wait_for

People = Callable[[str, int], Participant]
LOUD_ENOUGH = 0.005


@pytest.fixture(scope="module")
def ann(product: Product, people: People) -> Participant:
    return _joined(product, people("Ann", 1))


@pytest.fixture(scope="module")
def ben(product: Product, people: People) -> Participant:
    return _joined(product, people("Ben", 2))


def _joined(product: Product, person: Participant) -> Participant:
    person.join(product.url)
    return person


def test_it_loses_no_picture_and_no_sound_over_two_restarts(
    product: Product, ann: Participant, ben: Participant, tmp_path: Path
) -> None:
    with run(product, "A day in court") as recorded:
        ann.count_on(20)
        recorded.restart()
        recorded.restart()
        ann.count_on(20)
        recorded.stop()
    pieces = [read_file(path) for path in recorded.fetch_pieces(tmp_path)]
    _print_figures(pieces)
    assert len(pieces) == 5
    for person in (ann, ben):
        assert_whole(account(product, recorded, pieces, person), person)
    assert [piece.path.name for piece in pieces if piece.rms < LOUD_ENOUGH] == []
    _assert_pieces_overlap(recorded)


def test_a_reload_in_the_middle_of_a_restart_leads_into_both_sessions(
    product: Product, ann: Participant, ben: Participant
) -> None:
    with run(product, "Reloaded") as recorded:
        recorded.begin_restart()
        ben.page.reload()
        ben.wait_until_publishing("primary")
        ben.wait_until_publishing("secondary")
        # Ann comes by herself, perhaps after Ben, who is told by the page that he loads.
        wait_for(lambda: {"Ann", "Ben"} <= publishers(product)["secondary"], "both are in the second session")
        assert {"Ann", "Ben"} <= publishers(product)["primary"]
        recorded.wait_until("recording", seconds=60)
        wait_for(lambda: not publishers(product)["secondary"], "everyone has left the second session")


def _assert_pieces_overlap(recorded: Run) -> None:
    spans = recorded.offsets()["spans"]
    assert [span["kind"] for span in spans] == ["segment"] * 5
    for before, after in pairwise(spans):
        end_ms = before["start_ms"] + before["out_ms"] - before["in_ms"]
        assert after["start_ms"] == pytest.approx(end_ms, abs=1)


def _print_figures(pieces: list[Reading]) -> None:
    for piece in pieces:
        seen = {who: f"{len(piece.numbers(who))} numbers" for who in sorted(piece.sightings)}
        print(
            f"{piece.path.name}: {piece.frames} frames, {piece.duration_ms} ms, rms {piece.rms:.3f}, {seen}"
        )
