"""Runs the probes on both libraries and compares what they observe."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from localtok_tests.probes.site import FOLDER, groups, served

LIBRARIES = ("vendor", "localtok")
# An unresponsive call is an observation after this time.
PROBE_DEADLINE_MS = 12000
# Frames that run beside one another.
AT_ONCE = 8
# On a busy machine events come late: what differs is observed again, alone.
ROUNDS_ALONE = 2
GROUP_DEADLINE_S = 600
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    # Few frames, so that many cameras cost little; two devices of a kind, so that there is one to change to.
    "--use-fake-device-for-media-stream=device-count=2,fps=5",
    "--autoplay-policy=no-user-gesture-required",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
ALL = "(args) => observeAll(...args)"
NAMES = "(args) => namesOf(...args)"

Observations = dict[str, Any]


@dataclass
class Result:
    """A group's observations of both libraries, and the differences that are known: {probe: reason}."""

    group: str
    vendor: Observations
    localtok: Observations
    known: dict[str, str] = field(default_factory=dict)

    @property
    def differ(self) -> list[str]:
        """Probes with other observations, in the order of the names."""
        names = sorted({*self.vendor, *self.localtok})
        return [
            name for name in names if comparable(self.vendor.get(name)) != comparable(self.localtok.get(name))
        ]

    @property
    def unlisted(self) -> list[str]:
        return [name for name in self.differ if name not in self.known]

    @property
    def outdated(self) -> list[str]:
        """Listed as different, but agreeing or gone."""
        return sorted(set(self.known) - set(self.differ))


def comparable(observed: Any) -> Any:
    """The observation without the wording of its messages."""
    if isinstance(observed, list):
        return [comparable(each) for each in observed]
    if isinstance(observed, dict):
        return {key: comparable(each) for key, each in observed.items() if key != "message"}
    return observed


def known_differences(group: str) -> dict[str, str]:
    """Probes that are known to differ, with the reason."""
    path = FOLDER / f"{group}.differences.json"
    listed: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return listed


async def compare(chosen: list[str] | None = None, only: str = "", share: int = 1) -> list[Result]:
    """Observes these groups (all without an argument).

    Of their probes those with `only` in their names, and of these one in `share`, always the same ones.
    """

    def picks(name: str) -> bool:
        return only in name and zlib.crc32(name.encode()) % share == 0

    async with served() as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        results = [await _compare_group(browser, address, group, picks) for group in chosen or groups()]
        await browser.close()
    return results


async def _compare_group(browser: Browser, address: str, group: str, picks: Callable[[str], bool]) -> Result:
    async with _page(browser, address) as page:
        names = [name for name in await page.evaluate(NAMES, [LIBRARIES[0], group]) if picks(name)]
    known = {name: reason for name, reason in known_differences(group).items() if picks(name)}
    result = Result(group, *await _observe_both(browser, address, group, names, AT_ONCE), known)
    for _ in range(ROUNDS_ALONE):
        if result.unlisted:
            vendor, localtok = await _observe_both(browser, address, group, result.unlisted, 1)
            result.vendor |= vendor
            result.localtok |= localtok
    return result


async def _observe_both(
    browser: Browser, address: str, group: str, names: list[str], at_once: int
) -> tuple[Observations, Observations]:
    vendor, localtok = [
        await _observe(browser, address, library, group, names, at_once) for library in LIBRARIES
    ]
    return vendor, localtok


async def _observe(
    browser: Browser, address: str, library: str, group: str, names: list[str], at_once: int
) -> Observations:
    async with _page(browser, address) as page, asyncio.timeout(GROUP_DEADLINE_S):
        arguments = [library, group, PROBE_DEADLINE_MS, at_once, names]
        observed: Observations = await page.evaluate(ALL, arguments)
    return observed


@asynccontextmanager
async def _page(browser: Browser, address: str) -> AsyncIterator[Page]:
    context = await browser.new_context(permissions=["camera", "microphone"])
    page = await context.new_page()
    await page.goto(address)
    yield page
    await context.close()
