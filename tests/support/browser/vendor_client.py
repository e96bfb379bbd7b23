"""The vendor's own library in our pages: its network is cut off, and its platform answered by localtok."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route

from localtok.publishing.page import SyntheticPage
from tests.support.npm import package_file

# An exact version, so that the policy allows its style sheet by hash, and nothing else inline.
SCRIPT_URL = "https://static.opentok.com/v2.35.2/js/opentok.min.js"
VENDOR_HOSTS = ("https://*.opentok.com/**", "https://*.tokbox.com/**", "https://*.vonage.com/**")
STUB = Path(__file__).with_name("vendor_stub.js")
ANSWER_S = 20
# A violation reaches the page's own listeners before any of the page's modules runs.
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""


def library() -> str:
    return package_file("@opentok/client/dist/js/opentok.min.js").read_text()


class VendorNetwork:
    """What the vendor's hosts answer in one browser context."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self.telemetry = 0

    def answers(self, script: str) -> None:
        """The script comes; the library's reports of what it does are taken and forgotten."""
        for hosts in VENDOR_HOSTS:
            self._context.route(hosts, self._take)
        self._context.route(
            SCRIPT_URL, lambda route: route.fulfill(body=script, content_type="text/javascript")
        )

    def is_blocked(self, *, script_too: bool) -> None:
        """As behind a firewall that lets nothing through to the vendor's hosts, or all but the script."""
        for hosts in VENDOR_HOSTS:
            self._context.route(hosts, lambda route: route.abort("connectionrefused"))
        if not script_too:
            body = library()
            self._context.route(
                SCRIPT_URL, lambda route: route.fulfill(body=body, content_type="text/javascript")
            )

    def _take(self, route: Route) -> None:
        self.telemetry += 1
        route.fulfill(
            status=200,
            headers={"access-control-allow-origin": "*", "access-control-allow-headers": "*"},
            content_type="application/json",
            body="{}",
        )


class PlatformAnswers:
    """The binding `platform` of a page: each session that it joins is one client of localtok."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url, self._key = url, api_key
        self._clients: dict[str, SyntheticPage] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def bind(self, page: Page) -> None:
        page.expose_binding("platform", lambda _source, asked: self._run(self._answer(asked)))

    def close(self) -> None:
        for session_id in list(self._clients):
            self._run(self._disconnect(session_id))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_S)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_S)

    async def _answer(self, asked: dict[str, Any]) -> Any:
        session_id = asked["sessionId"]
        if asked["op"] == "connect":
            await self._connect(session_id, asked["token"])
        elif asked["op"] == "publish":
            return await self._clients[session_id].publish(asked["name"])
        elif asked["op"] == "unpublish":
            await self._clients[session_id].unpublish(asked["streamId"])
        else:
            await self._disconnect(session_id)
        return None

    async def _connect(self, session_id: str, token: str) -> None:
        client = SyntheticPage(self._url, self._key, session_id, token)
        await client.__aenter__()
        self._clients[session_id] = client

    async def _disconnect(self, session_id: str) -> None:
        client = self._clients.pop(session_id, None)
        if client is not None:
            await client.__aexit__(None, None, None)
