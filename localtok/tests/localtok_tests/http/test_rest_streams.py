"""Manual stream mode, layouts, layout classes, muting and lists of connections, through the SDK."""

from __future__ import annotations

import asyncio
from typing import Any

import opentok
import pytest
from opentok.exceptions import ArchiveError, NotFoundError, RequestError
from opentok.opentok import OpenTokException, StreamModes

from localtok.recording.compose.presentation import Layout
from localtok.server import Localtok
from localtok_tests.conftest import KEY, Sdk, StubRecorder, call, until


async def manual_archive(sdk: Sdk, session_id: str) -> Any:
    return await sdk.start_archive(session_id, stream_mode=StreamModes.manual)


async def test_only_chosen_streams_are_recorded(
    sdk: Sdk, server: Localtok, session_id: str, ann: Any
) -> None:
    first, second = await ann.publish("camera"), await ann.publish("screen", key="2")
    archive = await manual_archive(sdk, session_id)
    assert (archive.stream_mode, archive.streams) == ("manual", [])
    await sdk.add_archive_stream(archive.id, second, has_audio=False)
    await ann.be_recorded()
    recorder = StubRecorder.made[0]
    await until(lambda: second in recorder.attached)
    assert first not in recorder.attached
    assert (recorder.attached[second].has_audio, recorder.attached[second].has_video) == (False, True)
    chosen = (await sdk.get_archive(archive.id)).streams
    assert chosen == [{"streamId": second, "hasAudio": False, "hasVideo": True}]
    await sdk.remove_archive_stream(archive.id, second)
    await until(lambda: not recorder.attached)
    assert (await sdk.get_archive(archive.id)).streams == []


async def test_a_later_stream_is_not_recorded_unasked(sdk: Sdk, session_id: str, ann: Any) -> None:
    archive = await manual_archive(sdk, session_id)
    stream_id = await ann.publish("camera")
    await sdk.add_archive_stream(archive.id, stream_id)
    assert (await ann.event("record"))["streamId"] == stream_id


async def test_streams_are_not_chosen_in_automatic_mode(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any
) -> None:
    archive = await sdk.start_archive(session_id)
    path = f"/v2/project/{KEY}/archive/{archive.id}/streams"
    assert (await call(server, "PATCH", path, json={"addStream": "x"})).status_code == 405


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"addStream": "a", "removeStream": "b"}, 400),
        ({"addStream": 7}, 400),
        ({"addStream": "a", "hasAudio": False, "hasVideo": False}, 400),
        ({"addStream": "nobody's"}, 404),
        ({"removeStream": "nobody's"}, 404),
    ],
)
async def test_it_refuses_a_change_of_streams_that_is_none(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any, body: dict[str, Any], status: int
) -> None:
    archive = await manual_archive(sdk, session_id)
    path = f"/v2/project/{KEY}/archive/{archive.id}/streams"
    assert (await call(server, "PATCH", path, json=body)).status_code == status


async def test_the_layout_of_a_running_archive_is_set(sdk: Sdk, session_id: str, ann: Any) -> None:
    archive = await sdk.start_archive(session_id)
    await sdk.set_archive_layout(archive.id, "bestFit")
    with pytest.raises(ArchiveError):
        await sdk.set_archive_layout(archive.id, "circle")
    with pytest.raises(ArchiveError):
        await sdk.set_archive_layout(archive.id, "bestFit", screenshare_type="custom")
    with pytest.raises(ArchiveError):
        await sdk.set_archive_layout(archive.id, "custom", "no stylesheet")
    with pytest.raises(RequestError):  # 501: a stylesheet may say so, and it is not built
        await sdk.set_archive_layout(archive.id, "custom", "stream { float: left }")
    await sdk.set_archive_layout(archive.id, "custom", "stream { left: 0 }")
    await sdk.set_archive_layout(archive.id, "bestFit", screenshare_type="pip")
    await sdk.set_archive_layout(archive.id, "verticalPresentation")
    assert StubRecorder.made[0].layouts == [
        Layout(),
        Layout("custom", stylesheet="stream { left: 0 }"),
        Layout("bestFit", "pip"),
        Layout("verticalPresentation"),
    ]


async def test_streams_get_layout_classes(sdk: Sdk, session_id: str, ann: Any) -> None:
    stream_id = await ann.publish("camera")
    await sdk.set_stream_class_lists(session_id, [{"id": stream_id, "layoutClassList": ["focus", "big"]}])
    assert (await sdk.get_stream(session_id, stream_id)).layoutClassList == ["focus", "big"]


async def test_layout_classes_reach_a_running_recording(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any
) -> None:
    stream_id = await ann.publish("camera")
    await asyncio.gather(sdk.start_archive(session_id), ann.be_recorded())
    await sdk.set_stream_class_lists(session_id, [{"id": stream_id, "layoutClassList": ["focus"]}])
    assert StubRecorder.made[0].attached[stream_id].layout_classes == ("focus",)


@pytest.mark.parametrize("items", [None, [7], [{"id": "nobody", "layoutClassList": []}], [{"id": "a"}]])
async def test_it_refuses_classes_that_are_none(server: Localtok, session_id: str, items: Any) -> None:
    path = f"/v2/project/{KEY}/session/{session_id}/stream"
    assert (await call(server, "PUT", path, json={"items": items})).status_code == 400


async def test_one_stream_is_muted(sdk: Sdk, session_id: str, ann: Any, pages: Any, server: Localtok) -> None:
    ben = await pages(server, session_id)
    stream_id = await ann.publish("camera")
    assert (await sdk.mute_stream(session_id, stream_id)).json()["status"] == "ACTIVE"
    assert (await ann.event("muteForced"))["streamId"] == stream_id
    assert (await ben.event("streamPropertyChanged"))["stream"]["hasAudio"] is False
    with pytest.raises(OpenTokException):
        await sdk.mute_stream(session_id, "nothing")


async def test_a_session_is_muted_until_it_is_not(
    sdk: Sdk, server: Localtok, session_id: str, ann: Any
) -> None:
    loud, quiet = await ann.publish("interpreter"), await ann.publish("camera", key="2")
    await sdk.mute_all(session_id, [loud])
    later = await ann.publish("late", key="3")
    streams = server.sessions.find(session_id).streams  # type: ignore[union-attr]
    assert [streams[each].has_audio for each in (loud, quiet, later)] == [True, False, False]
    await sdk.disable_force_mute(session_id)
    last = await ann.publish("last", key="4")
    assert streams[last].has_audio


async def test_a_moderator_mutes_from_a_page(server: Localtok, session_id: str, ann: Any, pages: Any) -> None:
    stream_id = await ann.publish("camera")
    refused = await ann.request("forceMute", streamId=stream_id)
    assert refused["error"]["name"] == "OT_PERMISSION_DENIED"
    moderator = await pages(server, session_id, role=opentok.Roles.moderator)
    assert "error" not in await moderator.request("forceMute", streamId=stream_id)
    assert (await ann.event("muteForced"))["streamId"] == stream_id


async def test_connections_are_listed_oldest_first(
    server: Localtok, session_id: str, ann: Any, pages: Any
) -> None:
    present = [ann.id, *[(await pages(server, session_id)).id for _ in range(2)]]
    path = f"/v2/project/{KEY}/session/{session_id}/connection"
    listed = (await call(server, "GET", path)).json()
    assert (listed["count"], listed["projectId"], listed["sessionId"]) == (3, KEY, session_id)
    assert [item["connectionId"] for item in listed["items"]] == present
    assert listed["items"][0]["connectionState"] == "Connected"
    page = (await call(server, "GET", f"{path}?offset=1&count=1")).json()
    assert (page["count"], [item["connectionId"] for item in page["items"]]) == (3, present[1:2])
    assert (await call(server, "GET", f"{path}?count=x")).status_code == 400


async def test_a_session_without_a_stream_so_far_has_no_list(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any
) -> None:
    path = f"/v2/project/{KEY}/session/{session_id}/stream"
    for address in (path, f"{path}/nothing"):
        assert (await call(server, "GET", address)).status_code == 404
    stream_id = await ann.publish("camera")
    assert (await call(server, "GET", path)).json()["count"] == 1
    assert (await call(server, "GET", f"{path}/nothing")).status_code == 408
    await ann.request("unpublish", streamId=stream_id)
    assert (await call(server, "GET", path)).json() == {"count": 0, "items": []}


async def test_what_is_not_there_is_not_found(sdk: Sdk) -> None:
    with pytest.raises(NotFoundError):
        await sdk.get_archive("nothing")
    with pytest.raises(RequestError):
        await sdk.add_archive_stream("nothing", "nothing")
