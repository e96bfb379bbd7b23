"""What a person hears where one piece follows another, in real Chromium: the product's player beside one that
swaps `src` as the player before it did, on the same pieces in the same run.

    python -m benchmarks.player_sound [--pieces 6] [--seconds 8] [--json]

The pieces are real MP4 files (H.264 and AAC) of one noise that never repeats, so that any stretch of it tells
its instant. What the player plays is taken from Web Audio, sample by sample, and laid beside that noise: how
much is lost or heard twice, for how long something else is heard, and by how much it is off in any one
millisecond near a seam, beside the most inside pieces: so a click would show.

Bars for the product's player: not a sample lost, heard twice or waited for, and in no millisecond near a seam
is it farther off than inside pieces. The exit code is 0 when they are met.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import itertools
import json
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page, async_playwright

from archives.timeline import Join, Piece, Timeline, build
from benchmarks import player
from tests.support.media.segment_files import FRAME_MS, RATE, Recipe, make, sound

Samples = NDArray[np.float64]

# In pictures: seams that have settled, of different lengths.
OVERLAPS = (50, 30, 75, 40)
MS = RATE // 1000
WINDOW_MS = 50
NEAR_MS = 300
# A recorder's first sound, and its last, is not what was said.
EDGE_MS = 500
# So far from where it was the sound is looked for after a break.
REACH_MS = 5000
ALIKE = 0.5
RECORD = """async () => {
  const context = new AudioContext({ sampleRate: 48000 });
  const code = `registerProcessor("ear", class extends AudioWorkletProcessor {
    process([[heard]]) { this.port.postMessage(heard ? heard.slice() : new Float32Array(128)); return true; }
  })`;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const ear = new AudioWorkletNode(context, "ear", { channelCount: 1, channelCountMode: "explicit" });
  window.heard = [];
  ear.port.onmessage = ({ data }) => heard.push(data);
  for (const video of document.querySelectorAll("video")) {
    context.createMediaElementSource(video).connect(ear);
  }
  ear.connect(context.destination);
  await context.resume();
}"""
HEARD = """() => {
  const all = new Float32Array(heard.length * 128);
  heard.forEach((block, index) => all.set(block, index * 128));
  const bytes = new Uint8Array(all.buffer);
  let text = "";
  const most = 32768;
  for (let at = 0; at < bytes.length; at += most) {
    text += String.fromCharCode(...bytes.subarray(at, at + most));
  }
  return btoa(text);
}"""


@dataclass(frozen=True)
class Heard:
    """A stretch of the call heard without a break, in samples. `instant`: of the call, at `begin`."""

    begin: int
    instant: int
    length: int

    @property
    def end(self) -> int:
        return self.begin + self.length

    @property
    def until(self) -> int:
        return self.instant + self.length


def recipes(count: int, seconds: float) -> list[Recipe]:
    found, first, frames = [], 0, round(seconds * 1000 / FRAME_MS)
    for index in range(count):
        overlap = OVERLAPS[index % len(OVERLAPS)]
        found.append(Recipe(first, first + frames + overlap, gop=25, size=player.SIZE))
        first += frames
    return found


def timeline_of(made: list[Recipe]) -> Timeline:
    """As the product lays pieces out whose seams were measured."""
    pieces = [
        Piece(str(index), "primary", recipe.begin_ms, recipe.length_ms) for index, recipe in enumerate(made)
    ]
    joins = [
        Join(str(index), str(index + 1), after.begin_ms - before.begin_ms)
        for index, (before, after) in enumerate(itertools.pairwise(made))
    ]
    return build(pieces, joins)


async def listen(page: Page, url: str, watch: str, told: list[Any]) -> Samples:
    await player.opened(page, url)
    await page.evaluate(RECORD)
    await page.evaluate(f"([pieces, more]) => {watch}(pieces, more)", told)
    return np.frombuffer(base64.b64decode(await page.evaluate(HEARD)), np.float32).astype(np.float64)


def stretches(played: Samples) -> list[Heard]:
    """What is heard of the call, window by window, those that follow each other as one."""
    call, length, reach = sound().astype(np.float64), WINDOW_MS * MS, REACH_MS * MS
    found: list[Heard] = []
    for begin in range(0, len(played) - length, length):
        part = played[begin : begin + length]
        low = max(0, (found[-1].until if found else 0) - reach)
        instant = low + _best(call[low : low + 2 * reach], part)
        if _alike(call[instant : instant + length], part) < ALIKE:
            continue
        if found and (found[-1].end, found[-1].until) == (begin, instant):
            found[-1] = replace(found[-1], length=found[-1].length + length)
        else:
            found.append(Heard(begin, instant, length))
    return found


def _best(whole: Samples, part: Samples) -> int:
    size = 1 << (len(whole) + len(part)).bit_length()
    products = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)), size)
    return int(np.argmax(products[: len(whole) - len(part) + 1]))


def _alike(one: Samples, other: Samples) -> float:
    return float(np.dot(one, other) / np.sqrt(np.dot(one, one) * np.dot(other, other) + 1e-20))


def off(played: Samples, heard: Heard) -> tuple[Samples, Samples]:
    """(instant of the call in ms, how far off it the sound is, as a share) of each millisecond heard."""
    length = heard.length // MS * MS
    call = sound()[heard.instant : heard.instant + length].astype(np.float64)
    error = np.square(played[heard.begin : heard.begin + length] - call).reshape(-1, MS).mean(axis=1)
    instants = heard.instant / MS + np.arange(len(error))
    return instants, np.sqrt(error) / np.sqrt(np.mean(np.square(sound())))


def figures(played: Samples, changes_ms: list[float], ends_ms: list[float]) -> dict[str, Any]:
    found = stretches(played)
    breaks = list(itertools.pairwise(found))
    instants, error = (
        np.concatenate(each) for each in zip(*(off(played, each) for each in found), strict=True)
    )
    near = _near(instants, changes_ms, NEAR_MS)
    inside = ~near & ~_near(instants, ends_ms, EDGE_MS)
    return {
        "seams": len(changes_ms),
        "breaks": len(breaks),
        "lost_ms": round(sum(max(0, b.instant - a.until) for a, b in breaks) / MS, 2),
        "twice_ms": round(sum(max(0, a.until - b.instant) for a, b in breaks) / MS, 2),
        "waited_ms": round(sum(b.begin - a.end for a, b in breaks) / MS, 2),
        "off_near_seams": round(float(error[near].max()), 4),
        "off_inside": round(float(error[inside].max()), 4),
    }


def _near(instants: Samples, places_ms: list[float], reach_ms: float) -> NDArray[np.bool_]:
    return (np.abs(instants[:, None] - np.array(places_ms)) <= reach_ms).any(axis=1)


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    made = recipes(options.pieces, options.seconds)
    for index, recipe in enumerate(made):
        make(folder / f"{index}.mp4", recipe)
    timeline = timeline_of(made)
    spans = [asdict(span) | {"url": f"/pieces/{span.segment}.mp4"} for span in timeline.spans]
    changes = [float(span.start_ms) for span in timeline.spans[1:]]
    told = [
        asdict(player.Piece(f"/pieces/{index}.mp4", recipe.first, 0, recipe.length_ms / 1000))
        for index, recipe in enumerate(made)
    ]
    skipped = round(sum(OVERLAPS) / len(OVERLAPS) * FRAME_MS / 1000)
    runner, url = await player.serve(folder)
    try:
        async with async_playwright() as playwright, player.browsing(playwright, False) as (page, _):
            ours = await listen(page, url, "watchOurs", [told, spans])
            swapping = await listen(page, url, "watchSwapping", [told, skipped])
    finally:
        await runner.cleanup()
    ends = [0.0, float(made[-1].end * FRAME_MS)]
    return {"ours": figures(ours, changes, ends), "swapping_src": figures(swapping, changes, ends)}


def meets_the_bars(ours: dict[str, Any]) -> bool:
    return ours["breaks"] == 0 and ours["off_near_seams"] <= ours["off_inside"]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pieces", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(options, Path(folder)))
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        for name in ("ours", "swapping_src"):
            print(name, *(f"{key}: {value}" for key, value in found[name].items()), sep="\n  ")
    return 0 if meets_the_bars(found["ours"]) else 1


if __name__ == "__main__":
    sys.exit(main())
