"""What a person sees where one piece follows another, counted in real Chromium: the product's player beside
one that swaps `src` as the player before it did, on the same pieces in the same run.

    python -m benchmarks.player [--pieces 12] [--seconds 6] [--screen] [--json]

The pieces are real MP4 files (H.264 and AAC, 25 fps) whose pictures carry numbers, with overlaps of 0.4 to
3 s, different phases and key-frame distances. Each picture that is presented is noted by
requestVideoFrameCallback; its number follows from its media time, which is proved beforehand by reading
pictures back from a canvas. With --screen the browser has a window on an X server, and what that shows is
read from it as well: the numbers on the screen, at the times when they were there.

Bars: at every seam no number repeated or missing beyond one, where inside pieces none more is missing, and no
pause between pictures more than 40 ms longer than the longest inside pieces. The exit code is 0 when the
product's player meets them.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import itertools
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web
from playwright.async_api import Page, Playwright, async_playwright

from benchmarks import screen
from tests.support.browser.participants import chromium_path
from tests.support.media import counted_video
from tests.support.media.segment_files import FRAME_MS, Recipe, make

ROOT = Path(__file__).resolve().parents[1]
SIZE = (320, 180)
OVERLAPS = (50, 25, 75, 12, 40, 10, 60, 30)
PHASES_MS = (0, 13, 27, 6, 33)
GOPS = (25, 50, 75)
# Long enough to hold a stall that a change of pieces causes, and its catching up.
WINDOW_MS = 1000
MOST_FRAMES_OFF = 1
MOST_MORE_MS = 40
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
WINDOW = ["--window-position=0,0", "--window-size=800,600"]
PLACE = """() => {
  const { x, y, width, height } = document.querySelector(".screen").getBoundingClientRect();
  return [screenX + x, screenY + outerHeight - innerHeight + y, width, height].map(Math.round);
}"""
PAGE = """<!doctype html><link rel="icon" href="data:,"><style>body { margin: 0 }
.screen { width: 320px !important; height: 180px }</style>
<link rel="stylesheet" href="/static/css/player.css">
<div class="screen"><video id="video-a" data-shown="true" playsinline></video>
<video id="video-b" data-shown="false" playsinline></video></div>
<script type="module" src="/probe.js"></script>"""


@dataclass(frozen=True)
class Piece:
    url: str
    first: int
    late_ms: float
    seconds: float


@dataclass(frozen=True)
class Window:
    """What was seen within a second of one instant."""

    missing: int
    repeated: int
    longest_ms: float
    off_at_change: int = 0


def recipes(count: int, seconds: float) -> list[Recipe]:
    """Each piece ends an overlap after the next one's beginning."""
    found, first, frames = [], 0, round(seconds * 1000 / FRAME_MS)
    for index in range(count):
        end = first + frames + OVERLAPS[index % len(OVERLAPS)]
        gop, late_ms = GOPS[index % len(GOPS)], PHASES_MS[index % len(PHASES_MS)]
        found.append(Recipe(first, end, gop=gop, late_ms=late_ms, size=SIZE))
        first = end - OVERLAPS[index % len(OVERLAPS)]
    return found


def spans_of(pieces: list[Recipe]) -> list[dict[str, Any]]:
    """The timeline as the API gives it, with the change in the middle of each overlap."""
    changes = [
        round((after.first + before.end) / 2 * FRAME_MS) for before, after in itertools.pairwise(pieces)
    ]
    begins, ends = [0, *changes], [*changes, pieces[-1].end * FRAME_MS]
    return [
        {
            "kind": "segment",
            "segment": str(index),
            "url": f"/pieces/{index}.mp4",
            "start_ms": begin,
            "in_ms": begin - round(piece.begin_ms),
            "out_ms": end - round(piece.begin_ms),
            "change_from_ms": round(piece.begin_ms) if index else None,
            "change_until_ms": pieces[index - 1].end * FRAME_MS if index else None,
        }
        for index, (piece, begin, end) in enumerate(zip(pieces, begins, ends, strict=True))
    ]


async def serve(folder: Path) -> tuple[web.AppRunner, str]:
    """Files with Range, the product's own scripts, and the page that watches."""
    application = web.Application()
    application.router.add_get("/", lambda _: web.Response(text=PAGE, content_type="text/html"))
    application.router.add_get(
        "/probe.js", lambda _: web.FileResponse(Path(__file__).with_name("player_probe.js"))
    )
    application.router.add_static("/pieces/", folder)
    application.router.add_static("/static/", ROOT / "static")
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    return runner, f"http://127.0.0.1:{port}/"


async def opened(page: Page, url: str) -> Page:
    await page.goto(url)
    await page.wait_for_function("window.proof !== undefined", timeout=20_000)
    return page


async def prove(page: Page, pieces: list[Piece]) -> int:
    """How many pictures were read back; AssertionError where one is not what its media time says."""
    pictures = await page.evaluate(
        "([pieces, at]) => proof(pieces, at)", [list(map(asdict, pieces)), [0.1, 0.5, 0.9]]
    )
    for picture in pictures:
        gray = np.frombuffer(base64.b64decode(picture["gray"]), np.uint8).reshape(SIZE[1], SIZE[0])
        read = counted_video.read(gray)
        assert read == picture["number"], f"shows {read}, its media time says {picture['number']}"
    return len(pictures)


def windows(seen: list[dict[str, Any]], centres: list[float]) -> list[Window]:
    return [_window(seen, centre) for centre in centres]


def _window(seen: list[dict[str, Any]], centre: float) -> Window:
    near = [each for each in seen if abs(each["at"] - centre) <= WINDOW_MS]
    steps = [(b["number"] - a["number"], a["piece"] != b["piece"]) for a, b in itertools.pairwise(near)]
    # Of a picture that was only counted it is not known when it came: it ends no pause.
    told = [each["at"] for each in near if each["told"]]
    return Window(
        missing=sum(max(0, step - 1) for step, _ in steps),
        repeated=sum(max(0, 1 - step) for step, _ in steps),
        longest_ms=max(later - earlier for earlier, later in itertools.pairwise(told)),
        off_at_change=max((abs(step - 1) for step, changed in steps if changed), default=0),
    )


def once(seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without pictures that merely stayed: a repeated report of the same picture is no repetition."""
    return [each for i, each in enumerate(seen) if not i or each["number"] != seen[i - 1]["number"]]


def judged(seen: list[dict[str, Any]]) -> tuple[list[Window], list[Window]]:
    """Windows around the changes, and windows of the same length in the middle between them."""
    changes, middles = _centres(seen)
    return windows(once(seen), changes), windows(once(seen), middles)


def _centres(seen: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """When one piece took over from another, and the middles between."""
    changes = [b["at"] for a, b in itertools.pairwise(seen) if a["piece"] != b["piece"]]
    edges = [seen[0]["at"], *changes, seen[-1]["at"]]
    return changes, [(a + b) / 2 for a, b in itertools.pairwise(edges)]


def on_screen(eye: screen.Eye, seen: list[dict[str, Any]]) -> tuple[list[Window], list[Window]]:
    """The same windows, of what the screen showed at those times of the clock."""
    numbers = [
        {"at": at * 1000, "number": counted_video.read(picture), "piece": 0, "told": True}
        for at, picture in eye.seen
    ]
    unread = [each for each in numbers if each["number"] is None]
    read = once([each for each in numbers if each["number"] is not None])
    print(f"on the screen: {len(read)} pictures, {len(unread)} moments without a whole one", file=sys.stderr)
    changes, middles = _centres(seen)
    return windows(read, changes), windows(read, middles)


def figures(found: list[Window]) -> dict[str, Any]:
    longest = [window.longest_ms for window in found]
    return {
        "windows": len(found),
        "missing": sum(window.missing for window in found),
        "missing_worst": max(window.missing for window in found),
        "repeated": sum(window.repeated for window in found),
        "repeated_worst": max(window.repeated for window in found),
        "off_at_change_worst": max(window.off_at_change for window in found),
        "longest_ms_median": round(statistics.median(longest), 1),
        "longest_ms_worst": round(max(longest), 1),
    }


def meets_the_bars(seams: dict[str, Any], inside: dict[str, Any]) -> bool:
    return (
        seams["missing_worst"] <= max(MOST_FRAMES_OFF, inside["missing_worst"])
        and seams["repeated_worst"] <= MOST_FRAMES_OFF
        and seams["off_at_change_worst"] <= MOST_FRAMES_OFF
        and seams["longest_ms_worst"] <= inside["longest_ms_worst"] + MOST_MORE_MS
    )


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    made = recipes(options.pieces, options.seconds)
    for index, recipe in enumerate(made):
        make(folder / f"{index}.mp4", recipe)
    pieces = [
        Piece(f"/pieces/{index}.mp4", recipe.first, recipe.late_ms, recipe.length_ms / 1000)
        for index, recipe in enumerate(made)
    ]
    told = list(map(asdict, pieces))
    overlaps = [before.end - after.first for before, after in itertools.pairwise(made)]
    offset = round(statistics.mean(overlaps) * FRAME_MS / 1000)
    runner, url = await serve(folder)
    try:
        async with async_playwright() as playwright, browsing(playwright, options.screen) as (page, name):
            proved = await prove(await opened(page, url), pieces)
            ours = await watched(await opened(page, url), name, "watchOurs", [told, spans_of(made)])
            swapping = None
            if not options.only_ours:
                swapping = await watched(await opened(page, url), name, "watchSwapping", [told, offset])
    finally:
        await runner.cleanup()
    return {
        "pieces": len(pieces),
        "pictures_proved": proved,
        "seconds_skipped_when_swapping": offset,
        "ours": ours,
        **({"swapping_src": swapping} if swapping else {}),
    }


@asynccontextmanager
async def browsing(playwright: Playwright, on_a_screen: bool) -> AsyncIterator[tuple[Page, str | None]]:
    """A page, and the name of the screen that its window is on."""
    with ExitStack() as stack:
        name = stack.enter_context(screen.display()) if on_a_screen else None
        more: dict[str, Any] = {"headless": False, "env": {**os.environ, "DISPLAY": name}} if name else {}
        arguments = [*ARGUMENTS, *(WINDOW if name else [])]
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=arguments, **more)
        page = await (await browser.new_context(no_viewport=name is not None)).new_page()
        page.on("console", lambda line: print("page:", line.text, file=sys.stderr))
        yield page, name
        await browser.close()


async def watched(page: Page, name: str | None, player: str, told: list[Any]) -> dict[str, Any]:
    """What the page saw of this player, and with a screen what that showed."""
    eye = screen.Eye(name, *(await page.evaluate(PLACE))) if name else None
    seen = await page.evaluate(f"([pieces, more]) => {player}(pieces, more)", told)
    found = _judged(*judged(seen))
    if eye:
        eye.close()
        origin = await page.evaluate("performance.timeOrigin")
        found["screen"] = _judged(*on_screen(eye, [each | {"at": each["at"] + origin} for each in seen]))
    return found


def _judged(seams: list[Window], inside: list[Window]) -> dict[str, Any]:
    found = {"seams": figures(seams), "inside": figures(inside)}
    return found | {"met": meets_the_bars(found["seams"], found["inside"])}


def report(result: dict[str, Any]) -> None:
    print(
        f"{result['pieces']} pieces; {result['pictures_proved']} pictures read back and proved; "
        f"the swapping player skips {result['seconds_skipped_when_swapping']} s of each later piece"
    )
    names = [
        "windows",
        "missing",
        "missing_worst",
        "repeated",
        "repeated_worst",
        "off_at_change_worst",
        "longest_ms_median",
        "longest_ms_worst",
    ]
    print(f"{'':36}" + "".join(f"{name:>21}" for name in names))
    for player, found in _players(result):
        for place in ("seams", "inside"):
            row = found[place]
            print(f"{player + ', ' + place:36}" + "".join(f"{row[name]:>21}" for name in names))
        print(f"{player}: {'meets' if found['met'] else 'does not meet'} the bars")


def _players(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for player in ("ours", "swapping_src"):
        if player in result:
            yield player, result[player]
            if "screen" in result[player]:
                yield f"{player} on the screen", result[player]["screen"]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pieces", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each piece, without its overlap")
    parser.add_argument("--only-ours", action="store_true")
    parser.add_argument("--screen", action="store_true", help="read the screen too; needs Xvfb")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.screen and not screen.is_there():
        parser.error("--screen needs Xvfb (Debian: xvfb)")
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(measure(options, Path(folder)))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        report(result)
    ours = [found for player, found in _players(result) if player.startswith("ours")]
    return 0 if all(found["met"] for found in ours) else 1


if __name__ == "__main__":
    sys.exit(main())
