"""Everybody leaves for a while and comes back, then a restart: the break is stated where it was."""

import time
from typing import Any

import pytest

from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import Run, publishers, run
from tests.support.servers.processes import Product, wait_for

BREAK_S = 10
# Pages are let go and come back within it.
SLACK_S = 1.5

SETTINGS = {"KEEP_FILES": "true", "WEBHOOK_SECRET": "a secret that callbacks are signed with"}
pytestmark = pytest.mark.parametrize("product", [SETTINGS], indirect=True, scope="module")


def test_a_break_in_which_everybody_leaves(product: Product, pair: list[Participant]) -> None:
    with run(product, "A morning with a break") as recorded:
        pair[0].page.wait_for_timeout(8000)
        left_at = _leave(product, pair)
        time.sleep(BREAK_S)
        back_at = time.time()
        for person in pair:
            person.join(product.url)
        returned_at = time.time()
        wait_for(lambda: _records(recorded), "the archive records again", 30)
        pair[0].page.wait_for_timeout(6000)
        recorded.restart()
        pair[0].page.wait_for_timeout(3000)
        recorded.stop(seconds=120)
    account = recorded.get()["account"]
    (gap,) = account["gaps"]
    assert gap["causes"] == ["nobody_published"], gap
    # On a busy machine the archive may record only some time after the first stream has come back.
    assert account["lost_ms"] < 1000 * SLACK_S * 2, account
    late = _late(recorded, back_at, returned_at)
    is_whole = account["lost_ms"] < 1000 and not late
    assert account["result"] == ("complete" if is_whole else "complete_with_losses")
    _assert_contains(recorded, gap, left_at, back_at, returned_at)
    assert _kinds(recorded) == ["overlap", "overlap"]
    _assert_same_everywhere(recorded, account)


def _leave(product: Product, pair: list[Participant]) -> float:
    for person in pair:
        person.page.goto("about:blank")
    wait_for(lambda: not publishers(product)["primary"], "nobody publishes", 20)
    return time.time()


def _late(recorded: Run, back_at: float, returned_at: float) -> list[str]:
    """Who came back a second or more after the first one: absent for no longer than that took."""
    offsets = recorded.offsets()
    began = offsets["began_at_ms"] / 1000
    for absence in offsets["absences"]:
        start, end = (began + absence[edge] / 1000 for edge in ("start_ms", "end_ms"))
        assert back_at - SLACK_S <= start < end <= returned_at + SLACK_S, absence
    return [absence["person"] for absence in offsets["absences"]]


def _records(recorded: Run) -> bool:
    return any(segment["status"] == "started" for segment in recorded.segments)


def _assert_contains(
    recorded: Run, gap: dict[str, Any], left_at: float, back_at: float, returned_at: float
) -> None:
    """`back_at` to `returned_at`: pages came back between them."""
    began = recorded.offsets()["began_at_ms"] / 1000
    start, end = began + gap["start_ms"] / 1000, began + gap["end_ms"] / 1000
    print(f"away {left_at:.2f} to {back_at:.2f}-{returned_at:.2f}, stated {start:.2f} to {end:.2f}: {gap}")
    assert left_at - 2 * SLACK_S - 1 <= start <= left_at + SLACK_S
    assert back_at - SLACK_S <= end <= returned_at + SLACK_S


def _kinds(recorded: Run) -> list[str]:
    report = recorded.http.get(f"/api/runs/{recorded.id}/seams/").json()
    assert report["gaps"] == 1, report
    return [seam["kind"] for seam in report["seams"] if seam["later"]]


def _assert_same_everywhere(recorded: Run, account: dict[str, Any]) -> None:
    listed = recorded.http.get("/api/runs/?name=A%20morning%20with%20a%20break").json()["results"][0]
    offsets = recorded.offsets()
    spans = [span for span in offsets["spans"] if span["kind"] == "gap"]
    missing = [listed["missing_ms"], account["missing_ms"], offsets["account"]["missing_ms"]]
    assert {*missing, sum(span["out_ms"] - span["in_ms"] for span in spans)} == {account["missing_ms"]}
    assert {listed["duration_ms"], offsets["duration_ms"], account["duration_ms"]} == {account["duration_ms"]}
