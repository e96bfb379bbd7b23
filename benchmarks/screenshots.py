"""Takes pictures of the pages into var/screenshots/, which git ignores: at 1440 and 390 px, light and dark.

    python -m benchmarks.screenshots [--folder FOLDER] [--only NAME ...]

Starts the product over scratch data, records a short call in real Chromium, fills the library, and opens the
pages empty, busy and failing. Look at each before it is kept.
"""

from __future__ import annotations

import argparse
import io
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tests.support.browser.camera import write_microphone
from tests.support.browser.participants import chromium_path
from tests.support.browser.recorded_run import Run, published
from tests.support.platform import localtok_faults
from tests.support.servers.processes import OPERATOR, PASSWORD, Product, wait_for

ROOT = Path(__file__).resolve().parents[1]
SIZES = {"1440": {"width": 1440, "height": 900}, "390": {"width": 390, "height": 844}}
# A change-over stands still for its pictures.
STANDS_S = "12"
FADED_MS = 300
# As often as django-axes lets somebody guess.
GUESSES = 10
LOST_S = 8
GOES_ON_MS = 8000
SECRET = "a signature secret of pictures that is long enough"
SCHEMES = ("light", "dark")
REPAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Chromium names a camera that plays a file by the file's path.
DEVICES = """
const label = Object.getOwnPropertyDescriptor(MediaDeviceInfo.prototype, "label").get;
Object.defineProperty(MediaDeviceInfo.prototype, "label", { get() {
  return { videoinput: "Camera", audioinput: "Microphone" }[this.kind] ?? label.call(this);
} });
"""
VISITOR = """
from django.contrib.auth.models import User
User.objects.create_user("visitor", password="a visitor of pictures")
"""
RENAME = "from django.db import connection; connection.cursor().execute('ALTER TABLE {} RENAME TO {}')"
ROWS = """
from datetime import timedelta
from archives import clock
from archives.models import ArchiveRun, Room, Segment
annex, _ = Room.objects.get_or_create(slug="annex", defaults={"name": "Annex"})
rooms = [Room.objects.get(slug="main"), annex]
old = clock.now() - timedelta(days=3)
trashed = {"created_at": old, "started_at": old, "ended_at": old + timedelta(minutes=4),
           "trashed_at": clock.now()}
ArchiveRun.objects.create(room=rooms[0], name="Test, please ignore", status="complete",
                          strategy="dual_session", **trashed)
names = ["Hearing, morning session", "Hearing, afternoon session", "Lesson 12: fractions", "Consultation",
         "General meeting of the allotment society with all of its motions and amendments, second day"]
for index, name in enumerate(names):
    begin = clock.now() - timedelta(days=index, hours=3)
    status = "failed" if index == 3 else "complete"
    end = begin + timedelta(hours=1 + index, minutes=12)
    times = {"created_at": begin, "started_at": begin, "ended_at": end}
    run = ArchiveRun.objects.create(room=rooms[index % 2], name=name, status=status, strategy="dual_session",
                                    **times)
    if status == "failed":
        continue
    # In one of them nothing was recorded for 48 s.
    half, away = begin + (end - begin) / 2, timedelta(seconds=48 if index == 1 else 0)
    for number, (since, until) in enumerate([(begin, half), (half + away, end)]):
        length = round((until - since).total_seconds() * 1000)
        Segment.objects.create(
            run=run, ordinal=number, session="primary", session_id="1", archive_id=f"{run.pk}-{number}",
            status="available", reason="failure", created_at_ms=clock.to_ms(since), ended_at=until,
            duration_ms=length, media_begin_ms=0, media_end_ms=length, file=f"{number}.mp4", stored_at=until,
            due_at=None)
"""


@dataclass
class Studio:
    """Browsers of a host, of a guest who is in the call, and of somebody whose camera is blocked."""

    product: Product
    host: Page
    guest: Page
    blocked: Page
    folder: Path
    only: list[str]
    taken: list[Path] = field(default_factory=list)

    def take(self, name: str, page: Page, only: str = "") -> None:
        if self.only and name not in self.only:
            return
        for width, size in SIZES.items():
            if only not in ("", width):
                continue
            page.set_viewport_size(size)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.evaluate(REPAINTED)
                # The console's colours change slowly.
                page.wait_for_timeout(FADED_MS)
                self._keep(page.screenshot(), f"{name}-{width}-{scheme}.png")
        page.set_viewport_size(SIZES["1440"])

    def sheet(self, name: str, page: Page) -> None:
        """The host's panel as a phone shows it, over the pictures."""
        page.set_viewport_size(SIZES["390"])
        page.click("#panel-toggle")
        self.take(f"{name}-sheet", page, only="390")
        page.set_viewport_size(SIZES["390"])
        page.click("#panel-toggle")
        page.set_viewport_size(SIZES["1440"])

    def open(self, name: str, page: Page, path: str, ready: str) -> None:
        page.goto(self.product.url + path)
        page.wait_for_selector(ready, timeout=30_000)
        page.wait_for_load_state("networkidle")
        self.take(name, page)

    def dialog(self, name: str, page: Page, opens: str, ready: str) -> None:
        """What a click on `opens` shows; Escape closes it."""
        page.click(opens)
        page.wait_for_selector(ready)
        self.take(name, page)
        page.keyboard.press("Escape")

    def _keep(self, picture: bytes, name: str) -> None:
        path = self.folder / name
        Image.open(io.BytesIO(picture)).convert("RGB").save(path, optimize=True)
        self.taken.append(path)


@contextmanager
def browser(playwright: Playwright, *arguments: str) -> Iterator[BrowserContext]:
    started = playwright.chromium.launch(
        executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu", *arguments]
    )
    try:
        context = started.new_context()
        context.add_init_script(DEVICES)
        yield context
    finally:
        started.close()


def camera(scratch: Path, name: str, *, wall: str, hair: str, skin: str, clothes: str) -> list[str]:
    """A drawn person; Chromium begins the file again whenever it ends."""
    picture, file = io.BytesIO(), scratch / f"{name}.mjpeg"
    person(wall, hair, skin, clothes).convert("YCbCr").save(picture, "JPEG", quality=90)
    file.write_bytes(picture.getvalue() * 60)
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={file}",
        f"--use-file-for-fake-audio-capture={write_microphone(scratch / f'{name}.wav', len(name))}",
    ]


def person(wall: str, hair: str, skin: str, clothes: str) -> Image.Image:
    picture = Image.new("RGB", (640, 480), wall)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((110, 330, 530, 700), fill=clothes)
    draw.ellipse((225, 100, 415, 340), fill=hair)
    draw.ellipse((240, 130, 400, 360), fill=skin)
    draw.chord((235, 100, 405, 300), 180, 360, fill=hair)
    for x in (290, 350):
        draw.ellipse((x - 8, 222, x + 8, 238), fill="#1c1a19")
    draw.arc((285, 250, 355, 310), 20, 160, fill="#6b3f3a", width=5)
    return picture


def turned_away(studio: Studio) -> None:
    """Strangers, links that have ended, errors."""
    guest, product = studio.guest, studio.product
    product.manage("create_room", "closed", "--name", "Court 3", "--access", "invite")
    product.manage("shell", "-v", "0", "-c", VISITOR)
    studio.open("not-invited", guest, "/rooms/closed/", "h1")
    studio.open("invitation-refused", guest, "/rooms/closed/?invite=half-a-link", "h1")
    studio.open("share-ended", guest, "/player/?share=half-a-link", "h1")
    studio.open("not-found", guest, "/nowhere/", "h1")
    studio.open("console-sign-in", guest, "/admin/", "#login-form")
    guest.goto(f"{product.url}/accounts/login/")
    guest.context.clear_cookies()
    sign_in(guest, "visitor", "a visitor of pictures", "h1:has-text('open for too long')")
    studio.take("form-too-old", guest)
    guest.goto(f"{product.url}/accounts/login/")
    sign_in(guest, "visitor", "a visitor of pictures", ".topnav button.link")
    studio.open("forbidden", guest, "/host/", "h1")
    guest.context.clear_cookies()
    product.manage("shell", "-v", "0", "-c", RENAME.format("archives_room", "elsewhere"))
    studio.open("server-error", guest, "/rooms/closed/", "h1:has-text('went wrong')")
    product.manage("shell", "-v", "0", "-c", RENAME.format("elsewhere", "archives_room"))
    for _ in range(GUESSES):
        guest.goto(f"{product.url}/accounts/login/")
        sign_in(guest, "visitor", "guessed", "h1:has-text('Too many'), .notice")
    studio.take("locked-out", guest)


def sign_in(page: Page, name: str, password: str, ready: str) -> None:
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector(ready)


def before_anything(studio: Studio) -> None:
    studio.open("sign-in", studio.host, "/host/", "input[name=username]")
    sign_in(studio.host, OPERATOR, "not the password", ".notice")
    studio.take("sign-in-refused", studio.host)
    studio.host.fill("input[name=password]", PASSWORD)
    studio.host.press("input[name=password]", "Enter")
    studio.host.wait_for_url("**/host/")
    studio.open("library-empty", studio.host, "/player/", "#empty:not([hidden])")
    studio.open("green-room", studio.guest, "/", "#preview:not([hidden])")
    studio.open("green-room-blocked", studio.blocked, "/", "#permission-help:not([hidden])")
    studio.open("console-empty", studio.host, "/admin/", "#content")
    studio.open("console-overview-empty", studio.host, "/admin/overview/", "#content-main")
    studio.open("rooms", studio.host, "/host/rooms/", ".cards li")
    studio.open("password", studio.host, "/accounts/password_change/", "h1")
    studio.open("password-changed", studio.host, "/accounts/password_change/done/", "h1")
    studio.open("host-green-room", studio.host, "/host/", "#preview:not([hidden])")
    studio.open("api", studio.host, "/api/docs/", ".opblock")


def joined(studio: Studio, page: Page, path: str) -> None:
    page.goto(studio.product.url + path)
    wait_for(lambda: page.locator("html").get_attribute("data-primary") == "publishing", "in the call", 40)


def in_the_call(studio: Studio) -> None:
    joined(studio, studio.guest, "/?name=Ann")
    studio.take("call", studio.guest)
    joined(studio, studio.host, "/host/?name=Hanna")
    studio.take("host", studio.host)
    refused_start(studio)
    studio.dialog("devices", studio.guest, "#devices", "#devices-dialog[open]")
    studio.dialog("invitations-empty", studio.host, "#invitations", "#invitations-dialog[open]")
    made(studio, "invitations", "#invitations", "#invitations-dialog", person="Ann Archer")
    run = Run.start(studio.product.http, "A day in court")
    run.begin_restart()
    studio.host.wait_for_selector("#restart-steps:not([hidden])", timeout=20_000)
    studio.take("host-restarting", studio.host)
    studio.sheet("host-restarting", studio.host)
    run.wait_until("recording", seconds=120)
    studio.guest.wait_for_selector("#recording:not([hidden])", timeout=20_000)
    studio.take("call-recording", studio.guest)
    studio.host.wait_for_selector("#run-status[data-status=recording]", timeout=20_000)
    studio.take("host-recording", studio.host)
    studio.sheet("host-recording", studio.host)
    network_lost(studio)
    studio.dialog("host-stop", studio.host, "#stop", "#stop-dialog[open]")
    platform_away(studio, run)
    studio.open("player-recording", studio.host, f"/player/?run={run.id}", "#player:not([hidden])")
    studio.open("console-overview", studio.host, "/admin/overview/", "#content-main")
    run.stop(120)
    studio.open("player", studio.host, f"/player/?run={run.id}", "#player:not([hidden])")
    studio.host.click("#seam-report summary")
    studio.host.wait_for_selector("#seams li")
    studio.host.locator("#seams").scroll_into_view_if_needed()
    studio.take("player-report", studio.host)
    made(studio, "player-share", "#run-actions button:nth-child(2)", "#share-dialog")
    studio.open("console-run", studio.host, f"/admin/archives/archiverun/{run.id}/change/", "#content")
    for name in ("segments", "transitions"):
        studio.host.locator(f"#{name}-heading").evaluate("heading => heading.scrollIntoView()")
        studio.take(f"console-run-{name}", studio.host)


def platform_away(studio: Studio, run: Run) -> None:
    """As both see it, and then it is back and records again."""
    localtok = studio.product.parts["localtok"]
    localtok.stop(by=signal.SIGKILL)
    studio.host.wait_for_selector("#alarms:not([hidden])", timeout=90_000)
    studio.take("host-platform-away", studio.host)
    studio.sheet("host-platform-away", studio.host)
    localtok.start()
    wait_for(lambda: run.segments[-1]["status"] == "started", "it records again", 120)
    studio.guest.wait_for_timeout(GOES_ON_MS)


def refused_start(studio: Studio) -> None:
    """What the host typed is kept, and said to be wrong; then the field is as it was."""
    page = studio.host
    page.fill("#run-name", "A day in court")
    page.click(".more summary")
    page.fill("#restart-after", "a while")
    page.click("#start")
    page.wait_for_selector("#panel-error:not([hidden])")
    studio.take("host-start-refused", page)
    studio.sheet("host-start-refused", page)
    page.reload()
    joined(studio, page, "/host/?name=Hanna")


def made(studio: Studio, name: str, opens: str, dialog: str, person: str = "") -> None:
    """A dialog of links, with one made."""
    studio.host.click(opens)
    studio.host.wait_for_selector(f"{dialog}[open]")
    if person:
        studio.host.fill(f"{dialog} input[name=person]", person)
    studio.host.click(f"{dialog} .new-link button")
    studio.host.wait_for_selector(f"{dialog} .newest")
    studio.take(name, studio.host)
    studio.host.keyboard.press("Escape")


def network_lost(studio: Studio) -> None:
    """Ann's, for so long that she is missing; the report says so later."""
    (ann,) = (each["connection"] for each in published(studio.product)["primary"] if each["name"] == "Ann")
    studio.guest.context.set_offline(True)
    localtok_faults.order(studio.product, {"event": "networkLost", "connection": ann, "seconds": LOST_S})
    studio.guest.wait_for_selector("#connection:not([hidden])", timeout=20_000)
    studio.take("call-reconnecting", studio.guest)
    studio.guest.context.set_offline(False)
    studio.guest.wait_for_selector("#connection", state="hidden", timeout=40_000)
    wait_for(lambda: studio.guest.locator("html").get_attribute("data-primary") == "publishing", "back", 40)


def afterwards(studio: Studio) -> None:
    studio.product.manage("shell", "-v", "0", "-c", ROWS)
    studio.open("library", studio.host, "/player/", "#cards li")
    studio.host.click("#filters summary")
    studio.take("library-filters", studio.host)
    studio.host.click("#filters summary")
    studio.dialog("library-menu", studio.host, ".run-card summary", ".card-menu[open]")
    studio.host.click(".run-card summary")
    studio.dialog(
        "library-rename", studio.host, ".card-menu[open] button:has-text('Rename')", "#rename-dialog[open]"
    )
    studio.open("library-nothing-found", studio.host, "/player/?q=zebra", "#found:not(:empty)")
    studio.open("trash", studio.host, "/player/?trash=true", "#cards li")
    studio.open("player-no-such", studio.host, "/player/?name=zebra", "#message:not([hidden])")
    studio.open("console-rooms", studio.host, "/admin/archives/room/", "#result_list")
    studio.host.click("#result_list tbody th a")
    studio.host.wait_for_selector("#room_form")
    studio.take("console-room", studio.host)
    studio.open("console-alarms", studio.host, "/admin/archives/alarm/", "#result_list")
    studio.open("console-runs", studio.host, "/admin/archives/archiverun/", "#result_list")
    studio.host.check("#action-toggle")
    studio.host.select_option("select[name=action]", "export")
    studio.host.click("button[name=index]")
    studio.host.wait_for_selector("form.confirm")
    studio.take("console-confirm", studio.host)
    studio.guest.click("#leave")
    studio.take("call-left", studio.guest)
    joined(studio, studio.guest, "/?name=Ann")
    joined(studio, studio.host, "/host/?name=Hanna")
    studio.product.parts["web"].stop()
    studio.host.wait_for_selector("#panel-stale:not([hidden])", timeout=60_000)
    studio.take("host-server-away", studio.host)
    studio.guest.goto(f"{studio.product.localtok_url}/")
    studio.guest.wait_for_load_state("networkidle")
    studio.take("localtok", studio.guest)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "var/screenshots")
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        scratch = Path(name)
        product = Product(
            scratch,
            ROOM_ACCESS="open",
            DEBUG="false",
            WEBHOOK_SECRET=SECRET,
            SESSION_STOP_DELAY_PRIMARY=STANDS_S,
        )
        hanna = camera(scratch, "Hanna", wall="#48657e", hair="#35241a", skin="#e3bb98", clothes="#1d2b3a")
        ann = camera(scratch, "Ann", wall="#8a6c53", hair="#0c0a09", skin="#b07d5c", clothes="#5b1d24")
        try:
            product.manage("collectstatic", "--noinput", "-v", "0")
            product.start()
            with (
                browser(playwright, *hanna) as host,
                browser(playwright, *ann) as guest,
                browser(playwright) as blocked,
            ):
                pages = (context.new_page() for context in (host, guest, blocked))
                studio = Studio(product, *pages, options.folder, options.only)
                for scene in (turned_away, before_anything, in_the_call, afterwards):
                    scene(studio)
        finally:
            product.stop()
    print(f"{len(studio.taken)} pictures, {sum(path.stat().st_size for path in studio.taken) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
