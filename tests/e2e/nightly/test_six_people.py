"""Six people in one room: everybody sees everybody, in tiles that use the page."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Playwright

from tests.support.browser.participants import Participant, participant
from tests.support.servers.processes import Product, wait_for

NAMES = ("Ann", "Ben", "Cem", "Dag", "Eva", "Fay")
# Six cameras of the usual size would be more than two cores can encode.
pytestmark = pytest.mark.parametrize(
    "product", [{"CAMERA_WIDTH": "320", "CAMERA_HEIGHT": "240"}], indirect=True, scope="module"
)
TILES = """() => [...document.querySelectorAll(".tile")].map(tile => {
  const { left, top, right, bottom, width, height } = tile.getBoundingClientRect();
  const video = tile.querySelector("video");
  return { name: tile.querySelector("figcaption span").textContent, left, top, right, bottom, width, height,
           time: video?.currentTime ?? 0, picture: video?.videoWidth ?? 0 };
})"""
GRID = (
    "() => { const g = document.querySelector('#grid').getBoundingClientRect(); return g.width * g.height; }"
)
# 4:3 tiles in rows of three on a wide page, rows of two on a tall one.
USED = 0.6


@pytest.fixture(scope="module")
def six(
    product: Product, chromium: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Participant]]:
    scratch, notes = tmp_path_factory.mktemp("six"), list[str]()
    with ExitStack() as browsers:
        yield [
            _joined(product, browsers.enter_context(participant(chromium, scratch, name, number, notes)))
            for number, name in enumerate(NAMES, 1)
        ]


def _joined(product: Product, person: Participant) -> Participant:
    person.join(product.url)
    return person


def test_everybody_sees_everybody(six: list[Participant]) -> None:
    for person in six:
        wait_for(lambda page=person.page: _moving(page) == len(NAMES), f"{person.name} sees six pictures", 60)
        shown = {tile["name"].removesuffix(" (you)") for tile in person.page.evaluate(TILES)}
        assert shown == set(NAMES)
        assert person.page.locator("#people").text_content() == "6 people"


def _moving(page: Any) -> int:
    before = {tile["name"]: tile["time"] for tile in page.evaluate(TILES)}
    page.wait_for_timeout(500)
    return sum(tile["picture"] > 0 and tile["time"] > before[tile["name"]] for tile in page.evaluate(TILES))


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844), (1024, 768)])
def test_the_tiles_use_the_page(six: list[Participant], width: int, height: int) -> None:
    page = six[0].page
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(500)
    tiles = page.evaluate(TILES)
    assert len({(round(tile["width"]), round(tile["height"])) for tile in tiles}) == 1, "all are of one size"
    for one, other in combinations(tiles, 2):
        assert not _overlap(one, other), (one, other)
    used = sum(tile["width"] * tile["height"] for tile in tiles) / page.evaluate(GRID)
    print(f"{width} x {height}: {used:.0%} of the grid is pictures")
    assert used > USED


def _overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    beside = one["right"] <= other["left"] or other["right"] <= one["left"]
    return not (beside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"])
