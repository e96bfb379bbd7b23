"""Participants: each a Chromium of its own with a counting camera and a voice."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from playwright.sync_api import BrowserContext, Error, Page, Playwright

from tests.support.browser.camera import NUMBERS_PER_SECOND, write_camera, write_microphone
from tests.support.servers.processes import OPERATOR, PASSWORD, wait_for

CAMERA_SECONDS = 240


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Participant:
    """A person in a room. `identity` is what their camera shows beside the running number."""

    present: ClassVar[list["Participant"]] = []

    def __init__(
        self, context: BrowserContext, name: str, identity: int, notes: list[str], scratch: Path
    ) -> None:
        self.context, self.name, self.identity, self.notes = context, name, identity, notes
        self.scratch = scratch
        self.page: Page = context.pages[0] if context.pages else context.new_page()
        self.page.on("console", lambda line: notes.append(f"{name}: {line.type}: {line.text}"))
        self.page.on("pageerror", lambda error: notes.append(f"{name}: page error: {error}"))

    def sign_in(self, url: str) -> None:
        """As the operator, who is a host everywhere."""
        self.page.goto(f"{url}/accounts/login/")
        self.page.fill("input[name=username]", OPERATOR)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url("**/host/")

    def join(self, url: str) -> None:
        self.page.goto(f"{url}/?name={self.name}")
        self.wait_until_publishing("primary")

    def show(self) -> str:
        """Saves a picture of the page, and says where it is."""
        path = self.scratch / f"{self.name}.png"
        try:
            self.page.screenshot(path=path, timeout=5000)
        except Error as error:
            return f"{self.name}: no picture of the page: {error}"
        return f"{self.name} on {self.page.url}: {path}"

    def count_on(self, numbers: int) -> None:
        """Until this person's camera has counted on by so many numbers."""
        self.page.wait_for_timeout(1000 * numbers / NUMBERS_PER_SECOND)

    def wait_until_publishing(self, session: str, seconds: float = 30) -> None:
        """`session` is primary or secondary; the page says so on its root element."""
        wait_for(
            lambda: self.page.locator("html").get_attribute(f"data-{session}") == "publishing",
            f"{self.name} publishes in the {session} session",
            seconds,
        )


@contextmanager
def participant(
    playwright: Playwright,
    scratch: Path,
    name: str,
    identity: int,
    notes: list[str],
    camera_seconds: int = CAMERA_SECONDS,
    more: Sequence[str] = (),
) -> Iterator[Participant]:
    """`more` are further arguments of Chromium."""
    camera = write_camera(scratch / f"{name}.mjpeg", identity, camera_seconds)
    microphone = write_microphone(scratch / f"{name}.wav", identity)
    context = playwright.chromium.launch_persistent_context(
        scratch / f"profile-{name}",
        executable_path=chromium_path(),
        permissions=["camera", "microphone"],
        viewport={"width": 640, "height": 480},
        args=[
            "--no-sandbox",
            # Painting is not what is tested; without a graphics card it would cost more than the video does.
            "--disable-gpu",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
            f"--use-file-for-fake-audio-capture={microphone}",
            "--autoplay-policy=no-user-gesture-required",
            *more,
        ],
    )
    person = Participant(context, name, identity, notes, scratch)
    Participant.present.append(person)
    try:
        yield person
    finally:
        Participant.present.remove(person)
        context.close()
