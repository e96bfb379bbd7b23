"""The library by hand: found by filters, renamed, shared and taken back, into the trash and out of it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import axe
from tests.support.browser.participants import Participant
from tests.support.servers.processes import Product

ROWS = """
from datetime import timedelta
from archives import clock
from archives.models import ArchiveRun, Room
annex, _ = Room.objects.get_or_create(slug="annex", defaults={"name": "Annex"})
rooms = {"main": Room.objects.get(slug="main"), "annex": annex}
for name, room, status, days in [("Lesson", "annex", "complete", 9), ("Consultation", "main", "failed", 4),
                                 ("Hearing", "main", "complete", 0)]:
    begin = clock.now() - timedelta(days=days)
    ArchiveRun.objects.create(room=rooms[room], name=name, status=status, strategy="dual_session",
                              created_at=begin, started_at=begin, ended_at=begin + timedelta(minutes=1))
"""
SOON_MS = 15_000


@pytest.fixture(scope="module")
def page(product: Product, people: Callable[[str, int], Participant]) -> Page:
    product.manage("shell", "-v", "0", "-c", ROWS)
    hanna = people("Hanna", 1)
    hanna.page.set_default_timeout(SOON_MS)
    hanna.sign_in(product.url)
    return hanna.page


@pytest.fixture(scope="module")
def axe_script() -> str:
    return axe.script()


@pytest.fixture
def library(product: Product, page: Page) -> Page:
    page.goto(f"{product.url}/player/")
    expect(page.locator("#cards li")).to_have_count(3, timeout=SOON_MS)
    return page


def choose(page: Page, name: str, what: str) -> None:
    card = page.locator(".run-card", has_text=name)
    card.locator("summary").click()
    card.get_by_role("button", name=what).click()


def shown(page: Page, *names: str) -> None:
    expect(page.locator(".card-name")).to_have_text(list(names), timeout=SOON_MS)


def test_it_finds_by_room_state_and_date_and_the_address_keeps_it(library: Page) -> None:
    shown(library, "Hearing", "Consultation", "Lesson")
    library.click("#filters summary")
    library.select_option("#status", "failed")
    shown(library, "Consultation")
    library.reload()
    shown(library, "Consultation")
    library.click("#clear")
    library.select_option("#room", "annex")
    shown(library, "Lesson")
    library.select_option("#room", "")
    day = library.evaluate(
        "() => { const d = new Date(Date.now() - 6 * 864e5); return d.toISOString().slice(0, 10); }"
    )
    library.fill("#until", day)
    shown(library, "Lesson")
    library.fill("#until", "")
    library.fill("#from", day)
    shown(library, "Hearing", "Consultation")


def test_it_renames_and_refuses_an_empty_name_in_place(library: Page) -> None:
    choose(library, "Lesson", "Rename")
    library.fill("#rename-name", " ")
    library.press("#rename-name", "Enter")
    expect(library.locator("#rename-problem")).to_contain_text("Nothing was changed")
    library.fill("#rename-name", "Lesson 12")
    library.press("#rename-name", "Enter")
    shown(library, "Hearing", "Consultation", "Lesson 12")


def test_a_link_opens_that_recording_alone_until_it_is_taken_back(
    product: Product, library: Page, people: Callable[[str, int], Participant]
) -> None:
    choose(library, "Hearing", "Share")
    library.click("#share-dialog [data-part=new] button")
    link = library.locator("#share-dialog .links input").first
    expect(link).to_be_visible()
    stranger = people("Ben", 2).page
    stranger.goto(link.input_value())
    expect(stranger.locator("#title")).to_have_text("Hearing", timeout=SOON_MS)
    assert "share=" not in stranger.url
    expect(stranger.locator("#run-actions")).to_be_hidden()
    library.get_by_role("button", name="Take back").click()
    library.get_by_role("button", name="Sure?").click()
    expect(library.locator("#share-dialog .links")).to_contain_text("Taken back")
    stranger.reload()
    expect(stranger.locator("h1")).to_contain_text("has ended")


def test_the_trash_and_the_way_out_of_it(product: Product, library: Page) -> None:
    choose(library, "Consultation", "Move to the trash")
    library.click("#trash-confirm")
    expect(library.locator("#cards li")).to_have_count(2, timeout=SOON_MS)
    library.click(".to-trash")
    shown(library, "Consultation")
    assert library.locator("a.card-name").count() == 0
    choose(library, "Consultation", "Restore")
    expect(library.locator("#found")).to_have_text("The trash is empty", timeout=SOON_MS)


def test_a_hold_is_shown_and_keeps_out_of_the_trash(library: Page) -> None:
    choose(library, "Hearing", "Put on legal hold")
    card = library.locator(".run-card", has_text="Hearing")
    # Nothing of it was recorded, which is said beside it.
    expect(card.locator(".badge").last).to_have_text("Legal hold", timeout=SOON_MS)
    card.locator("summary").click()
    assert "Move to the trash…" not in card.locator("button").all_inner_texts()


def test_the_player_offers_the_same(product: Product, library: Page) -> None:
    library.get_by_role("link", name="Lesson").click()
    expect(library.locator("#run-actions button")).to_have_text(
        ["Rename…", "Share…", "Move to the trash…", "Put on legal hold"], timeout=SOON_MS
    )
    library.get_by_role("button", name="Rename").click()
    library.fill("#rename-name", "Lesson 13")
    library.press("#rename-name", "Enter")
    expect(library.locator("#title")).to_have_text("Lesson 13", timeout=SOON_MS)


def test_a_host_invites_by_name_and_takes_it_back(product: Product, page: Page) -> None:
    page.goto(f"{product.url}/host/")
    page.click("#invitations")
    page.fill("#invitations-person", "Ann Archer")
    page.press("#invitations-person", "Enter")
    first = page.locator("#invitations-dialog .links li").first
    expect(first.locator("strong")).to_have_text("Ann Archer", timeout=SOON_MS)
    assert "invite=" in first.locator("input").input_value()
    first.get_by_role("button", name="Take back").click()
    first.get_by_role("button", name="Sure?").click()
    expect(first).to_contain_text("Taken back")


def test_axe_finds_nothing_in_the_dialogs_and_menus(product: Product, library: Page, axe_script: str) -> None:
    library.click("#filters summary")
    library.locator(".card-menu summary").first.click()
    assert axe.violations(library, axe_script) == []
    library.get_by_role("button", name="Share").first.click()
    expect(library.locator("#share-dialog .quiet").first).to_be_visible()
    library.click("#share-dialog [data-part=new] button")
    expect(library.locator("#share-dialog .links input").first).to_be_visible()
    assert axe.violations(library, axe_script) == []
    library.goto(f"{product.url}/player/?trash=true")
    expect(library.locator("#found")).not_to_have_text("Loading…")
    assert axe.violations(library, axe_script) == []
