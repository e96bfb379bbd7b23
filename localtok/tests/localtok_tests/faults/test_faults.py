"""Faults to order on calls and callbacks, as a product meets them."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest
import requests
from opentok.exceptions import RequestError

from localtok.faults.rules import Faults
from localtok.server import Localtok
from localtok_tests.conftest import KEY, Receiver, Sdk, until

ARCHIVES = f"/v2/project/{KEY}/archive"
SIGNATURE_SECRET = "the signature secret, long enough for HS256"


async def control(server: Localtok, method: str, path: str, body: Any = None) -> requests.Response:
    url = f"{server.url}/_localtok/{path}"
    return await asyncio.to_thread(requests.request, method, url, json=body, timeout=10)


async def order(server: Localtok, **fault: Any) -> None:
    assert (await control(server, "POST", "faults", fault)).status_code == 200


async def call(server: Localtok, sdk: Sdk, method: str = "GET", path: str = ARCHIVES, **more: Any) -> Any:
    headers = sdk.client.get_headers()
    url = server.url + path
    return await asyncio.to_thread(requests.request, method, url, headers=headers, timeout=5, **more)


async def test_the_next_calls_fail_and_then_no_more(server: Localtok, sdk: Sdk) -> None:
    await order(server, call="listArchives", status=503, next=2)
    assert [(await call(server, sdk)).status_code for _ in range(3)] == [503, 503, 200]
    [rule] = (await control(server, "GET", "faults")).json()["rules"]
    assert (rule["seen"], rule["struck"], rule["left"]) == (2, 2, 0)


async def test_a_path_chooses_too(server: Localtok, sdk: Sdk) -> None:
    await order(server, path="^GET .*/archive/x$", status=500)
    assert (await call(server, sdk)).status_code == 200
    assert (await call(server, sdk, path=f"{ARCHIVES}/x")).status_code == 500


def test_a_share_of_calls_fails_alike_for_one_seed() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults()
        faults.add({"call": "*", "status": 500, "share": 0.5, "seed": seed}, [])
        return [bool(faults.for_call("getArchive", "GET", "/")) for _ in range(40)]

    assert struck(1) == struck(1) != struck(2)
    assert 10 < sum(struck(1)) < 30


async def test_a_cut_call_has_not_acted(server: Localtok, sdk: Sdk) -> None:
    await order(server, call="createSession", cut=True)
    with pytest.raises(RequestError, match="aborted"):
        await sdk.create_session()
    assert list(server.sessions) == []


async def test_a_lost_reply_is_of_a_call_that_acted(server: Localtok, sdk: Sdk) -> None:
    await order(server, call="createSession", lose_reply=True)
    with pytest.raises(RequestError, match="aborted"):
        await sdk.create_session()
    assert len(list(server.sessions)) == 1


async def test_a_malformed_reply_is_no_json(server: Localtok, sdk: Sdk) -> None:
    await order(server, call="listArchives", malformed=True)
    with pytest.raises(ValueError, match=r".+"):
        (await call(server, sdk)).json()


async def test_a_slow_reply_is_slow(server: Localtok, sdk: Sdk) -> None:
    await order(server, call="listArchives", latency_ms=1000)
    with pytest.raises(requests.ReadTimeout):
        await asyncio.to_thread(
            requests.get, server.url + ARCHIVES, headers=sdk.client.get_headers(), timeout=0.2
        )


async def test_faults_are_cleared(server: Localtok, sdk: Sdk) -> None:
    await order(server, call="*", status=500, share=1)
    assert (await control(server, "DELETE", "faults")).json() == {"cleared": 1}
    assert (await call(server, sdk)).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {},
        [],
        {"call": "listArchives"},
        {"call": "fly", "status": 500},
        {"call": "*", "status": 200},
        {"call": "*", "status": 500, "share": 2},
        {"call": "*", "status": 500, "next": 0},
        {"call": "*", "status": 500, "when": "now"},
        {"path": "(", "status": 500},
        {"callback": "mail", "lost": True},
        {"callback": "archive", "status": 500},
        {"event": "earthquake"},
        {"event": "archiverCrash"},
        {"faults": [{"call": "*", "status": 500}, {"call": "fly", "status": 500}]},
    ],
)
async def test_it_refuses_a_fault_that_is_none(server: Localtok, fault: Any) -> None:
    response = await control(server, "POST", "faults", fault)
    assert response.status_code == 400
    assert response.json()["message"]
    assert server.faults.describe() == []


@pytest.fixture
async def monitored(receiver: Receiver, serve: Any) -> Localtok:
    return await serve(session_callback_url=receiver.url, callback_secret=SIGNATURE_SECRET)


async def come(server: Localtok, pages: Any) -> list[str]:
    """Two pages connect; the callbacks that this would give in peace."""
    session_id = await Sdk(server.url).routed_session()
    for name in ("Ann", "Ben"):
        await pages(server, session_id, data=name)
    return ["sessionCreated", "connectionCreated", "connectionCreated"]


def kinds(receiver: Receiver) -> list[str]:
    return [body["event"] for body in receiver.got]


async def test_a_callback_is_lost(monitored: Localtok, pages: Any, receiver: Receiver) -> None:
    await order(monitored, callback="session", event="sessionCreated", lost=True)
    peace = await come(monitored, pages)
    await until(lambda: len(receiver.got) == 2)
    assert kinds(receiver) == peace[1:]


async def test_a_callback_comes_twice(monitored: Localtok, pages: Any, receiver: Receiver) -> None:
    await order(monitored, callback="*", event="sessionCreated", doubled=True)
    await come(monitored, pages)
    await until(lambda: len(receiver.got) == 4)
    assert kinds(receiver).count("sessionCreated") == 2


async def test_a_callback_is_overtaken(monitored: Localtok, pages: Any, receiver: Receiver) -> None:
    await order(monitored, callback="session", event="sessionCreated", reordered=True)
    await come(monitored, pages)
    await until(lambda: len(receiver.got) == 3)
    assert kinds(receiver) == ["connectionCreated", "sessionCreated", "connectionCreated"]


async def test_a_callback_comes_late(monitored: Localtok, pages: Any, receiver: Receiver) -> None:
    await order(monitored, callback="session", event="sessionCreated", delay_ms=200)
    await come(monitored, pages)
    await until(lambda: len(receiver.got) == 3)
    assert kinds(receiver)[-1] == "sessionCreated"


async def test_a_callback_is_badly_signed(monitored: Localtok, pages: Any, receiver: Receiver) -> None:
    await order(monitored, callback="session", event="sessionCreated", badly_signed=True)
    await come(monitored, pages)
    await until(lambda: len(receiver.raw) == 3)
    forged, honest = (header.removeprefix("Bearer ") for header, _ in receiver.raw[:2])
    assert jwt.decode(honest, SIGNATURE_SECRET, algorithms=["HS256"])
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(forged, SIGNATURE_SECRET, algorithms=["HS256"])


async def test_a_recorder_that_is_late_asks_for_one_stream_later(
    server: Localtok, sdk: Sdk, pages: Any, session_id: str
) -> None:
    await order(server, recorder="^Ben", late_ms=700)
    ann, ben = await pages(server, session_id), await pages(server, session_id)
    await ann.publish("Ann")
    await ben.publish("Ben")
    starting = asyncio.create_task(sdk.start_archive(session_id))
    await ann.be_recorded()
    [archive] = server.archiving.live_in(session_id)
    await until(lambda: archive.status == "started")
    assert not any(each["event"] == "record" for each in ben.events)
    await ben.be_recorded()
    assert (await starting).status == "started"
    [rule] = (await control(server, "GET", "faults")).json()["rules"]
    assert (rule["struck"], rule["left"]) == (1, 0)


async def test_a_recorder_has_no_other_faults(server: Localtok) -> None:
    refused = await control(server, "POST", "faults", {"recorder": "Ben", "status": 500})
    assert (refused.status_code, "status" in refused.text) == (400, True)
    refused = await control(server, "POST", "faults", {"recorder": "(", "late_ms": 5})
    assert (refused.status_code, "regular expression" in refused.text) == (400, True)
