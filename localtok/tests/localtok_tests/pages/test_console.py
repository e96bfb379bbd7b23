"""localtok's own page in real Chromium: what is there, what was asked, and the buttons."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from opentok.exceptions import OpenTokException
from playwright.async_api import Browser, Locator, Page, expect

from localtok.publishing.page import SyntheticPage
from localtok.publishing.tracks import Source
from localtok.recording.recorder import Recorder
from localtok.server import Localtok
from localtok_tests.conftest import KEY, Receiver, Sdk, until
from localtok_tests.pages.test_browser import chromium

__all__ = ["chromium"]

pytestmark = [pytest.mark.e2e, pytest.mark.media]

DEADLINE_MS = 20_000
SMALL = {"width": 160, "height": 120}


@pytest.fixture
async def real(serve: Any, receiver: Receiver) -> Localtok:
    return await serve(recorder=Recorder, archive_callback_url=receiver.url, grace_s=1.0)


@pytest.fixture
async def people() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def console(chromium: Browser, real: Localtok) -> AsyncIterator[Page]:
    page = await chromium.new_page()
    page.set_default_timeout(DEADLINE_MS)
    expect.set_options(timeout=DEADLINE_MS)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    await page.goto(real.url)
    yield page
    assert troubles == []


async def come(
    people: AsyncExitStack, server: Localtok, session_id: str, data: str, identity: int = 1, **more: Any
) -> SyntheticPage:
    token = Sdk(server.url).token(session_id, data=data)
    page = await people.enter_async_context(SyntheticPage(server.url, KEY, session_id, token))
    await page.publish(data, Source(identity, **SMALL), **more)
    return page


def card(console: Page, text: str) -> Locator:
    return console.locator(".card", has_text=text)


async def test_an_empty_localtok_says_so(console: Page) -> None:
    for text in (
        "No sessions yet",
        "Nothing has been recorded yet",
        "No faults are ordered",
        "Nothing has been asked",
    ):
        await expect(console.get_by_text(text)).to_be_visible()


async def test_it_shows_who_is_connected_and_their_pictures(
    console: Page, real: Localtok, people: AsyncExitStack
) -> None:
    session_id = await Sdk(real.url).routed_session()
    await come(people, real, session_id, "Ann")
    await come(people, real, session_id, "Ben", 2, hasAudio=False)
    session = card(console, session_id)
    await expect(session).to_contain_text("2 connected, routed, recorded on demand")
    await expect(session.locator("li", has_text="Ann")).to_contain_text("Ann (camera)")
    await expect(session.locator("li", has_text="Ben")).to_contain_text("Ben (camera), muted")
    for _ in range(2):
        await session.get_by_role("button", name="Watch", exact=True).click()
        await expect(session.locator("video")).to_have_count(2)
        await shows_new_frames(console, session)
        await session.get_by_role("button", name="Stop watching").click()
        await expect(session.locator("video")).to_have_count(0)
    await expect(session).to_contain_text("2 connected")


async def shows_new_frames(console: Page, place: Locator) -> None:
    count = "videos => videos.map(video => video.getVideoPlaybackQuality().totalVideoFrames)"
    before = await place.locator("video").evaluate_all(count)
    async with asyncio.timeout(DEADLINE_MS / 1000):
        while not all(
            b > a for a, b in zip(before, await place.locator("video").evaluate_all(count), strict=True)
        ):
            await console.wait_for_timeout(50)


async def test_an_archive_is_followed_played_and_downloaded(
    console: Page, real: Localtok, people: AsyncExitStack, receiver: Receiver, tmp_path: Path
) -> None:
    sdk = Sdk(real.url)
    session_id = await sdk.routed_session()
    await come(people, real, session_id, "Ann")
    started = await sdk.start_archive(session_id, name="Hearing")
    archive = card(console, "Hearing")
    await expect(archive).to_contain_text("● started")
    await expect(archive).to_contain_text(re.compile(r"[1-9]\d* s recorded"))
    await sdk.stop_archive(started.id)
    await expect(archive).to_contain_text("available: user initiated")
    await expect(archive.get_by_role("button", name="Crash archiver")).to_have_count(0)
    video = archive.locator("video")
    await video.evaluate("video => video.play()")
    await console.wait_for_function("() => document.querySelector('#archives video').currentTime > 0.5")
    # Another archive comes meanwhile, and this one plays on.
    await sdk.start_archive(session_id, name="Second")
    await expect(card(console, "Second")).to_contain_text("started")
    assert await video.evaluate("video => video.currentTime > 0.5")
    async with console.expect_download() as download:
        await archive.get_by_role("link", name="Download").click()
    assert (await download.value).suggested_filename == "Hearing.mp4"
    await (await download.value).save_as(tmp_path / "kept.mp4")
    assert (tmp_path / "kept.mp4").read_bytes() == real.store.media_path(started.id).read_bytes()
    log = console.locator("#log")
    for text in (
        "startArchive POST",
        "stopArchive POST",
        "callback archive started",
        "callback archive available",
    ):
        await expect(log.locator("tr", has_text=text).last).to_contain_text("200")


async def test_the_button_crashes_an_archiver(console: Page, real: Localtok, people: AsyncExitStack) -> None:
    sdk = Sdk(real.url)
    session_id = await sdk.routed_session()
    await come(people, real, session_id, "Ann")
    started = await sdk.start_archive(session_id, name="Hearing")
    await card(console, "Hearing").get_by_role("button", name="Crash archiver").click()
    await expect(card(console, "Hearing")).to_contain_text("failed")
    await expect(card(console, "Hearing")).to_contain_text("nothing kept")
    assert (await sdk.get_archive(started.id)).status == "failed"


async def order(console: Page, target: str, effect: str, often: str = "the next time") -> None:
    await console.get_by_label("What it befalls").select_option(label=target)
    await console.get_by_label("What goes wrong").select_option(label=effect)
    await console.get_by_label("How often").select_option(label=often)
    await console.get_by_role("button", name="Order").click()


async def test_faults_of_calls_and_callbacks_are_ordered_and_removed(
    console: Page, real: Localtok, people: AsyncExitStack, receiver: Receiver
) -> None:
    sdk = Sdk(real.url)
    session_id = await sdk.routed_session()
    await come(people, real, session_id, "Ann")
    await order(console, "startArchive", "answers 503")
    await expect(console.locator("#rules")).to_contain_text(
        "startArchive: answers 503 1 to come; struck 0 of 0"
    )
    with pytest.raises(OpenTokException):
        await sdk.start_archive(session_id)
    await expect(console.locator("#rules")).to_contain_text("over; struck 1 of 1")
    await expect(console.locator("#log")).to_contain_text("503 (status, as ordered)")
    await order(console, "callbacks on archives", "never posted", "half of the times")
    await expect(console.locator("#rules")).to_contain_text(
        "callbacks on archives: never posted 50 % of the times"
    )
    await order(console, "recorders", "asks for a stream five seconds late")
    late = console.locator(".rule", has_text="every recorder: asks for a stream five seconds late 1 to come")
    await late.get_by_role("button", name="Remove").click()
    await console.locator(".rule", has_text="startArchive").get_by_role("button", name="Remove").click()
    await expect(console.locator(".rule")).to_have_count(1)
    await console.get_by_role("button", name="Clear faults").click()
    await expect(console.locator("#rules")).to_contain_text("No faults are ordered")
    assert real.faults.describe() == []


async def test_a_lost_network_and_a_rotation_befall_a_session(
    console: Page, real: Localtok, people: AsyncExitStack
) -> None:
    session_id = await Sdk(real.url).routed_session()
    ann = await come(people, real, session_id, "Ann")
    session = card(console, session_id)
    await session.get_by_role("button", name="Lose network 5 s").click()
    # Her socket stays lost for longer than the grace of a second: her connection ends.
    await expect(session).to_contain_text("nobody connected")
    await until(lambda: not real.sessions.find(session_id).streams)
    told: list[str] = []
    real.sessions.listeners.append(lambda event: told.append(event.kind))
    await come(people, real, session_id, "Ben")
    await session.get_by_role("button", name="Rotate server").click()
    await until(lambda: "sessionNotification" in told and "sessionDestroyed" in told)
    assert ann.connection_id not in real.sessions.find(session_id).connections


async def test_the_clock_leaps_and_everything_is_reset(console: Page, real: Localtok) -> None:
    await Sdk(real.url).routed_session()
    before = real.clock.now_ms()
    await console.get_by_role("button", name="+ 4 h").click()
    await expect(console.locator("#ahead")).to_have_text("(4 h ahead)")
    assert real.clock.now_ms() - before >= 4 * 3_600_000
    console.on("dialog", lambda dialog: asyncio.create_task(dialog.accept()))
    await console.get_by_role("button", name="Reset everything").click()
    await expect(console.get_by_text("No sessions yet")).to_be_visible()
    await expect(console.locator("#ahead")).to_have_text("")
    assert list(real.sessions) == []


async def test_it_is_worked_by_keyboard_while_it_refreshes(
    console: Page, real: Localtok, people: AsyncExitStack
) -> None:
    sdk = Sdk(real.url)
    session_id = await sdk.routed_session()
    await expect(card(console, session_id)).to_contain_text("nobody connected")
    await card(console, session_id).get_by_role("button", name="Rotate server").focus()
    other = await sdk.routed_session()
    await expect(card(console, other)).to_contain_text("nobody connected")
    focused = "() => document.activeElement.closest('.card')?.querySelector('code').textContent"
    assert await console.evaluate(focused) == session_id


async def test_it_says_when_localtok_is_away_and_goes_on_with_the_next(
    chromium: Browser, serve: Any, real: Localtok
) -> None:
    page = await chromium.new_page()
    await page.goto(real.url)
    await Sdk(real.url).routed_session()
    await expect(page.locator("#log")).to_contain_text("createSession", timeout=DEADLINE_MS)
    port = int(real.url.rsplit(":", 1)[1])
    await real.__aexit__(None, None, None)
    await expect(page.get_by_role("alert")).to_contain_text("does not answer", timeout=DEADLINE_MS)
    again = await serve(port=port)
    await expect(page.get_by_role("alert")).to_be_hidden(timeout=DEADLINE_MS)
    assert again.journal.last == 0
    await Sdk(again.url).routed_session()
    # The new one's first entry has the number of an entry that the page has seen.
    await expect(page.locator("#log tr")).to_have_count(1, timeout=DEADLINE_MS)


@pytest.mark.parametrize("width", [1440, 390])
async def test_nothing_is_wider_than_the_page_and_all_can_be_touched(
    chromium: Browser, real: Localtok, people: AsyncExitStack, width: int
) -> None:
    page = await chromium.new_page(viewport={"width": width, "height": 900})
    await page.goto(real.url)
    session_id = await Sdk(real.url).routed_session()
    await come(people, real, session_id, "Ann")
    await expect(page.locator(".card", has_text="Ann")).to_be_visible(timeout=DEADLINE_MS)
    await expect(page.locator("#log tr").first).to_be_visible(timeout=DEADLINE_MS)
    assert await page.evaluate("() => document.documentElement.scrollWidth") <= width
    small = """() => [...document.querySelectorAll('button, select, a.button')]
      .filter(each => each.getBoundingClientRect().height < 44).map(each => each.textContent)"""
    assert await page.evaluate(small) == []
