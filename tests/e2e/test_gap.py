"""The platform dies in the middle of a run: whatever number is missing, a gap of the timeline covers it."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import Run, run
from tests.support.media.recorded_frames import Reading, missing, read_file
from tests.support.media.sent_frames import account, first_ms
from tests.support.servers.processes import Product, wait_for

# A worker that died is followed by another when its lease has run out, and that hangs on the time-out.
pytestmark = pytest.mark.parametrize("product", [{"OPENTOK_TIMEOUT": "6"}], indirect=True, scope="module")
NUMBER_MS = 100


def test_what_a_killed_platform_could_not_record_is_stated_as_a_gap(
    product: Product, pair: list[Participant], tmp_path: Path
) -> None:
    with run(product, "The platform is killed") as recorded:
        pair[0].page.wait_for_timeout(5000)
        localtok = product.parts["localtok"]
        localtok.stop(by=signal.SIGKILL)
        localtok.start()
        wait_for(lambda: _recording_again(recorded), "another piece is recording", 60)
        pair[0].page.wait_for_timeout(3000)
        recorded.stop()
    spans = recorded.offsets()["spans"]
    pieces = [read_file(path) for path in recorded.fetch_pieces(tmp_path)]
    gaps = [(span["start_ms"], span["start_ms"] + span["out_ms"]) for span in spans if span["kind"] == "gap"]
    assert gaps
    for person in pair:
        lost = _missing_at(spans, pieces, person.identity)
        assert lost, "the platform was away, so something must be missing"
        # Who comes back later than another was not there to be recorded from the gap's end on.
        back_ms = _back_at(product, recorded, spans, person)
        unstated = {n: at for n, at in lost.items() if not _stated(at, gaps, back_ms)}
        never_sent = set(account(product, recorded, pieces, person).never_sent)
        assert set(unstated) <= never_sent, f"{gaps=} {back_ms=} {unstated=} {never_sent=}"


def _recording_again(recorded: Run) -> bool:
    first, *others = recorded.segments
    return first["status"] != "started" and any(segment["status"] == "started" for segment in others)


def _missing_at(spans: list[dict[str, Any]], pieces: list[Reading], identity: int) -> dict[int, int]:
    """When each missing number was shown, in ms of the run: NUMBER_MS for each since the last one seen."""
    shown = [span for span in spans if span["kind"] == "segment"]
    seen = sorted(
        (sighting.number, span["start_ms"] - span["in_ms"] + sighting.time_ms)
        for span, piece in zip(shown, pieces, strict=True)
        for sighting in piece.sightings[identity]
    )
    lost = {}
    for number in missing(pieces, identity):
        last = max(known for known, _ in seen if known < number)
        lost[number] = min(at for known, at in seen if known == last) + NUMBER_MS * (number - last)
    return lost


def _back_at(product: Product, recorded: Run, spans: list[dict[str, Any]], person: Participant) -> int:
    """When the piece after the gap was sent the person's first picture, in ms of the run."""
    archive, span = recorded.segments[-1]["archive_id"], spans[-1]
    first = first_ms(product, archive, person.name)
    assert first is not None, f"{person.name} never came back"
    return int(span["start_ms"] - span["in_ms"] + first)


def _stated(at_ms: int, gaps: list[tuple[int, int]], back_ms: int) -> bool:
    last = gaps[-1][1]
    return any(_within(at_ms, gap) for gap in gaps) or _within(at_ms, (last, max(last, back_ms)))


def _within(at_ms: int, gap: tuple[int, int]) -> bool:
    """To the length of a number: it is not known when in its three pictures it was cut off."""
    return gap[0] - NUMBER_MS <= at_ms <= gap[1] + NUMBER_MS
