"""Another camera chosen by keyboard in the call, and sound where the browser holds it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.support.browser.participants import chromium_path
from tests.support.servers.processes import Product, wait_for

SOON_MS = 20_000
CAMERA = "() => document.querySelector('.tile[data-self=true] video').srcObject.getVideoTracks()[0].label"
HEARD = "video => !video.muted && !video.paused"
CAMERAS = ["--use-fake-device-for-media-stream=device-count=2", "--use-fake-ui-for-media-stream"]
HELD_BACK = "held back"
# A test that looks into a page counts as a click in it, so that the page itself has to tell.
TELL = f"""
addEventListener("DOMContentLoaded", () => {{
  const banner = document.querySelector("#sound-blocked");
  new MutationObserver(() => {{ if (!banner.hidden) console.log("{HELD_BACK}"); }})
    .observe(banner, {{ attributes: true }});
}});
"""


@contextmanager
def opened(chromium: Playwright, profile: Path, *arguments: str) -> Iterator[Page]:
    context = chromium.chromium.launch_persistent_context(
        profile, executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu", *arguments]
    )
    try:
        yield context.pages[0]
    finally:
        context.close()


@pytest.fixture(scope="module")
def ann(product: Product, chromium: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Is in the call, with two cameras that Chromium makes up; of the second nothing can be sent."""
    with opened(chromium, tmp_path_factory.mktemp("ann"), *CAMERAS) as page:
        page.goto(f"{product.url}/?name=Ann")
        expect(page.locator("html")).to_have_attribute("data-primary", "publishing", timeout=SOON_MS)
        yield page


def test_another_camera_is_chosen_by_keyboard_alone(ann: Page) -> None:
    before = ann.evaluate(CAMERA)
    ann.focus("#devices")
    ann.keyboard.press("Enter")
    camera = ann.locator("#call-camera")
    expect(camera.locator("option")).to_have_count(2, timeout=SOON_MS)
    _tab_to(ann, "call-camera")
    ann.keyboard.press("ArrowDown")
    expect(ann.locator("#devices-words")).to_contain_text("Changed", timeout=SOON_MS)
    wait_for(lambda: ann.evaluate(CAMERA) != before, "the own picture is the other camera's")
    ann.keyboard.press("Escape")
    expect(ann.locator("#devices-dialog")).to_be_hidden()
    assert _focus(ann) == "devices", "the focus is back where it was"
    expect(ann.locator("html")).to_have_attribute("data-primary", "publishing", timeout=SOON_MS)


def test_who_hears_nothing_turns_the_sound_on_by_keyboard(
    product: Product, ann: Page, chromium: Playwright, tmp_path: Path
) -> None:
    """Lee has neither camera nor microphone: browsers let those who are captured hear at once."""
    with opened(chromium, tmp_path, "--autoplay-policy=user-gesture-required") as lee:
        lee.add_init_script(TELL)
        with lee.expect_console_message(lambda line: HELD_BACK in line.text, timeout=SOON_MS):
            lee.goto(f"{product.url}/?name=Lee")
        video = lee.locator('.tile[data-self="false"] video')
        assert not video.evaluate(HEARD)
        lee.focus("#sound-on")
        lee.keyboard.press("Enter")
        wait_for(lambda: video.evaluate(HEARD), "Ann is heard")
        expect(lee.locator("#sound-blocked")).to_be_hidden()
        expect(lee.locator("#device-notice")).to_contain_text("Nobody sees or hears you")


def _tab_to(page: Page, wanted: str) -> None:
    for _ in range(10):
        if _focus(page) == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {wanted}")


def _focus(page: Page) -> str:
    return str(page.evaluate("() => document.activeElement.id"))
