"""The socket that pages are connected by, spoken by hand."""

from __future__ import annotations

from typing import Any

import opentok
import pytest

from localtok.server import Localtok
from localtok_tests.conftest import Sdk, until


@pytest.fixture
async def ben(server: Localtok, session_id: str, ann: Any, pages: Any) -> Any:
    return await pages(server, session_id, data="Ben")


async def test_who_connects_hears_who_is_there_and_others_hear_of_it(ann: Any, ben: Any) -> None:
    assert [connection["data"] for connection in ben.welcome["connections"]] == ["Ann"]
    assert (await ann.event("connectionCreated"))["connection"]["data"] == "Ben"


@pytest.mark.parametrize(
    ("session", "token", "error"),
    [
        ("2_unknown", "", "OT_INVALID_SESSION_ID"),
        ("", "", "OT_INVALID_SESSION_ID"),
        (None, "", "OT_AUTHENTICATION_ERROR"),
        (None, "nothing", "OT_AUTHENTICATION_ERROR"),
        (None, "T1==nothing", "OT_AUTHENTICATION_ERROR"),
    ],
)
async def test_it_refuses_who_may_not_come_in(
    server: Localtok, session_id: str, pages: Any, session: str | None, token: str, error: str
) -> None:
    page = await pages(server)
    answer = await page.connect(session_id if session is None else session, token)
    assert answer["error"]["name"] == error


async def test_it_closes_a_socket_that_does_not_introduce_itself(server: Localtok, pages: Any) -> None:
    page = await pages(server)
    await page.socket.send_str("hello")
    assert (await page.socket.receive(timeout=10)).data in (None, 1000)


async def test_a_stream_is_announced_changed_and_ended(ann: Any, ben: Any) -> None:
    stream_id = await ann.publish("camera")
    assert (await ben.event("streamCreated"))["stream"]["id"] == stream_id
    await ann.request("update", streamId=stream_id, hasVideo=False)
    assert (await ben.event("streamPropertyChanged"))["stream"]["hasVideo"] is False
    await ann.request("unpublish", streamId=stream_id)
    assert (await ben.event("streamDestroyed"))["reason"] == "unpublished"


async def test_a_publish_sent_twice_makes_one_stream(ann: Any) -> None:
    assert await ann.publish(key="k") == await ann.publish(key="k")
    assert await ann.publish(key="other") != await ann.publish(key="k")


async def test_it_carries_offers_and_answers_between_two_pages(ann: Any, ben: Any) -> None:
    stream_id = await ann.publish()
    await ben.request("subscribe", streamId=stream_id, peer="p")
    wanted = await ann.event("subscribe")
    assert (wanted["peer"], wanted["from"]) == ("p", ben.id)
    await ann.request("relay", to=ben.id, peer="p", body={"type": "offer", "sdp": "v=0"})
    assert (await ben.event("relay"))["body"] == {"type": "offer", "sdp": "v=0"}


async def test_it_adds_an_address_to_a_hidden_candidate(ann: Any, ben: Any) -> None:
    hidden = "candidate:1 1 udp 1 01234567-89ab-cdef-0123-456789abcdef.local 5000 typ host"
    await ann.request("relay", to=ben.id, peer="p", body={"candidate": hidden})
    assert (await ben.event("relay"))["body"]["candidate"] == hidden
    assert " 127.0.0.1 5000 " in (await ben.event("relay"))["body"]["candidate"]


async def test_it_signals_all_or_one(ann: Any, ben: Any) -> None:
    await ann.request("signal", type="all", data="1")
    assert (await ann.event("signal"))["from"] == ann.id
    assert (await ben.event("signal"))["type"] == "all"
    await ann.request("signal", type="one", data="2", to=ben.id)
    await ann.request("signal", type="after", data="3")
    assert (await ben.event("signal"))["type"] == "one"
    assert (await ann.event("signal"))["type"] == "after"


@pytest.mark.parametrize(
    ("role", "op", "body"),
    [
        (opentok.Roles.subscriber, "publish", {}),
        (opentok.Roles.publisher_only, "signal", {"type": "a", "data": "b"}),
        (opentok.Roles.publisher_only, "subscribe", {"streamId": "s", "peer": "p"}),
        (opentok.Roles.publisher, "forceDisconnect", {"connectionId": "c"}),
        (opentok.Roles.publisher, "forceUnpublish", {"streamId": "s"}),
    ],
)
async def test_a_role_limits_what_a_page_may_do(
    server: Localtok, session_id: str, pages: Any, role: Any, op: str, body: dict[str, Any]
) -> None:
    page = await pages(server, session_id, role=role)
    assert (await page.request(op, **body))["error"]["name"] == "OT_PERMISSION_DENIED"


async def test_nobody_touches_the_stream_of_another(ann: Any, ben: Any) -> None:
    stream_id = await ann.publish()
    for op in ("unpublish", "update"):
        answer = await ben.request(op, streamId=stream_id)
        assert answer["error"]["name"] == "OT_PERMISSION_DENIED"


async def test_a_moderator_disconnects_others(
    server: Localtok, session_id: str, ann: Any, pages: Any
) -> None:
    moderator = await pages(server, session_id, role=opentok.Roles.moderator)
    await moderator.request("forceDisconnect", connectionId=ann.id)
    assert (await ann.event("sessionDisconnected"))["reason"] == "forceDisconnected"
    assert (await moderator.event("connectionDestroyed"))["reason"] == "forceDisconnected"


@pytest.mark.parametrize(
    ("op", "body"),
    [
        ("dance", {}),
        ("relay", {}),
        ("relay", {"to": "nobody", "peer": "p", "body": {}}),
        ("update", {"streamId": ["x"]}),
        ("signal", {"type": 1}),
        ("signal", {"type": "x" * 129}),
        ("publish", {"videoDimensions": "large"}),
    ],
)
async def test_a_wrong_message_is_refused_and_the_page_stays(ann: Any, op: str, body: dict[str, Any]) -> None:
    assert "error" in await ann.request(op, **body)
    assert "error" not in await ann.request("ping")


async def test_a_page_that_leaves_is_gone_at_once(ann: Any, ben: Any) -> None:
    await ann.publish()
    await ann.socket.close()
    assert (await ben.event("streamDestroyed"))["reason"] == "clientDisconnected"
    assert (await ben.event("connectionDestroyed"))["reason"] == "clientDisconnected"


async def test_a_lost_page_keeps_its_place_and_misses_nothing(
    server: Localtok, ann: Any, ben: Any, pages: Any
) -> None:
    stream_id = await ann.publish()
    seen = ann.seen
    cut(ann)
    await until(lambda: server.hub._peers[ann.id].grace)
    await ben.request("signal", type="meanwhile", data="1")
    again = await pages(server)
    resume = {"connectionId": ann.id, "resumeKey": ann.welcome["resumeKey"], "seen": seen}
    assert "error" not in await again.request("resume", **resume)
    assert (await again.event("signal"))["type"] == "meanwhile"
    session = server.sessions.find(server.hub._peers[ann.id].connection.session_id)
    assert session is not None
    assert stream_id in session.streams


async def test_a_lost_page_that_stays_away_is_gone(serve: Any, pages: Any) -> None:
    server = await serve(grace_s=0.05)
    session_id = await Sdk(server.url).routed_session()
    ann, ben = await pages(server, session_id), await pages(server, session_id)
    cut(ann)
    assert (await ben.event("connectionDestroyed"))["reason"] == "networkDisconnected"
    again = await pages(server)
    resume = {"connectionId": ann.id, "resumeKey": ann.welcome["resumeKey"], "seen": 0}
    assert (await again.request("resume", **resume))["error"]["name"] == "OT_NOT_CONNECTED"


async def test_nobody_resumes_the_connection_of_another(server: Localtok, ann: Any, pages: Any) -> None:
    thief = await pages(server)
    answer = await thief.request("resume", connectionId=ann.id, resumeKey="guessed", seen=0)
    assert answer["error"]["name"] == "OT_NOT_CONNECTED"
    assert "error" not in await ann.request("ping")


async def test_who_connects_late_hears_of_a_running_archive(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any, pages: Any
) -> None:
    archive = await sdk.start_archive(session_id, name="hearing")
    late = await pages(server, session_id)
    assert late.welcome["archives"] == [{"id": archive.id, "name": "hearing"}]
    await sdk.stop_archive(archive.id)
    assert (await late.event("archiveStopped"))["archive"]["id"] == archive.id


async def test_a_page_that_reads_nothing_does_not_fill_the_memory(
    server: Localtok, session_id: str, ann: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = server.hub._peers[ann.id]
    cut(ann)
    await until(lambda: peer.grace)
    for _ in range(600):
        server.hub.broadcast(session_id, {"event": "signal", "type": "", "data": "", "from": None})
    assert ann.id not in server.hub._peers


def cut(page: Any) -> None:
    """Ends the page's network without a good-bye."""
    page.socket._response.connection.transport.abort()
