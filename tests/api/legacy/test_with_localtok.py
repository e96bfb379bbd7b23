"""The contract of the system before over real HTTP: web, worker and localtok as processes.

The page is spoken by hand. It publishes in both sessions but sends no media: shapes and order are tested
here, pictures in tests/e2e.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import aiohttp
import jwt
import pytest
import requests

from tests.support.servers.processes import Product

# OpenTok's archive, as localtok and the vendor answer it.
ARCHIVE = {
    "id",
    "name",
    "status",
    "createdAt",
    "duration",
    "url",
    "sessionId",
    "size",
    "reason",
    "outputMode",
}


class BothSessions:
    """A client that is connected to both sessions and publishes in them, until `leave`."""

    def __init__(self, platform_url: str, guest: dict[str, Any]) -> None:
        self._url = platform_url.replace("http", "ws") + "/signalling"
        self._guest = guest
        self._there, self._leave = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._stay()), daemon=True)

    def __enter__(self) -> None:
        self._thread.start()
        assert self._there.wait(20), "the client did not get in"

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._thread.join(20)

    async def _stay(self) -> None:
        async with aiohttp.ClientSession() as http:
            sockets = [await self._publish(http, side) for side in ("primary", "secondary")]
            readers = [asyncio.create_task(self._read(socket)) for socket in sockets]
            self._there.set()
            await asyncio.to_thread(self._leave.wait)
            for socket in sockets:
                await socket.close()
            await asyncio.gather(*readers)

    async def _publish(self, http: aiohttp.ClientSession, side: str) -> aiohttp.ClientWebSocketResponse:
        socket = await http.ws_connect(self._url)
        session, token = self._guest["sessionIds"][side], self._guest["tokens"][side]
        await socket.send_json({"id": 1, "op": "connect", "sessionId": session, "token": token})
        assert "error" not in await socket.receive_json()
        await socket.send_json(
            {
                "id": 2,
                "op": "publish",
                "name": "Ann [ann]",
                "hasAudio": True,
                "hasVideo": True,
                "media": False,
            }
        )
        return socket

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for _ in socket:
            pass


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    delays = dict.fromkeys(
        ("SESSION_JOIN_DELAY", "SESSION_STOP_DELAY_PRIMARY", "SESSION_STOP_DELAY_SECONDARY"), "1"
    )
    product = Product(tmp_path_factory.mktemp("seed"), PLAYER_OFFSET_PRIMARY="3", **delays)
    try:
        product.start()
        yield product
    except BaseException:
        print(product.logs())
        raise
    finally:
        product.stop()


@pytest.fixture(scope="module")
def guest(product: Product) -> dict[str, Any]:
    """What an anonymous page of the seed asks for."""
    paths = ("apiKey", "sessionIds", "tokens", "archives/offset")
    return {path: requests.get(f"{product.url}/{path}", timeout=20).json() for path in paths}


def test_a_guest_gets_what_it_needs_to_join(product: Product, guest: dict[str, Any]) -> None:
    assert guest["apiKey"] == {"apiKey": "100"}
    assert set(guest["sessionIds"]) == set(guest["tokens"]) == {"primary", "secondary"}
    assert guest["archives/offset"] == {"primary": 3, "secondary": 0}
    for side, token in guest["tokens"].items():
        said = jwt.decode(token, product.environment["API_SECRET"], algorithms=["HS256"])
        assert (said["session_id"], said["role"]) == (guest["sessionIds"][side], "publisher")
        assert said["exp"] - said["iat"] == 86_400


def test_a_start_with_nobody_connected_is_409(product: Product, guest: dict[str, Any]) -> None:
    answer = product.http.post("/archives", {"sessionName": "Nobody"})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_clients")


def test_start_restart_stop_and_list(product: Product, guest: dict[str, Any]) -> None:
    http, sessions = product.http, guest["sessionIds"]
    with BothSessions(product.localtok_url, guest):
        first = http.post("/archives", {"sessionName": "Hearing"})
        assert first.status_code == 200, first.text
        assert set(first.json()) >= ARCHIVE
        assert (first.json()["name"], first.json()["status"]) == ("Hearing", "started")

        second = http.post(f"/archives/{first.json()['id']}/restart", {"sessionName": "Hearing"})
        assert second.status_code == 200, second.text
        assert set(second.json()) >= ARCHIVE
        assert second.json()["sessionId"] == sessions["primary"]
        assert second.json()["id"] != first.json()["id"]

        stopped = http.post(f"/archives/{second.json()['id']}/stop")
        assert stopped.status_code == 200, stopped.text
        assert (stopped.json()["id"], stopped.json()["status"] != "started") == (second.json()["id"], True)

    listed = http.get("/archives?name=Hearing").json()
    assert [archive["sessionId"] for archive in listed] == [
        sessions["primary"], sessions["secondary"], sessions["primary"],
    ]  # fmt: skip
    assert [archive["createdAt"] for archive in listed] == sorted(a["createdAt"] for a in listed)
    assert all(set(archive) >= ARCHIVE for archive in listed)
