"""The public names of the vendor's library while it runs, as a page sees them."""

from __future__ import annotations

import asyncio

from playwright.async_api import async_playwright

from tests.localtok.probes.comparison import FLAGS
from tests.localtok.probes.site import groups, served

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


async def vendor_names() -> dict[str, list[str]]:
    """Names of OT, of a session and of a publisher: those that can be made without a platform."""
    async with served() as address, async_playwright() as playwright, asyncio.timeout(DEADLINE_S):
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await browser.new_page()
        await page.goto(f"{address}/frame?library=vendor&group={groups()[0]}")
        names: dict[str, list[str]] = await page.evaluate(NAMES)
        await browser.close()
    return names
