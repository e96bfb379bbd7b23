"""What a page sees of the vendor's library while it runs."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import async_playwright

from localtok_tests.probes.comparison import FLAGS
from localtok_tests.probes.site import groups, served

DEADLINE_S = 60
NAMES = """() => {
  const names = (object) => {
    const found = new Set();
    for (let at = object; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (const name of Object.getOwnPropertyNames(at)) found.add(name);
    }
    return [...found];
  };
  const canvas = document.createElement('canvas');
  canvas.getContext('2d');
  const [videoSource] = canvas.captureStream(1).getVideoTracks();
  return {
    OT: names(OT),
    Session: names(OT.initSession('1234', '1_MX4xMjM0fn4')),
    Publisher: names(OT.initPublisher(undefined, { insertDefaultUI: false, audioSource: null, videoSource })),
  };
}"""
TITLES = "(codes) => Object.fromEntries(codes.map((code) => [code, OT.getErrorTitleByCode(Number(code))]))"


async def vendor_names() -> dict[str, list[str]]:
    """Public names of OT, of a session and of a publisher: those that can be made without a platform."""
    names: dict[str, list[str]] = await _seen(NAMES)
    return names


async def vendor_titles(codes: list[str]) -> dict[str, str]:
    """The titles of these codes, of those that have one."""
    titles: dict[str, str] = await _seen(TITLES, codes)
    return titles


async def _seen(script: str, argument: Any = None) -> Any:
    async with served() as address, async_playwright() as playwright, asyncio.timeout(DEADLINE_S):
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await browser.new_page()
        await page.goto(f"{address}/frame?library=vendor&group={groups()[0]}")
        seen = await page.evaluate(script, argument)
        await browser.close()
    return seen
