"""Whatever is sent, the answer says what is wrong with it: none is an error of localtok's own."""

from __future__ import annotations

import random
from typing import Any

import aiohttp
import pytest

from localtok.server import Localtok
from localtok.signalling.operations import OPERATIONS
from localtok_tests.conftest import KEY, Sdk, until

ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        5,
        -1,
        1.5,
        1e308,
        10**30,
        "",
        "x",
        "x" * 9000,
        "\ud83d",
        [],
        [[]],
        [{}],
        ["x"],
        {},
        {"a": 1},
    ),
    *({"type": 5}, {"type": "custom", "stylesheet": "x"}, {"type": "bestFit", "screenshareType": []}),
)
FIELDS = (
    *("name", "hasAudio", "hasVideo", "outputMode", "streamMode", "resolution", "layout", "multiArchiveTag"),
    *("maxBitrate", "quantizationParameter", "type", "data", "items", "active", "excludedStreamIds"),
    *("addStream", "removeStream", "stylesheet", "screenshareType"),
)
PAGE_FIELDS = (
    *("streamId", "peer", "to", "body", "type", "data", "name", "videoType", "hasAudio", "videoDimensions"),
    *("frameRate", "key", "media", "reason", "connectionId", "excluded", "active", "sdp"),
)
QUERIES = ("-1", "5", "x", "1e3", "²", "9" * 30)
TIMES = 40


def odd_body(chance: random.Random, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: chance.choice(ODD) for name in chance.sample(fields, chance.randint(0, 7))}


async def test_no_odd_call_is_an_error_of_localtoks_own(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any
) -> None:
    chance = random.Random(7)
    stream = await ann.publish("camera", media=False)
    archive = (await sdk.start_archive(session_id)).id
    ids = {"project": KEY, "session": session_id, "archive": archive, "stream": stream, "connection": ann.id}
    wrong = []
    async with aiohttp.ClientSession(headers=sdk.client.get_headers()) as http:
        for call in server.rest.calls():
            for _ in range(TIMES):
                if call.name == "forceDisconnect":
                    continue
                body = odd_body(chance, FIELDS) | ({"sessionId": session_id} if chance.random() < 0.6 else {})
                options: dict[str, Any] = {"json": body}
                if call.method == "GET":
                    options = {"params": {"offset": chance.choice(QUERIES), "count": chance.choice(QUERIES)}}
                path = server.url + call.path.format(**ids)
                async with http.request(call.method, path, **options) as answer:
                    if answer.status == 500:
                        wrong.append((call.name, body))
    assert wrong == []


async def test_no_odd_message_of_a_page_ends_its_connection(server: Localtok, ann: Any) -> None:
    chance = random.Random(8)
    for op in sorted(set(OPERATIONS) - {"disconnect"}):
        for _ in range(TIMES):
            answer = await ann.request(op, **odd_body(chance, PAGE_FIELDS))
            assert "error" not in answer or answer["error"]["name"].startswith("OT_")
    assert ann.id in server.hub._peers


@pytest.mark.parametrize("text", ["[]", "5", "null", '"x"', "{", "", '{"id": 1, "op": "ping", "x": NaN}'])
async def test_what_is_no_request_is_refused(server: Localtok, ann: Any, text: str) -> None:
    await ann.socket.send_str(text)
    answer = await ann.socket.receive_json()
    assert answer["error"]["name"] == "OT_INVALID_PARAMETER"
    assert ann.id in server.hub._peers


@pytest.mark.parametrize("text", ["[]", "5", "null", '"x"', "{", '{"op": "resume", "seen": "x"}'])
async def test_a_socket_that_begins_with_none_is_closed(server: Localtok, pages: Any, text: str) -> None:
    page = await pages(server)
    await page.socket.send_str(text)
    await page.socket.receive()
    await until(lambda: page.socket.closed or page.socket.close_code)
