"""Our pages with the vendor's own library. It cannot connect here: the test answers connect and publish."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from archives.web import vendor_network
from tests.support.browser.participants import chromium_path
from tests.support.browser.recorded_run import run
from tests.support.browser.vendor_client import (
    SCRIPT_URL,
    STUB,
    WATCH,
    PlatformAnswers,
    VendorNetwork,
    library,
)
from tests.support.servers.processes import Product, wait_for

SOON_MS = 20_000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream=device-count=2",
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
    "--autoplay-policy=no-user-gesture-required",
]
TRACKS = """session => (window.published[session] ?? []).map(({ publisher }) => ({
  audio: publisher.getAudioSource()?.enabled ?? null,
  video: publisher.getVideoSource().track?.enabled ?? false,
  live: [publisher.getAudioSource(), publisher.getVideoSource().track].filter(Boolean)
    .every((track) => track.readyState === "live"),
  label: publisher.getVideoSource().track?.label ?? "",
  element: publisher.element?.outerHTML ?? null,
}))"""
ALL_ENDED = "() => window.publishers.every((publisher) => !publisher.getVideoSource().track)"
STYLES = """async () => Promise.all([...document.querySelectorAll("style")].map(async ({ textContent }) => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(textContent));
  return "sha256-" + btoa(String.fromCharCode(...new Uint8Array(digest)));
}))"""

pytestmark = pytest.mark.parametrize(
    "product", [{"OPENTOK_SCRIPT_URL": SCRIPT_URL}], indirect=True, scope="module"
)


class Ann:
    """A participant whose browser has the vendor's library."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def is_publishing(self, session: str) -> None:
        expect(self.page.locator("html")).to_have_attribute(f"data-{session}", "publishing", timeout=SOON_MS)

    def published(self, session_id: str) -> list[dict[str, Any]]:
        return self.page.evaluate(TRACKS, session_id)

    def assert_nothing_was_refused(self) -> None:
        assert self.page.evaluate("window.violations") == []
        assert self.errors == []


@contextmanager
def opened(chromium: Playwright, profile: Path) -> Iterator[tuple[Ann, VendorNetwork]]:
    context = chromium.chromium.launch_persistent_context(
        profile, executable_path=chromium_path(), args=ARGUMENTS, permissions=["camera", "microphone"]
    )
    try:
        page = context.pages[0]
        page.add_init_script(WATCH)
        yield Ann(page), VendorNetwork(context)
    finally:
        context.close()


@pytest.fixture
def answers(product: Product) -> Iterator[PlatformAnswers]:
    answers = PlatformAnswers(product.localtok_url, product.environment["API_KEY"])
    yield answers
    answers.close()


@pytest.fixture
def ann(chromium: Playwright, tmp_path: Path, answers: PlatformAnswers) -> Iterator[Ann]:
    with opened(chromium, tmp_path / "ann") as (ann, network):
        network.answers(f"{library()}\n;{STUB.read_text()}")
        answers.bind(ann.page)
        yield ann


def sessions_of(product: Product) -> tuple[str, str]:
    room = product.http.session.get(f"{product.url}/sessionIds", timeout=20).json()
    return room["primary"], room["secondary"]


def test_the_whole_call_with_the_vendors_library(product: Product, ann: Ann) -> None:
    primary, secondary = sessions_of(product)
    ann.page.goto(f"{product.url}/?name=Ann")
    ann.is_publishing("primary")
    assert [each["live"] for each in ann.published(primary)] == [True]
    assert ann.published(primary)[0]["element"] is None, (
        "the library has put nothing of its own into the page"
    )
    with run(product, "With the vendor's library") as recorded:
        recorded.begin_restart()
        ann.is_publishing("secondary")
        _mute_and_camera_off(ann, (primary, secondary))
        wait_for(lambda: len(recorded.segments) == 3, "the restart has made both its segments", 60)
        recorded.wait_until("recording")
        wait_for(lambda: not ann.published(secondary), "nothing is published in the second session any more")
        _share_screen(ann, primary)
        _choose_camera(ann, primary)
        recorded.stop()
    ann.page.click("#leave")
    expect(ann.page.locator("#left")).to_be_visible()
    assert ann.page.evaluate("window.publishers.length") >= 4, "camera twice, screen, the other camera"
    wait_for(lambda: ann.page.evaluate(ALL_ENDED), "every publisher is destroyed")
    ann.assert_nothing_was_refused()


def _mute_and_camera_off(ann: Ann, sessions: tuple[str, str]) -> None:
    for button, kind in (("#mute", "audio"), ("#camera", "video")):
        for wanted in (False, True):
            ann.page.click(button)
            for session in sessions:
                wait_for(
                    lambda: [each[kind] for each in ann.published(session)] == [wanted],  # noqa: B023
                    f"{kind} is {wanted} in both sessions",
                )


def _share_screen(ann: Ann, session: str) -> None:
    ann.page.click("#screen")
    wait_for(lambda: len(ann.published(session)) == 2, "camera and screen are published")
    ann.page.click("#screen")
    wait_for(lambda: len(ann.published(session)) == 1, "the screen is published no more")


def _choose_camera(ann: Ann, session: str) -> None:
    before = ann.published(session)[0]["label"]
    ann.page.click("#devices")
    ann.page.locator("#call-camera").select_option(index=1)
    wait_for(
        lambda: [each["label"] for each in ann.published(session)] not in ([], [before]),
        "the other camera is published",
    )
    ann.page.keyboard.press("Escape")


def test_who_joins_muted_is_heard_after_unmuting(product: Product, ann: Ann) -> None:
    """The page's own track is disabled then, and so is its clone at first."""
    primary, _ = sessions_of(product)
    ann.page.goto(f"{product.url}/")
    for button in ("#green-mute", "#green-camera"):
        ann.page.click(button)
    ann.page.fill("#name", "Ann")
    ann.page.click("#join")
    ann.is_publishing("primary")
    assert [(each["audio"], each["video"]) for each in ann.published(primary)] == [(False, False)]
    ann.page.click("#mute")
    ann.page.click("#camera")
    wait_for(
        lambda: [(each["audio"], each["video"]) for each in ann.published(primary)] == [(True, True)],
        "sound and picture are on",
    )
    ann.assert_nothing_was_refused()


def test_a_target_for_a_publisher_without_default_ui_is_noticed(product: Product, ann: Ann) -> None:
    """The call as it once was: the library refuses it, and these tests would see that."""

    def with_target(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        assert "initPublisher(undefined," in text
        route.fulfill(
            response=answer, body=text.replace("initPublisher(undefined,", "initPublisher(document.body,")
        )

    ann.page.route("**/session-link*.js", with_target)
    ann.page.goto(f"{product.url}/?name=Ann")
    expect(ann.page.locator("#connection-words")).to_contain_text("Nobody sees or hears you", timeout=SOON_MS)
    assert ann.page.locator("html").get_attribute("data-primary") == "connected"
    with pytest.raises(AssertionError):
        ann.assert_nothing_was_refused()


def test_the_policy_knows_the_style_sheet_by_its_hash(product: Product, ann: Ann) -> None:
    ann.page.goto(f"{product.url}/?name=Ann")
    ann.is_publishing("primary")
    hashes = ann.page.evaluate(STYLES)
    version = ann.page.evaluate("OT.version").removeprefix("v")
    assert hashes
    assert set(hashes) <= set(vendor_network.STYLE_HASHES[version])


@pytest.mark.parametrize("script_too", [True, False], ids=["no-script", "no-platform"])
def test_a_network_that_blocks_the_vendor_is_named_as_the_cause(
    product: Product, chromium: Playwright, tmp_path: Path, script_too: bool
) -> None:
    with opened(chromium, tmp_path / "ben") as (ben, network):
        network.is_blocked(script_too=script_too)
        ben.page.goto(f"{product.url}/?name=Ben")
        words = ben.page.locator("#connection-words")
        expect(words).to_contain_text("the video service cannot be reached", timeout=3 * SOON_MS)
        expect(words).not_to_contain_text("was lost")
        ben.page.click("#network-help summary")
        help_words = ben.page.locator("#network-help p")
        for host in ("*.opentok.com", "*.tokbox.com", "*.vonage.com", "443", "3478"):
            expect(help_words).to_contain_text(host)
        expect(ben.page.locator("#network-help a")).to_have_attribute(
            "href", vendor_network.NETWORK_TESTS[False]
        )
        assert ben.page.evaluate("window.violations") == []
