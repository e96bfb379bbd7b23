"""What a signal's handler gets in a real browser, when a server sent it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import async_playwright

from localtok.server import Localtok
from localtok_tests.conftest import KEY, Sdk, call
from localtok_tests.pages.test_browser import FLAGS

pytestmark = [pytest.mark.e2e]

DEADLINE_S = 30
DATA = {"sessionType": "secondary", "sessionId": "2_é"}
LISTEN = """async ([key, sessionId, token]) => {
  window.heard = [];
  const session = OT.initSession(key, sessionId);
  session.on('signal:join', ({ type, data, from }) => heard.push([type, typeof data, data, from]));
  await new Promise((resolve, reject) => session.connect(token, (e) => (e ? reject(e) : resolve())));
}"""


async def test_data_that_is_an_object_is_one_in_the_page(server: Localtok, sdk: Sdk, session_id: str) -> None:
    path = f"/v2/project/{KEY}/session/{session_id}/signal"
    sent: list[Any] = [DATA, json.dumps(DATA)]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await browser.new_page()
        await page.goto(f"{server.url}/healthz")
        await page.add_script_tag(url=f"{server.url}/v2/js/opentok.min.js")
        async with asyncio.timeout(DEADLINE_S):
            await page.evaluate(LISTEN, [KEY, session_id, sdk.token(session_id)])
        for data in sent:
            assert (await call(server, "POST", path, json={"type": "join", "data": data})).ok
        await page.wait_for_function("heard.length === 2", timeout=DEADLINE_S * 1000)
        heard = await page.evaluate("heard")
        await browser.close()
    assert heard == [
        ["signal:join", "object", DATA, None],
        ["signal:join", "string", json.dumps(DATA), None],
    ]
