"""What people get when nobody is there, and when the platform dies under a run and comes back."""

import signal
from collections.abc import Callable
from pathlib import Path

from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import Run
from tests.support.media.recorded_frames import read_file
from tests.support.servers.processes import Product, wait_for

People = Callable[[str, int], Participant]


def test_starting_with_nobody_connected_is_refused_in_plain_words(product: Product) -> None:
    answer = product.http.post("/api/runs/", {"name": "Nobody is here"})
    assert answer.status_code in (400, 409), answer.text
    error = answer.json()
    assert set(error) >= {"code", "message"}
    assert error["message"]


def test_a_run_survives_the_platform_and_says_meanwhile_that_it_is_down(
    product: Product, people: People, tmp_path: Path
) -> None:
    eve = people("Eve", 3)
    eve.join(product.url)
    run = Run.start(product.http, "The platform dies")
    eve.count_on(40)
    localtok = product.parts["localtok"]
    localtok.stop(by=signal.SIGKILL)

    assert product.http.get("/healthz").status_code == 503
    second = product.http.post("/api/runs/", {"name": "Cannot start"})
    assert second.status_code in (409, 503), second.text
    wait_for(lambda: "platform_unavailable" in _alarms(product, run), "the alarm says what is wrong", 60)
    assert run.get()["status"] == "recording"

    localtok.start()
    wait_for(lambda: "platform_unavailable" not in _alarms(product, run), "the alarm is over", 60)
    wait_for(lambda: run.segments[-1]["status"] == "started", "it records again by itself", 30)
    eve.count_on(40)
    run.stop()
    assert [span["kind"] for span in run.offsets()["spans"]] == ["segment", "gap", "segment"]
    pieces = [read_file(path) for path in run.fetch_pieces(tmp_path)]
    assert all(piece.numbers(eve.identity) for piece in pieces), "what was recorded before the kill is kept"


def _alarms(product: Product, run: Run) -> set[str]:
    """The codes of the run's open alarms, as the host's page gets them."""
    state = product.http.get(f"/api/rooms/{run.get()['room']}/state/").json()
    return {alarm["code"] for alarm in state["run"]["alarms"]}
