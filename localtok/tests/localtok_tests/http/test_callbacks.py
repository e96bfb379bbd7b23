"""Callbacks as a product receives them: bodies, signatures, and another try when it did not answer."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import jwt
import pytest

from localtok.http import callbacks
from localtok.process.clock import Clock
from localtok_tests.conftest import Receiver, Sdk, until

SIGNATURE_SECRET = "the signature secret, long enough for HS256"


async def test_it_posts_every_status_of_an_archive(serve: Any, pages: Any, receiver: Receiver) -> None:
    server = await serve(archive_callback_url=receiver.url)
    sdk = Sdk(server.url)
    session_id = await sdk.routed_session()
    await pages(server, session_id)
    archive = await sdk.start_archive(session_id, name="hearing")
    await until(lambda: len(receiver.got) == 2)
    await sdk.stop_archive(archive.id)
    await until(lambda: len(receiver.got) == 4)
    assert [body["status"] for body in receiver.got] == ["started", "paused", "stopped", "available"]
    assert {body["event"] for body in receiver.got} == {"archive"}
    last = receiver.got[-1]
    assert (last["id"], last["name"], last["reason"]) == (archive.id, "hearing", "user initiated")
    assert (last["size"], last["duration"], last["createdAt"] % 1000) == (10, 4, 0)
    assert last["url"].startswith(server.url)


async def test_it_posts_who_comes_and_goes(serve: Any, pages: Any, receiver: Receiver) -> None:
    server = await serve(session_callback_url=receiver.url)
    session_id = await Sdk(server.url).routed_session()
    ann = await pages(server, session_id, data="Ann")
    await ann.publish("camera of Ann")
    await ann.socket.close()
    await until(lambda: len(receiver.got) == 5)
    kinds = [body["event"] for body in receiver.got]
    assert kinds.pop(0) == "sessionCreated"
    assert kinds == ["connectionCreated", "streamCreated", "streamDestroyed", "connectionDestroyed"]
    first = receiver.got.pop(0)
    assert set(first) == {"sessionId", "projectId", "event", "timestamp"}
    assert receiver.got[0]["connection"]["data"] == "Ann"
    assert receiver.got[1]["stream"]["name"] == "camera of Ann"
    assert receiver.got[1]["stream"]["connection"]["id"] == ann.id
    assert receiver.got[3]["reason"] == "clientDisconnected"
    assert {body["sessionId"] for body in receiver.got} == {session_id}


async def test_it_signs_what_it_posts(serve: Any, pages: Any, receiver: Receiver) -> None:
    server = await serve(session_callback_url=receiver.url, callback_secret=SIGNATURE_SECRET)
    await pages(server, await Sdk(server.url).routed_session())
    await until(lambda: receiver.raw)
    header, body = receiver.raw[0]
    claims = jwt.decode(header.removeprefix("Bearer "), SIGNATURE_SECRET, algorithms=["HS256"])
    assert claims["payload_hash"] == hashlib.sha256(body).hexdigest()


async def test_it_tries_again_until_it_is_taken(receiver: Receiver) -> None:
    receiver.refuse = 2
    posting = callbacks.Callbacks(receiver.url, "100", retry_delays_s=(0.01, 0.01))
    posting.begin()
    posting.post({"number": 1})
    await until(lambda: receiver.got == [{"number": 1}])
    await posting.close()


async def test_it_gives_up_in_the_end(receiver: Receiver) -> None:
    receiver.refuse = 2
    posting = callbacks.Callbacks(receiver.url, "100", retry_delays_s=(0.01,))
    posting.begin()
    posting.post({"number": 1})
    await until(lambda: receiver.refuse == 0)
    posting.post({"number": 2})
    await until(lambda: receiver.got == [{"number": 2}])
    await posting.close()


async def test_it_does_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    monkeypatch.setattr(callbacks, "MAX_WAITING", 3)
    posting = callbacks.Callbacks(receiver.url, "100")
    for number in range(5):
        posting.post({"number": number})
    posting.begin()
    await posting.close()
    assert [body["number"] for body in receiver.got] == [0, 1, 2]


async def test_a_day_of_tries_passes_with_the_clock(receiver: Receiver) -> None:
    receiver.refuse = len(callbacks.RETRY_DELAYS_S)
    clock = Clock()
    posting = callbacks.Callbacks(receiver.url, "100", clock=clock)
    posting.begin()
    posting.post({"number": 1})
    tries = receiver.refuse
    for delay_s in callbacks.RETRY_DELAYS_S:
        tries -= 1
        await until(lambda tries=tries: receiver.refuse <= tries)
        assert receiver.got == []
        await asyncio.sleep(0.02)
        clock.advance(delay_s)
    await until(lambda: receiver.got == [{"number": 1}])
    assert 20 * 3600 < sum(callbacks.RETRY_DELAYS_S) <= 24 * 3600
    await posting.close()


async def test_a_reset_waits_for_what_is_on_its_way(serve: Any, pages: Any, receiver: Receiver) -> None:
    receiver.gate.clear()
    server = await serve(session_callback_url=receiver.url)
    await pages(server, await Sdk(server.url).routed_session())
    await until(lambda: receiver.begun)
    reset = asyncio.create_task(server.reset())
    await until(lambda: not list(server.sessions))
    assert not reset.done()
    receiver.gate.set()
    await reset
    assert [event["event"] for event in receiver.got] == ["sessionCreated"]


async def test_a_reset_forgets_what_was_not_taken(serve: Any, pages: Any, receiver: Receiver) -> None:
    receiver.refuse = 1000
    server = await serve(session_callback_url=receiver.url)
    await pages(server, await Sdk(server.url).routed_session())
    await until(lambda: receiver.refuse < 1000)
    await server.reset()
    receiver.refuse = 0
    server.clock.advance(3600)
    await pages(server, await Sdk(server.url).routed_session(), data="after")
    await until(lambda: len(receiver.got) >= 2)
    assert receiver.got[0]["event"] == "sessionCreated"
    assert receiver.got[1]["connection"]["data"] == "after"
