"""The `vonage-video` package from PyPI makes every call that it has: results and errors are its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from vonage_http_client import Auth, HttpClient
from vonage_http_client.errors import ForbiddenError, HttpRequestError, NotFoundError
from vonage_video import Video
from vonage_video.errors import InvalidArchiveStateError
from vonage_video.models import (
    AddStreamRequest,
    Archive,
    ComposedLayout,
    CreateArchiveRequest,
    LayoutType,
    ListArchivesFilter,
    MediaMode,
    OutputMode,
    SessionOptions,
    SignalData,
    StreamInfo,
    StreamLayout,
    StreamLayoutOptions,
    StreamMode,
    TokenOptions,
    TokenRole,
)

from localtok.http.auth import read_client_token
from localtok.process.clock import wall_s
from localtok_tests.conftest import until
from localtok_tests.recording.scene import LEFT_OUT, Scene, open_scene
from tests.support.platform.unified_key import APPLICATION, new_key


class PlainHttp(HTTPAdapter):
    """The package speaks https alone; localtok speaks http."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = str(request.url).replace("https:", "http:", 1)
        return super().send(request, *args, **options)


class Client:
    """The package's client, each call in a thread."""

    def __init__(self, url: str, private_key: str) -> None:
        auth = Auth(application_id=APPLICATION, private_key=private_key)
        http = HttpClient(auth, {"video_host": url.removeprefix("http://"), "timeout": 10, "max_retries": 0})
        http._session.mount("https://", PlainHttp())
        self.video = Video(http)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        call = getattr(self.video, name)
        return lambda *args, **options: asyncio.to_thread(call, *args, **options)


async def record(scene: Scene, client: Client) -> None:
    asked = CreateArchiveRequest(session_id=scene.session, name="hearing", stream_mode=StreamMode.MANUAL)
    archive = await client.start_archive(asked)
    assert isinstance(archive, Archive)
    assert (archive.status, archive.application_id, archive.streams) == ("started", APPLICATION, [])
    added = AddStreamRequest(stream_id=scene.stream, has_audio=False)
    await client.add_stream_to_archive(archive.id, added)
    [chosen] = (await client.get_archive(archive.id)).streams
    assert (chosen.stream_id, chosen.has_audio, chosen.has_video) == (scene.stream, False, True)
    await client.remove_stream_from_archive(archive.id, scene.stream)
    layout = ComposedLayout(type=LayoutType.BEST_FIT, screenshare_type=LayoutType.PIP)
    assert (await client.change_archive_layout(archive.id, layout)).id == archive.id
    with pytest.raises(InvalidArchiveStateError):
        await client.delete_archive(archive.id)
    stopped = await client.stop_archive(archive.id)
    assert (stopped.status, stopped.reason, stopped.streams) == ("stopped", "user initiated", None)
    await scene.available(archive.id)
    with pytest.raises(InvalidArchiveStateError):
        await client.stop_archive(archive.id)
    listed, count, _ = await client.list_archives(ListArchivesFilter(session_id=scene.session))
    assert ([each.id for each in listed], count) == ([archive.id], 1)
    await client.delete_archive(archive.id)


async def record_apart(scene: Scene, client: Client) -> None:
    """An individual archive has no resolution, which the model would refuse if it were empty."""
    asked = CreateArchiveRequest(session_id=scene.session, output_mode=OutputMode.INDIVIDUAL)
    archive = await client.start_archive(asked)
    assert (archive.output_mode, archive.resolution) == ("individual", None)
    await client.stop_archive(archive.id)


async def moderate(scene: Scene, client: Client) -> None:
    session, stream = scene.session, scene.stream
    focus = StreamLayoutOptions(items=[StreamLayout(id=stream, layout_class_list=["focus"])])
    assert [each.layout_class_list for each in await client.change_stream_layout(session, focus)] == [
        ["focus"]
    ]
    [listed] = await client.list_streams(session)
    assert isinstance(listed, StreamInfo)
    assert (await client.get_stream(session, stream)).name == listed.name == "Ann [1]"
    for connection in ((), (scene.ann.id,)):
        await client.send_signal(session, SignalData(type="a", data="b"), *connection)
        assert (await scene.ann.event("signal"))["data"] == "b"
    await client.mute_stream(session, stream)
    await client.mute_all_streams(session)
    await client.mute_all_streams(session, [stream])
    await client.disable_mute_all_streams(session)
    await client.disconnect_client(session, scene.ann.id)
    assert (await scene.ann.event("sessionDisconnected"))["reason"] == "forceDisconnected"


async def test_it_makes_every_call(serve: Any, pages: Any, tmp_path: Path) -> None:
    scene = await open_scene(serve, pages, tmp_path, unified=True)
    client = Client(scene.server.url, scene.credentials[1])
    await client.create_session()
    await record(scene, client)
    await record_apart(scene, client)
    await moderate(scene, client)
    assert scene.calls_left_out(LEFT_OUT) == set()


async def test_a_session_keeps_its_options_after_other_calls(serve: Any, pages: Any, tmp_path: Path) -> None:
    """Once it has sent JSON, the package calls its form JSON too."""
    scene = await open_scene(serve, pages, tmp_path, unified=True)
    client = Client(scene.server.url, scene.credentials[1])
    await client.send_signal(scene.session, SignalData(type="a", data="b"))
    made = await client.create_session(SessionOptions(media_mode=MediaMode.RELAYED))
    assert scene.server.sessions.find(made.session_id).media_mode == "enabled"  # type: ignore[union-attr]


async def test_its_tokens_let_people_in(serve: Any, pages: Any, tmp_path: Path) -> None:
    scene = await open_scene(serve, pages, tmp_path, unified=True)
    client = Client(scene.server.url, scene.credentials[1])
    options = TokenOptions(session_id=scene.session, role=TokenRole.MODERATOR, connection_data="Cy")
    token = (await client.generate_client_token(options)).decode()
    read = read_client_token(scene.server.project, token, scene.session, wall_s())
    assert (read.role, read.data) == ("moderator", "Cy")
    page = await pages(scene.server)
    await page.connect(scene.session, token, apiKey=APPLICATION)
    await until(lambda: len(scene.server.sessions.find(scene.session).connections) == 2)  # type: ignore[union-attr]


async def test_refusals_are_its_own_errors(serve: Any, pages: Any, tmp_path: Path) -> None:
    scene = await open_scene(serve, pages, tmp_path, unified=True)
    client = Client(scene.server.url, scene.credentials[1])
    with pytest.raises(NotFoundError, match="Archive not found"):
        await client.get_archive("nothing")
    with pytest.raises(HttpRequestError, match="408"):
        await client.get_stream(scene.session, "nothing")
    with pytest.raises(NotFoundError):
        await client.disconnect_client(scene.session, "nothing")
    new_key(tmp_path / "other.key")
    with pytest.raises(ForbiddenError):
        await Client(scene.server.url, (tmp_path / "other.key").read_text()).get_archive("nothing")
