"""What a person shows and hides is the same in both sessions: muted, without camera, with a shared screen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import published, run
from tests.support.media.recorded_frames import read_file
from tests.support.platform import localtok_faults
from tests.support.servers.processes import Product, wait_for

SILENT = 1e-4


@pytest.fixture(scope="module")
def ann(product: Product, people: Callable[..., Participant]) -> Participant:
    ann = people("Ann", 1, "--auto-select-desktop-capture-source=Entire screen")
    ann.join(product.url)
    return ann


@pytest.fixture(scope="module")
def ben(product: Product, people: Callable[..., Participant]) -> Participant:
    """Muted all the time, so that what is heard is Ann; seen all the time, so that there is a picture."""
    ben = people("Ben", 2)
    ben.join(product.url)
    ben.page.click("#mute")
    return ben


def test_muted_and_without_camera_in_a_restart_is_so_in_the_interim_piece(
    product: Product, ann: Participant, ben: Participant, tmp_path: Path
) -> None:
    with run(product, "Off in between") as recorded:
        ann.count_on(20)
        # Ann publishes in the second session already when she switches off, and before it is recorded.
        localtok_faults.make_late(product, "startArchive")
        recorded.begin_restart()
        wait_for(lambda: localtok_faults.struck(product), "the interim piece is asked for", 40)
        _switch(product, ann, on=False)
        recorded.wait_until("recording", seconds=60)
        _switch(product, ann, on=True)
        ann.count_on(20)
        recorded.stop()
    before, interim, after = (read_file(path) for path in recorded.fetch_pieces(tmp_path))
    print(*((piece.path.name, piece.frames, piece.rms) for piece in (before, interim, after)), sep="\n")
    assert interim.numbers(ben.identity), "the piece has a picture, and Ben is in it"
    assert interim.numbers(ann.identity) == set()
    assert interim.rms < SILENT
    for heard in (before, after):
        assert heard.numbers(ann.identity)
        assert heard.rms > 10 * SILENT


def _switch(product: Product, person: Participant, *, on: bool) -> None:
    for button in ("#mute", "#camera"):
        person.page.click(button)
    wait_for(lambda: _is_all(product, person, on), f"{person.name} is {'on' if on else 'off'} everywhere", 10)


def _is_all(product: Product, person: Participant, on: bool) -> bool:
    streams = [each for side in published(product).values() for each in side if each["name"] == person.name]
    return bool(streams) and all(each["hasAudio"] is on and each["hasVideo"] is on for each in streams)


def test_a_shared_screen_is_in_both_sessions(product: Product, ann: Participant, ben: Participant) -> None:
    with run(product, "A screen") as recorded:
        ann.page.click("#screen")
        wait_for(
            lambda: "Ann's screen" in _names(product, "primary"), "the screen is in the first session", 20
        )
        ben.page.wait_for_selector('.tile[data-screen="true"]')
        localtok_faults.make_late(product, "startArchive")
        recorded.begin_restart()
        wait_for(lambda: localtok_faults.struck(product), "the interim piece is asked for", 40)
        everything = {"Ann", "Ben", "Ann's screen"}
        assert _names(product, "primary") == _names(product, "secondary") == everything
        # Taken back in the middle, it is taken back in both.
        ann.page.click("#screen")
        wait_for(
            lambda: _names(product, "primary") == _names(product, "secondary") == {"Ann", "Ben"},
            "the screen is in neither session",
            20,
        )
        assert ben.page.locator('.tile[data-screen="true"]').count() == 0
        recorded.wait_until("recording", seconds=60)


def _names(product: Product, side: str) -> set[str]:
    return {
        f"{each['name']}'s screen" if each["screen"] else each["name"] for each in published(product)[side]
    }
