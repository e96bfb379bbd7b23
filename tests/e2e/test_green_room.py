"""Who presses Join before the browser has opened the camera is seen and heard all the same."""

from collections.abc import Callable

import pytest

from tests.support.browser.participants import Participant
from tests.support.servers.processes import Product

SLOW_CAMERA = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  await new Promise((resolve) => { window.answerTheQuestion = resolve; });
  return open(wanted);
};
"""
pytestmark = pytest.mark.parametrize("product", [{"ROOM_ACCESS": "open"}], indirect=True, scope="module")


@pytest.fixture(scope="module")
def ann(people: Callable[[str, int], Participant]) -> Participant:
    ann = people("Ann", 1)
    ann.context.add_init_script(SLOW_CAMERA)
    return ann


def test_joining_waits_for_camera_and_microphone(product: Product, ann: Participant) -> None:
    page = ann.page
    page.goto(product.url)
    page.fill("#name", "Ann")
    page.click("#join")
    assert page.locator("#join").text_content() == "Opening camera and microphone…"
    page.evaluate("window.answerTheQuestion()")
    ann.wait_until_publishing("primary")


def test_who_joined_without_an_answer_is_published_when_it_comes(product: Product, ann: Participant) -> None:
    page = ann.page
    page.clock.install()
    page.goto(product.url)
    page.fill("#name", "Ann")
    page.click("#join")
    page.clock.run_for(16_000)
    page.wait_for_selector("#device-notice:visible")
    page.clock.resume()
    page.evaluate("window.answerTheQuestion()")
    ann.wait_until_publishing("primary")
    page.wait_for_selector("#device-notice", state="hidden")
