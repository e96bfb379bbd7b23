"""The `opentok` package from PyPI makes every call that it has, in both of its modes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import opentok
import pytest
from opentok.exceptions import ArchiveError, ArchiveStreamModeError, OpenTokException, RequestError
from opentok.opentok import StreamModes

from localtok_tests.recording.scene import LEFT_OUT, Scene, open_scene


async def record(scene: Scene) -> None:
    sdk, session = scene.sdk, scene.session
    archive = await sdk.start_archive(session, name="hearing", stream_mode=StreamModes.manual)
    assert isinstance(archive, opentok.Archive)
    assert (archive.status, archive.name, archive.streams) == ("started", "hearing", [])
    await sdk.add_archive_stream(archive.id, scene.stream, has_audio=False)
    assert [each["streamId"] for each in (await sdk.get_archive(archive.id)).streams] == [scene.stream]
    await sdk.remove_archive_stream(archive.id, scene.stream)
    await sdk.set_archive_layout(archive.id, "pip")
    with pytest.raises(ArchiveError):
        await sdk.start_archive(session)
    assert [each.id for each in await sdk.get_archives(session_id=session)] == [archive.id]
    assert (await sdk.stop_archive(archive.id)).status == "stopped"
    await scene.available(archive.id)
    assert await sdk.delete_archive(archive.id) is None
    automatic = await sdk.start_archive(session)
    with pytest.raises((ArchiveStreamModeError, RequestError)):  # 405 of OpenTok, 400 of the Unified platform
        await sdk.add_archive_stream(automatic.id, scene.stream)


async def moderate(scene: Scene) -> None:
    sdk, session = scene.sdk, scene.session
    [stream] = await sdk.list_streams(session)
    assert (stream.id, stream.name) == (scene.stream, "Ann [1]")
    await sdk.set_stream_class_lists(session, [{"id": scene.stream, "layoutClassList": ["focus"]}])
    assert (await sdk.get_stream(session, scene.stream)).layoutClassList == ["focus"]
    for connection in (None, scene.ann.id):
        await sdk.send_signal(session, {"type": "a", "data": "b"}, connection)
        assert (await scene.ann.event("signal"))["data"] == "b"
    assert (await sdk.mute_stream(session, scene.stream)).ok
    assert (await sdk.mute_all(session, [])).ok
    assert (await sdk.disable_force_mute(session)).ok
    with pytest.raises(OpenTokException):
        await sdk.mute_stream(session, "nothing")
    await sdk.force_disconnect(session, scene.ann.id)
    assert (await scene.ann.event("sessionDisconnected"))["reason"] == "forceDisconnected"


@pytest.mark.parametrize("unified", [False, True], ids=["opentok", "unified"])
async def test_it_makes_every_call(serve: Any, pages: Any, tmp_path: Path, unified: bool) -> None:
    scene = await open_scene(serve, pages, tmp_path, unified)
    created = await scene.sdk.create_session(media_mode=opentok.MediaModes.routed)
    assert isinstance(created, opentok.Session)
    await record(scene)
    await moderate(scene)
    assert scene.calls_left_out(LEFT_OUT) == set()
