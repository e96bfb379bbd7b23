"""The clock that a test moves, what befalls sessions by order, and who may order it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import requests

from localtok.archives.archive import Archive, Status
from localtok.server import Localtok
from localtok_tests.conftest import Receiver, Sdk, StubRecorder, until
from localtok_tests.faults.test_faults import control, order


@pytest.fixture
async def monitored(receiver: Receiver, serve: Any) -> Localtok:
    return await serve(session_callback_url=receiver.url, grace_s=0.5)


@pytest.fixture
async def session_id(monitored: Localtok) -> str:
    return await Sdk(monitored.url).routed_session()


@pytest.fixture
async def ann(monitored: Localtok, session_id: str, pages: Any) -> Any:
    return await pages(monitored, session_id, data="Ann")


async def record(server: Localtok, session_id: str, ann: Any) -> Archive:
    await ann.publish("Ann")
    started, _ = await asyncio.gather(Sdk(server.url).start_archive(session_id), ann.be_recorded())
    return server.archiving.get(started.id)


async def test_four_hours_pass_in_a_moment(monitored: Localtok, session_id: str, ann: Any) -> None:
    archive = await record(monitored, session_id, ann)
    before = (await control(monitored, "GET", "clock")).json()["now_ms"]
    after = (await control(monitored, "POST", "clock", {"advance_s": 4 * 3600})).json()["now_ms"]
    assert after - before >= 4 * 3600 * 1000
    assert not archive.live
    assert archive.reason == "maximum duration exceeded"
    await until(lambda: archive.status == Status.AVAILABLE)
    await control(monitored, "POST", "clock", {"advance_s": 72 * 3600})
    assert archive.status == Status.EXPIRED


@pytest.mark.parametrize("body", [{}, {"advance_s": -1}, {"advance_s": "1"}, {"advance_s": True}, []])
async def test_the_clock_refuses_what_is_no_time(monitored: Localtok, body: Any) -> None:
    assert (await control(monitored, "POST", "clock", body)).status_code == 400


async def test_an_archiver_crashes(monitored: Localtok, session_id: str, ann: Any) -> None:
    archive = await record(monitored, session_id, ann)
    await order(monitored, event="archiverCrash", archive=archive.id)
    assert (archive.status, archive.reason) == (Status.FAILED, "failure")
    again = await control(monitored, "POST", "faults", {"event": "archiverCrash", "archive": archive.id})
    assert again.status_code == 409


async def test_a_lost_network_comes_back(monitored: Localtok, session_id: str, ann: Any, pages: Any) -> None:
    await record(monitored, session_id, ann)
    [stream_id] = StubRecorder.made[0].attached
    await order(monitored, event="networkLost", connection=ann.id, seconds=0.2)
    await until(lambda: not StubRecorder.made[0].attached)
    back = await until_resumed(monitored, ann, pages)
    await back.be_recorded()
    await until(lambda: stream_id in StubRecorder.made[0].attached)
    assert ann.id in monitored.sessions.find(session_id).connections  # type: ignore[union-attr]


async def until_resumed(server: Localtok, page: Any, pages: Any) -> Any:
    """A new socket that takes over the page's connection; refused while its network is lost."""
    refusals = 0
    async with asyncio.timeout(5):
        while True:
            back = await pages(server)
            greeting = {"connectionId": page.id, "resumeKey": page.welcome["resumeKey"], "seen": page.seen}
            answer = await back.request("resume", **greeting)
            if "error" not in answer:
                assert refusals
                return back
            assert answer["error"]["name"] == "OT_CONNECT_FAILED"
            refusals += 1
            await asyncio.sleep(0.02)


async def test_a_network_lost_for_longer_ends_the_connection(
    monitored: Localtok, session_id: str, ann: Any, receiver: Receiver
) -> None:
    await order(monitored, event="networkLost", connection=ann.id, seconds=30)
    await until(lambda: "connectionDestroyed" in [body["event"] for body in receiver.got])
    assert receiver.got[-1]["reason"] == "networkDisconnected"


async def test_a_server_is_rotated_after_its_notices(
    monitored: Localtok, session_id: str, ann: Any, receiver: Receiver
) -> None:
    archive = await record(monitored, session_id, ann)

    def told() -> list[str]:
        return [body["event"] for body in receiver.got if body["event"].startswith("session")]

    await order(monitored, event="serverRotation", session=session_id, in_s=2 * 3600, migrate=False)
    for passed_s, expected in ((3590, 0), (20, 1), (3590, 1)):
        await control(monitored, "POST", "clock", {"advance_s": passed_s})
        expected_events = ["sessionCreated"] + ["sessionNotification"] * expected
        if passed_s != 3590 or not expected:
            await until(lambda expected_events=expected_events: told() == expected_events)
            assert archive.live
    await until(lambda: told()[-1] == "sessionDestroyed")
    assert archive.reason == "session ended"
    destroyed = next(body for body in receiver.got if body["event"] == "sessionDestroyed")
    assert destroyed["reason"] == "serverRotation"
    assert (await ann.event("sessionDisconnected"))["reason"] == "networkDisconnected"


async def test_a_migrated_page_keeps_its_connection(
    monitored: Localtok, session_id: str, ann: Any, pages: Any, receiver: Receiver
) -> None:
    await order(monitored, event="serverRotation", session=session_id)
    await until(lambda: "sessionDestroyed" in [body["event"] for body in receiver.got])
    assert [body["event"] for body in receiver.got].count("sessionNotification") == 2
    back = await pages(monitored)
    greeting = {"connectionId": ann.id, "resumeKey": ann.welcome["resumeKey"], "seen": ann.seen}
    assert "error" not in await back.request("resume", **greeting)


async def test_an_empty_session_ends_after_a_minute(
    monitored: Localtok, session_id: str, ann: Any, receiver: Receiver
) -> None:
    await ann.socket.close()
    await until(lambda: receiver.got[-1]["event"] == "connectionDestroyed")
    await control(monitored, "POST", "clock", {"advance_s": 60})
    await until(lambda: receiver.got[-1]["event"] == "sessionDestroyed")


async def test_a_reset_forgets_everything(
    monitored: Localtok, session_id: str, ann: Any, pages: Any, serve: Any
) -> None:
    archive = await record(monitored, session_id, ann)
    await control(monitored, "POST", "clock", {"advance_s": 100})
    await order(monitored, call="*", status=500, share=1)
    assert (await control(monitored, "POST", "reset", {})).status_code == 204
    assert (await ann.event("sessionDisconnected"))["reason"] == "networkDisconnected"
    sdk = Sdk(monitored.url)
    assert (await sdk.get_archives()).count == 0
    assert not monitored.store.media_path(archive.id).exists()
    assert list(monitored.store.load("archives")) == list(monitored.store.load("sessions")) == []
    assert (await (await pages(monitored)).connect(session_id, sdk.token(session_id)))["error"]


@pytest.mark.parametrize(
    ("options", "status"),
    [({}, 200), ({"test_controls": False}, 403), ({"host": "0.0.0.0"}, 403)],  # noqa: S104
)
async def test_who_reaches_it_from_afar_needs_the_switch(serve: Any, options: Any, status: int) -> None:
    server = await serve(**options)
    assert (await control(server, "GET", "clock")).status_code == status


async def test_a_page_of_another_site_cannot_order_anything(server: Localtok) -> None:
    url = f"{server.url}/_localtok/clock"
    form = await asyncio.to_thread(requests.post, url, data='{"advance_s": 1}', timeout=5)
    assert form.status_code == 400
    asked = await asyncio.to_thread(requests.options, url, timeout=5)
    assert "Access-Control-Allow-Origin" not in asked.headers
