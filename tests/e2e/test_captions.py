"""Captions in the player by hand: attached, shown across pieces, watched by whoever has a link, removed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.participants import Participant
from tests.support.servers.processes import OPERATOR, PASSWORD, Product

# Two pieces of one call of eight seconds that change at four, as if they had been recorded and kept.
KEPT = """
from pathlib import Path
from django.conf import settings
from archives.media import jobs
from archives.services.jobs import previews
from tests.support.media.stored_segments import measured, new_run, piece
run = new_run("Hearing", status="complete")
folder = Path(settings.ARCHIVES_DIR)
folder.mkdir(parents=True, exist_ok=True)
piece(run, folder, 0, 110), piece(run, folder, 90, 200)
print(measured(run)[0].estimates.count())
previews.plan(run=run)
jobs.run(previews.KIND, run.preview)
run.preview.refresh_from_db()
print(run.preview.folder, run.preview.job_error)
"""
FILE = b"WEBVTT\n\n00:01.000 --> 00:02.500\n<v Ann>Good morning\n\n00:05.500 --> 00:07.500\nTea & biscuits\n"
SOON_MS = 15_000
pytestmark = pytest.mark.parametrize("product", [{"KEEP_FILES": "true"}], indirect=True, scope="module")


@pytest.fixture(scope="module")
def page(product: Product, people: Callable[[str, int], Participant]) -> Page:
    product.manage("shell", "-v", "0", "-c", KEPT)
    page = people("Hanna", 1).page
    page.set_default_timeout(SOON_MS)
    page.goto(f"{product.url}/accounts/login/?next=/player/?name=Hearing")
    page.fill("input[name=username]", OPERATOR)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/player/**")
    expect(page.locator("#title")).to_have_text("Hearing")
    return page


def at(page: Page, seconds: float) -> None:
    page.locator("#position").evaluate(
        "(input, ms) => { input.value = ms; input.dispatchEvent(new Event('input'));"
        " input.dispatchEvent(new Event('change')); }",
        seconds * 1000,
    )


def choose(page: Page, content: bytes) -> None:
    file = {"name": "hearing.vtt", "mimeType": "text/vtt", "buffer": content}
    page.set_input_files("#captions-choose", files=[file])


def reads(page: Page, text: str) -> None:
    expect(page.locator("#caption")).to_have_text(text, timeout=SOON_MS)


def test_a_file_that_is_none_is_refused_in_place(page: Page) -> None:
    choose(page, b"1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    expect(page.locator("#captions-words")).to_contain_text("no WebVTT file")
    expect(page.locator("#captions")).to_be_hidden()


def test_they_are_attached_and_shown_in_every_piece(page: Page) -> None:
    choose(page, FILE)
    expect(page.locator("#captions-words")).to_have_text("2 captions added.")
    page.click("#captions")
    at(page, 1.5)
    reads(page, "Ann: Good morning")
    at(page, 6)
    reads(page, "Tea & biscuits")
    at(page, 4)
    expect(page.locator("#caption")).to_be_hidden()
    at(page, 6)
    page.locator("body").press("c")
    expect(page.locator("#caption")).to_be_hidden()


def test_the_line_under_the_picture_shows_how_loud_it_is(page: Page) -> None:
    path = page.locator("#marks .levels")
    expect(path).to_have_count(1)
    assert path.evaluate("path => path.getBBox().height") > 10


def test_whoever_has_a_link_reads_them_and_changes_nothing(
    page: Page, people: Callable[[str, int], Participant]
) -> None:
    page.get_by_role("button", name="Share…").click()
    page.click("#share-dialog [data-part=new] button")
    stranger = people("Ben", 2).page
    stranger.goto(page.locator("#share-dialog .links input").first.input_value())
    page.keyboard.press("Escape")
    expect(stranger.locator("#captions-file")).to_be_hidden()
    stranger.click("#captions")
    at(stranger, 1.5)
    reads(stranger, "Ann: Good morning")


def test_they_are_removed(page: Page) -> None:
    page.click("#captions-remove")
    expect(page.locator("#captions-words")).to_have_text("Captions removed.")
    expect(page.locator("#captions")).to_be_hidden()
    expect(page.locator("#captions-remove")).to_be_hidden()
