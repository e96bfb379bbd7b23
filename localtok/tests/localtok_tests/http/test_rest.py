"""The REST calls through the vendor's own SDK over real HTTP: results by its classes, errors by its types."""

from __future__ import annotations

import asyncio
from typing import Any

import opentok
import pytest
import requests
from opentok.exceptions import (
    ArchiveError,
    AuthError,
    ForceDisconnectError,
    GetStreamError,
    NotFoundError,
    RequestError,
)

from localtok.archives.archive import Status
from localtok.server import Localtok
from localtok_tests.conftest import KEY, Sdk, StubRecorder, call, until


async def test_it_creates_sessions_that_carry_the_key(sdk: Sdk) -> None:
    session = await sdk.create_session(media_mode=opentok.MediaModes.routed)
    assert session.session_id.startswith("2_")
    assert sdk.token(session.session_id).count(".") == 2


async def test_it_answers_a_session_as_an_array_of_plain_json(server: Localtok) -> None:
    response = await call(server, "POST", "/session/create", data={"p2p.preference": "disabled"})
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()[0]["project_id"] == KEY


@pytest.mark.parametrize(
    ("key", "secret"), [(KEY, "another secret, long enough for HS256 too"), ("101", None)]
)
async def test_it_refuses_other_projects(server: Localtok, key: str, secret: str | None) -> None:
    with pytest.raises(AuthError):
        await Sdk(server.url, key, secret or server.project.secret).get_archives()


async def test_it_refuses_a_call_without_a_token(server: Localtok, session_id: str) -> None:
    answer = await asyncio.to_thread(requests.get, f"{server.url}/v2/project/{KEY}/archive", timeout=10)
    assert answer.status_code == 403
    assert set(answer.json()) == {"code", "message", "description"}


async def test_it_starts_stops_lists_and_deletes_an_archive(
    sdk: Sdk, server: Localtok, session_id: str, ann: Any
) -> None:
    started = await sdk.start_archive(session_id, name="hearing", resolution="1280x720")
    assert (started.status, started.name, started.resolution) == ("started", "hearing", "1280x720")
    assert (started.session_id, started.duration, started.url) == (session_id, 0, None)
    assert (await sdk.stop_archive(started.id)).status == "stopped"
    await until(lambda: server.archiving.get(started.id).status == Status.AVAILABLE)
    got = await sdk.get_archive(started.id)
    assert (got.status, got.duration, got.size) == ("available", 4, 10)
    assert [archive.id for archive in await sdk.get_archives(session_id=session_id)] == [started.id]
    await sdk.delete_archive(started.id)
    assert len(await sdk.get_archives()) == 0
    assert not server.store.media_path(started.id).exists()


async def test_it_serves_the_file_with_ranges_by_a_signed_link(
    sdk: Sdk, server: Localtok, session_id: str, ann: Any
) -> None:
    archive = await sdk.start_archive(session_id)
    await sdk.stop_archive(archive.id)
    await until(lambda: server.archiving.get(archive.id).status == Status.AVAILABLE)
    url = (await sdk.get_archive(archive.id)).url.removeprefix(server.url)
    part = await call(server, "GET", url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["Access-Control-Allow-Origin"] == "*"
    forged = url.replace("expires=", "expires=9")
    assert (await call(server, "GET", forged)).status_code == 403
    server.clock.advance(601)
    assert (await call(server, "GET", url)).status_code == 403
    fresh = (await sdk.get_archive(archive.id)).url.removeprefix(server.url)
    assert (await call(server, "GET", fresh)).status_code == 200


async def test_it_lists_newest_first_by_offset_and_count(sdk: Sdk, session_id: str, ann: Any) -> None:
    ids = [(await sdk.start_archive(session_id, multi_archive_tag=str(n))).id for n in range(3)]
    page = await sdk.get_archives(offset=1, count=1)
    assert (page.count, [archive.id for archive in page]) == (3, [ids[1]])
    assert (await sdk.get_archives(session_id="another")).count == 0


async def test_it_refuses_an_archive_of_a_session_with_nobody_in_it(sdk: Sdk, session_id: str) -> None:
    with pytest.raises(RequestError, match="No clients are actively connected"):
        await sdk.start_archive(session_id)


async def test_it_refuses_an_archive_of_an_unknown_session(sdk: Sdk) -> None:
    with pytest.raises(NotFoundError):
        await sdk.start_archive("2_nothing")


async def test_it_refuses_a_relayed_session(sdk: Sdk, server: Localtok, pages: Any) -> None:
    relayed = (await sdk.create_session()).session_id
    await pages(server, relayed)
    with pytest.raises(ArchiveError, match="routed"):
        await sdk.start_archive(relayed)


async def test_it_records_one_archive_at_a_time_unless_tagged(sdk: Sdk, session_id: str, ann: Any) -> None:
    alone = await sdk.start_archive(session_id)
    for tag in (None, "first"):
        with pytest.raises(ArchiveError, match="already in progress"):
            await sdk.start_archive(session_id, multi_archive_tag=tag)
    await sdk.stop_archive(alone.id)
    await sdk.start_archive(session_id, multi_archive_tag="first")
    await sdk.start_archive(session_id, multi_archive_tag="second")
    with pytest.raises(ArchiveError, match="second"):
        await sdk.start_archive(session_id, multi_archive_tag="second")


async def test_it_starts_again_at_once_after_a_stop(sdk: Sdk, session_id: str, ann: Any) -> None:
    first = await sdk.start_archive(session_id)
    await sdk.stop_archive(first.id)
    assert (await sdk.start_archive(session_id)).id != first.id


async def test_it_refuses_to_stop_what_is_over(sdk: Sdk, server: Localtok, session_id: str, ann: Any) -> None:
    archive = await sdk.start_archive(session_id)
    await sdk.stop_archive(archive.id)
    await until(lambda: server.archiving.get(archive.id).status == Status.AVAILABLE)
    with pytest.raises(ArchiveError):
        await sdk.stop_archive(archive.id)
    response = await call(server, "POST", f"/v2/project/{KEY}/archive/{archive.id}/stop")
    assert (response.status_code, response.json()["code"]) == (409, 15002)


async def test_it_refuses_to_delete_what_records(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any
) -> None:
    archive = await sdk.start_archive(session_id)
    response = await call(server, "DELETE", f"/v2/project/{KEY}/archive/{archive.id}")
    assert (response.status_code, response.json()["code"]) == (409, 15004)


@pytest.mark.parametrize("verb", ["get_archive", "stop_archive", "delete_archive"])
async def test_it_does_not_know_an_unknown_archive(sdk: Sdk, verb: str) -> None:
    with pytest.raises(NotFoundError):
        await getattr(sdk, verb)("nothing")


@pytest.mark.parametrize(
    "options",
    [
        {"resolution": "100x100"},
        {"hasAudio": False, "hasVideo": False},
        {"layout": {"type": "circle"}},
        {"name": 7},
        {"maxBitrate": 7},
        {"hasAudio": "yes"},
        {"outputMode": "loose"},
    ],
)
async def test_it_refuses_wrong_options(
    server: Localtok, session_id: str, ann: Any, options: dict[str, Any]
) -> None:
    body = {"sessionId": session_id, **options}
    response = await call(server, "POST", f"/v2/project/{KEY}/archive", json=body)
    assert response.status_code == 400
    assert response.json()["message"]


@pytest.mark.parametrize("body", ["", "[]", "nothing", "{}"])
async def test_it_refuses_a_start_that_is_not_readable(server: Localtok, body: str) -> None:
    assert (await call(server, "POST", f"/v2/project/{KEY}/archive", data=body)).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "missing"),
    [
        ("POST", f"/v2/project/{KEY}/broadcast", "live streaming"),
        ("POST", f"/v2/project/{KEY}/dial", "SIP"),
        ("POST", f"/v2/project/{KEY}/captions", "captions"),
        ("DELETE", "/somewhere/else", ""),
    ],
)
async def test_it_names_what_it_does_not_have(server: Localtok, method: str, path: str, missing: str) -> None:
    response = await call(server, method, path)
    assert response.status_code == 501
    assert path in response.json()["message"]
    assert missing in response.json()["message"]


async def test_it_fails_the_archive_when_the_recorder_cannot_start(
    sdk: Sdk, server: Localtok, session_id: str, ann: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StubRecorder, "fails_to_start", True)
    with pytest.raises(RequestError):
        await sdk.start_archive(session_id)
    [archive] = server.archives
    assert (archive.status, archive.reason) == (Status.FAILED, "failure")


async def test_it_signals_everybody(
    sdk: Sdk, server: Localtok, session_id: str, ann: Any, pages: Any
) -> None:
    ben = await pages(server, session_id)
    await sdk.send_signal(session_id, {"type": "join", "data": "now"})
    for page in (ann, ben):
        signal = await page.event("signal")
        assert (signal["type"], signal["data"], signal["from"]) == ("join", "now", None)


async def test_it_signals_one_connection_alone(
    sdk: Sdk, server: Localtok, session_id: str, ann: Any, pages: Any
) -> None:
    ben = await pages(server, session_id)
    await sdk.send_signal(session_id, {"type": "one", "data": ""}, ann.id)
    await sdk.send_signal(session_id, {"type": "all", "data": ""})
    assert (await ann.event("signal"))["type"] == "one"
    assert (await ben.event("signal"))["type"] == "all"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "x" * 128, "data": "y" * 8192}, 204),
        ({"type": "x" * 129, "data": ""}, 413),
        ({"type": "é" * 65, "data": ""}, 413),
        ({"type": "", "data": "y" * 8193}, 413),
        ({"type": 1, "data": ""}, 400),
    ],
)
async def test_it_limits_signals(
    server: Localtok, session_id: str, ann: Any, body: dict[str, Any], status: int
) -> None:
    path = f"/v2/project/{KEY}/session/{session_id}/signal"
    assert (await call(server, "POST", path, json=body)).status_code == status


async def test_it_does_not_signal_who_is_not_there(sdk: Sdk, session_id: str) -> None:
    with pytest.raises(RequestError):  # the SDK makes one generic error of every 4xx here
        await sdk.send_signal(session_id, {"type": "a", "data": "b"}, "nobody")


async def test_it_lists_streams(sdk: Sdk, session_id: str, ann: Any) -> None:
    stream_id = await ann.publish("Ann [1]")
    streams = await sdk.list_streams(session_id)
    assert [(s.id, s.name, s.videoType, s.layoutClassList) for s in streams] == [
        (stream_id, "Ann [1]", "camera", [])
    ]
    assert (await sdk.get_stream(session_id, stream_id)).name == "Ann [1]"
    with pytest.raises(GetStreamError):
        await sdk.get_stream(session_id, "nothing")


async def test_it_disconnects_by_force(sdk: Sdk, session_id: str, ann: Any) -> None:
    await sdk.force_disconnect(session_id, ann.id)
    assert (await ann.event("sessionDisconnected"))["reason"] == "forceDisconnected"
    with pytest.raises(ForceDisconnectError):
        await sdk.force_disconnect(session_id, ann.id)


async def test_it_lets_pages_of_other_origins_call(server: Localtok) -> None:
    response = await call(server, "OPTIONS", "/session/create")
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (204, "*")


async def test_it_serves_the_client_script_under_both_names(server: Localtok) -> None:
    scripts = [(await call(server, "GET", f"/v2/js/opentok{name}.js")) for name in ("", ".min")]
    assert scripts[0].text == scripts[1].text
    assert "Object.assign(window, { OT, TB: OT });" in scripts[0].text
