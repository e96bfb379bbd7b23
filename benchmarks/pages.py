"""What each page costs who opens it: requests, bytes, and when there is something to see, without a network.

    python -m benchmarks.pages [--times 5]

Starts the product over scratch data with the static files as production serves them (hashed, compressed), and
opens every page in real Chromium: cold with an empty cache, warm for the second time, and slow: cold over a
network of 1.6 Mbit/s with 150 ms from here to there and back, as Lighthouse takes for a phone. Times are
medians in ms from the request on, as the browser's own observers give them: first contentful paint, largest
contentful paint, and ready, when all of the page's own scripts have begun. Requests and bytes are those that
went over the network. The shift is the sum of the layout shifts that no input caused.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks.screenshots import ROWS
from tests.support.browser.participants import chromium_path
from tests.support.servers.processes import OPERATOR, PASSWORD, Product

PAGES = {
    "participant, before the call": "/",
    "host, before the call": "/host/",
    "rooms": "/host/rooms/",
    "library": "/player/",
    "player": "/player/?name=Lesson",
    "sign-in": "/accounts/login/?stay",
    "console": "/admin/",
    "console, overview": "/admin/overview/",
    "console, recordings": "/admin/archives/archiverun/",
    "API documentation": "/api/docs/",
}
OBSERVE = """
window.seen = { largest: 0, shift: 0 };
new PerformanceObserver(list => { for (const entry of list.getEntries()) seen.largest = entry.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
FIGURES = """() => {
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter(entry => entry.transferSize > 0);
  const [{ domContentLoadedEventEnd: ready }] = performance.getEntriesByType("navigation");
  return { ready, requests: loaded.length, bytes: loaded.reduce((sum, entry) => sum + entry.transferSize, 0),
           first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0, ...seen };
}"""
SETTLED_MS = 500
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}


@dataclass(frozen=True)
class Visit:
    requests: int
    bytes: int
    first: float
    largest: float
    ready: float
    shift: float


def visit(context: BrowserContext, url: str, network: dict[str, Any] | None = None) -> Visit:
    page = context.new_page()
    if network:
        chromium = context.new_cdp_session(page)
        chromium.send("Network.enable")
        chromium.send("Network.emulateNetworkConditions", network)
    page.add_init_script(OBSERVE)
    page.goto(url)
    page.wait_for_load_state("load")
    page.wait_for_timeout(SETTLED_MS)
    found: dict[str, Any] = page.evaluate(FIGURES)
    page.close()
    return Visit(**found)


@contextmanager
def visitor(browser: Browser, cookies: list[Any]) -> Iterator[BrowserContext]:
    """An empty cache, and the operator's session."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies(cookies)
    try:
        yield context
    finally:
        context.close()


def measured(browser: Browser, cookies: list[Any], url: str, times: int) -> dict[str, Visit]:
    """Medians of each kind of visit."""
    visits: dict[str, list[Visit]] = {"cold": [], "warm": [], "slow": []}
    for _ in range(times):
        with visitor(browser, cookies) as context:
            visits["cold"].append(visit(context, url))
            visits["warm"].append(visit(context, url))
        with visitor(browser, cookies) as context:
            visits["slow"].append(visit(context, url, SLOW))
    return {kind: median(found) for kind, found in visits.items()}


def median(visits: list[Visit]) -> Visit:
    each = {name: statistics.median(getattr(one, name) for one in visits) for name in Visit.__annotations__}
    return Visit(**each)


def signed_in(browser: Browser, url: str) -> list[Any]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=username]", OPERATOR)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/host/")
    cookies = context.cookies()
    context.close()
    return cookies


def row(name: str, kind: str, found: Visit) -> str:
    figures = [found.requests, found.bytes / 1000, found.first, found.largest, found.ready]
    return f"| {name} | {kind} | {' | '.join(f'{each:.0f}' for each in figures)} | {found.shift:.3f} |"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        product = Product(Path(scratch), ROOM_ACCESS="open", DEBUG="false")
        try:
            product.manage("collectstatic", "--noinput", "-v", "0")
            product.start()
            product.manage("shell", "-v", "0", "-c", ROWS)
            browser = playwright.chromium.launch(
                executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"]
            )
            cookies = signed_in(browser, product.url)
            print(
                "| page | visit | requests | kB | first paint, ms | largest paint, ms | ready, ms | shift |"
            )
            print("|---|---|---|---|---|---|---|---|")
            for name, path in PAGES.items():
                for kind, found in measured(browser, cookies, product.url + path, times).items():
                    print(row(name if kind == "cold" else "", kind, found), flush=True)
            browser.close()
        finally:
            product.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
