"""The player in Chromium: one line over pieces and a gap, keys, dead links, a recording that still runs."""

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser.participants import Participant
from tests.support.media import counted_video
from tests.support.servers.processes import OPERATOR, PASSWORD, Product, wait_for

# Pictures 0 to 200 in two pieces that change half a second after the second one begins, at about 102, then
# 60 that nobody recorded, and pictures 260 to 370.
KEPT = """
from pathlib import Path
from django.conf import settings
from archives.media import jobs
from archives.services.jobs import previews
from tests.support.media.stored_segments import measured, new_run, piece
run = new_run("Hearing", status="complete")
folder = Path(settings.ARCHIVES_DIR)
folder.mkdir(parents=True, exist_ok=True)
piece(run, folder, 0, 110), piece(run, folder, 90, 200), piece(run, folder, 260, 370)
print(len(measured(run)))
previews.plan(run=run)
jobs.run(previews.KIND, run.preview)
"""
SECOND_S, GAP_S, THIRD_S, END_S = 4.1, 8.0, 10.4, 14.8
SOON_MS = 15_000
SHOWN = 'video[data-shown="true"]'
PICTURE = """video => {
  const canvas = new OffscreenCanvas(320, 180);
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const { data } = context.getImageData(0, 0, 320, 180);
  const gray = Uint8Array.from({ length: data.length / 4 }, (_, pixel) => data[pixel * 4 + 1]);
  return btoa(String.fromCharCode(...gray));
}"""
pytestmark = pytest.mark.parametrize("product", [{"KEEP_FILES": "true"}], indirect=True, scope="module")


@pytest.fixture(scope="module")
def signed_in(product: Product, people: Callable[[str, int], Participant]) -> Page:
    product.manage("shell", "-v", "0", "-c", KEPT)
    page = people("Hanna", 1).page
    page.set_default_timeout(SOON_MS)
    page.goto(f"{product.url}/accounts/login/?next=/player/")
    page.fill("input[name=username]", OPERATOR)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/player/**")
    return page


@pytest.fixture
def page(signed_in: Page, product: Product) -> Iterator[Page]:
    """The recording, opened anew."""
    opened(signed_in, product)
    yield signed_in
    signed_in.unroute_all(behavior="ignoreErrors")


def opened(page: Page, product: Product, more: str = "") -> None:
    page.goto(f"{product.url}/player/?name=Hearing{more}")
    expect(page.locator("#title")).to_have_text("Hearing")
    expect(page.locator("#waiting")).to_be_hidden()


def at(page: Page, seconds: float) -> None:
    page.locator("#position").evaluate(
        "(input, ms) => { input.value = ms; input.dispatchEvent(new Event('input'));"
        " input.dispatchEvent(new Event('change')); }",
        seconds * 1000,
    )


def number(page: Page) -> int | None:
    """What the picture in front says."""
    gray = np.frombuffer(base64.b64decode(page.locator(SHOWN).evaluate(PICTURE)), np.uint8)
    return counted_video.read(gray.reshape(180, 320))


def shows(page: Page, *numbers: int) -> None:
    wait_for(lambda: number(page) in numbers, f"picture {numbers} is seen", SOON_MS / 1000)


def says(page: Page, what: str) -> None:
    """Asked from outside: the page's policy lets nothing evaluate text in it again and again."""
    wait_for(lambda: page.evaluate(what), what)


def stands(page: Page) -> float:
    return float(page.locator("#position").input_value()) / 1000


def test_it_opens_at_the_instant_of_a_link(page: Page, product: Product) -> None:
    opened(page, product, "&t=6")
    shows(page, 149, 150, 151)
    expect(page.locator("#elapsed")).to_have_text("0:06")


def test_keys_lead_to_every_piece_and_picture(page: Page) -> None:
    body = page.locator("body")
    at(page, 1)
    shows(page, 24, 25, 26)
    body.press("]")
    shows(page, *range(101, 105))
    first = number(page) or 0
    body.press(".")
    shows(page, first + 1)
    body.press(",")
    shows(page, first)
    body.press("ArrowLeft")
    shows(page, 0)
    body.press("9")
    shows(page, 332, 333, 334)
    body.press("[")
    shows(page, 260, 261)
    body.press("j")
    shows(page, 9, 10, 11)


def test_it_plays_over_a_seam_and_says_what_is_missing(page: Page) -> None:
    at(page, SECOND_S - 1.2)
    page.locator("body").press("k")
    wait_for(lambda: stands(page) > SECOND_S + 0.5, "the second piece plays")
    assert (number(page) or 0) > 100
    at(page, GAP_S - 0.5)
    expect(page.locator("#gap")).to_be_visible()
    expect(page.locator("#gap")).to_contain_text("Nothing was recorded here")
    expect(page.locator("#gap")).to_be_hidden()
    wait_for(lambda: stands(page) > THIRD_S + 0.3, "it goes on after the gap")
    assert (number(page) or 0) >= 260
    page.locator("body").press("k")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")


def test_pieces_that_cannot_be_joined_are_played_as_they_are(page: Page, product: Product) -> None:
    def whole(route: Route) -> None:
        """A server that gives scripts no parts of a file."""
        headers = {name: value for name, value in route.request.headers.items() if name.lower() != "range"}
        route.continue_(headers=headers if route.request.resource_type == "fetch" else route.request.headers)

    page.route("**/media/segments/**", whole)
    opened(page, product)
    at(page, SECOND_S - 1)
    page.locator("#play").click()
    wait_for(lambda: stands(page) > SECOND_S + 1, "it plays over the seam", SOON_MS / 1000)
    page.locator("#play").click()
    assert (number(page) or 0) > 120
    assert not str(page.locator(SHOWN).evaluate("video => video.currentSrc")).startswith("blob:")


def test_it_ends_at_its_whole_length(page: Page) -> None:
    at(page, END_S - 0.6)
    page.locator("body").press("k")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
    expect(page.locator("#elapsed")).to_have_text(page.locator("#duration").inner_text())


def test_its_end_shows_the_last_picture(page: Page, product: Product) -> None:
    for end in ("&t=3600", ""):
        opened(page, product, end)
        page.locator("body").press("End")
        shows(page, 368, 369)
        expect(page.locator("#elapsed")).to_have_text(page.locator("#duration").inner_text())


def test_the_line_names_its_gap(page: Page) -> None:
    expect(page.locator("#marks .seam")).to_have_count(1)
    expect(page.locator("#marks .gap")).to_have_count(1)
    expect(page.locator("#gap-labels")).to_have_text("2 s missing")


def test_a_link_that_died_meanwhile_is_asked_for_again(page: Page, product: Product) -> None:
    """As a file in the cloud answers after its time: it is shown all the same."""
    died: list[str] = []

    def answer(route: Route) -> None:
        if len(died) < 1:
            died.append(route.request.url)
            route.fulfill(status=403)
        else:
            route.continue_()

    page.route("**/media/segments/**", answer)
    opened(page, product)
    at(page, 12)
    shows(page, 299, 300, 301)
    assert died
    # Its gap is said there, and nothing of the link.
    expect(page.locator("#run-note")).to_have_text(re.compile("^Parts of this recording are missing"))


def test_a_piece_that_stays_away_is_said_and_the_others_play(page: Page, product: Product) -> None:
    third = page.locator("#pieces button").last
    page.route("**/media/segments/**", lambda route: route.fulfill(status=403))
    page.goto(f"{product.url}/player/?name=Hearing&t=12")
    expect(page.locator("#run-note")).to_contain_text("cannot be loaded now")
    expect(page.locator("#waiting")).to_be_hidden()
    page.unroute_all(behavior="ignoreErrors")
    at(page, 1)
    shows(page, 24, 25, 26)
    assert third.get_attribute("aria-current") is None


def test_a_recording_that_still_runs_goes_on_when_a_piece_is_finished(page: Page, product: Product) -> None:
    finished = {"spans": 1}

    def running(route: Route) -> None:
        told: dict[str, Any] = route.fetch().json()
        if "spans" in told:
            told["spans"] = told["spans"][: finished["spans"]]
        else:
            told["status"] = "recording"
        route.fulfill(json=told)

    page.route("**/api/runs/*/", running)
    page.route("**/api/runs/*/offsets/", running)
    page.route("**/api/runs/?name=*", lambda route: route.continue_())
    opened(page, product, "&t=3")
    expect(page.locator("#run-note")).to_contain_text("still running")
    page.locator("body").press("k")
    expect(page.locator("#waiting")).to_have_text("Waiting for the next segment…")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")
    finished["spans"] = 2
    wait_for(lambda: (number(page) or 0) > 110, "the next piece plays by itself", 20)


def test_thumbnails_and_levels_come_when_they_are_made(page: Page, product: Product) -> None:
    """They are begun when a recording is complete, so whoever opens it then has none yet."""
    made = {"yet": False}

    def complete(route: Route) -> None:
        told: dict[str, Any] = route.fetch().json()
        route.fulfill(json=told if made["yet"] else {**told, "thumbnails": None, "levels": None})

    page.route("**/api/runs/*/offsets/", complete)
    opened(page, product)
    expect(page.locator("#marks .piece")).to_have_count(3)
    expect(page.locator("#marks .levels")).to_have_count(0)
    made["yet"] = True
    expect(page.locator("#marks .levels")).to_have_count(1, timeout=SOON_MS)
    page.locator("#scrubber").hover()
    expect(page.locator("#hover-picture")).to_be_visible()


def test_no_key_acts_behind_a_dialog(page: Page) -> None:
    page.get_by_role("button", name="Rename…").click()
    page.locator("dialog[open] button").first.press("k")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
    page.keyboard.press("Escape")


def test_a_window_of_its_own_shows_the_piece_that_is_sought(page: Page) -> None:
    if not page.evaluate("document.pictureInPictureEnabled"):
        pytest.skip("this Chromium has no picture in picture")
    at(page, 1)
    page.click("#pip")
    says(page, "document.pictureInPictureElement !== null")
    at(page, 12)
    shows(page, 299, 300, 301)
    says(page, f"document.pictureInPictureElement === document.querySelector('{SHOWN}')")
    page.evaluate("document.pictureInPictureElement.play()")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")
    page.evaluate("document.pictureInPictureElement.pause()")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
    page.click("#pip")
    says(page, "document.pictureInPictureElement === null")


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_lies_beside_the_page(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.locator("#player button:visible, #player select:visible").evaluate_all(
        "all => all.filter(each => each.getBoundingClientRect().height < 44).map(each => each.id)"
    )
    assert small == []
