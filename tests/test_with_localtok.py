"""The core over real HTTP: a whole recording with a restart on localtok, its recorder replaced by a stub."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from archives import errors
from archives.media import jobs
from archives.models import ArchiveRun, Room
from archives.platform import gateway
from archives.platform.gateway import OpenTokPlatform
from archives.reconciler.worker import Worker
from archives.services import restarts, rooms, runs
from archives.services.jobs import ingest
from dualarchive import vendor
from localtok.archives.storage import Target
from localtok.recording.recorder import RecordingResult
from localtok.server import Localtok, Settings
from localtok_tests.conftest import KEY, SECRET, StubRecorder
from tests.support.media.stored_segments import keep_in, media
from tests.support.platform.unified_key import APPLICATION, new_key
from tests.support.recording import invariants

Status = ArchiveRun.Status


class Localhost:
    """localtok and a page in a thread of their own, with the event loop that they need."""

    def __init__(self, data_dir: Path, **unified: str) -> None:
        self.key = unified.get("application_id", KEY)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.localtok = Localtok(
            Settings(api_key=KEY, api_secret=SECRET, data_dir=data_dir, **unified), None, StubRecorder
        )
        self.wait(self.localtok.__aenter__())
        self.tasks: list[Any] = []

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(90)

    def enter(self, platform: OpenTokPlatform, room: Room, participant: str) -> None:
        """A page that publishes in the first session, and in the second between `join` and `leave`."""
        joined = rooms.join(room=room, name=participant, participant=participant)
        page = _page(self.localtok.url, self.key, room, joined)
        self.tasks.append(asyncio.run_coroutine_threadsafe(page, self.loop))

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.wait(self.localtok.__aexit__(None, None, None))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


async def _page(url: str, key: str, room: Room, joined: rooms.Joined) -> None:
    async with aiohttp.ClientSession() as http:
        second: asyncio.Task[None] | None = None

        async def on_signal(kind: str) -> None:
            nonlocal second
            if kind == "join" and second is None:
                second = asyncio.create_task(
                    _publish(http, url, key, room.session_id_secondary, joined.secondary_token, joined)
                )
            if kind == "leave" and second:
                second.cancel()
                second = None

        await _publish(http, url, key, room.session_id_primary, joined.primary_token, joined, on_signal)


async def _publish(
    http: aiohttp.ClientSession,
    url: str,
    key: str,
    session_id: str,
    token: str,
    joined: rooms.Joined,
    on_signal: Callable[[str], Coroutine[Any, Any, None]] | None = None,
) -> None:
    async with http.ws_connect(f"{url}/signalling") as socket:
        hello = {"op": "connect", "apiKey": key, "sessionId": session_id, "token": token}
        await socket.send_json({"id": 1, **hello})
        title = f"{joined.name} [{joined.participant}]"
        await socket.send_json({"id": 2, "op": "publish", "name": title, "hasAudio": True, "hasVideo": True})
        async for message in socket:
            said = message.json()
            if said.get("event") == "record":
                await socket.send_json({"id": 3, "op": "recordOffer", "peer": said["peer"], "sdp": "offer"})
            if said.get("event") == "signal" and on_signal:
                await on_signal(str(said.get("type") or said.get("signal", {}).get("type")))


@pytest.fixture(params=["opentok", "unified"])
def localhost(request: pytest.FixtureRequest, db: None, tmp_path: Path, settings) -> Iterator[Localhost]:
    """The vendor's two platforms: a key and its secret, or an application and its private key."""
    settings.SESSION_STOP_DELAY_PRIMARY = settings.SESSION_STOP_DELAY_SECONDARY = 0.2
    StubRecorder.made = []
    if request.param == "opentok":
        local = Localhost(tmp_path)
        gateway.use(OpenTokPlatform(KEY, SECRET, local.localtok.url, 5.0))
    else:
        public = new_key(tmp_path / "private.key")
        private = vendor.private_key(str(tmp_path / "private.key"))
        local = Localhost(tmp_path, application_id=APPLICATION, public_key=public)
        gateway.use(OpenTokPlatform(APPLICATION, private, local.localtok.url, 5.0, unified=True))
    yield local
    gateway.use(None)
    local.close()


def work_until(reached: Callable[[], bool], within_s: float = 30) -> None:
    worker, deadline = Worker(), time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < deadline, [str(t) for t in ArchiveRun.objects.get().transitions.all()]
        if not worker.work_once():
            time.sleep(0.02)


def status_is(run: ArchiveRun, *statuses: str) -> Callable[[], bool]:
    def reached() -> bool:
        run.refresh_from_db()
        return run.status in statuses

    return reached


@pytest.mark.parametrize(("strategy", "pieces"), [("dual_session", 3), ("overlap", 2)])
def test_it_records_restarts_and_stops(localhost: Localhost, strategy: str, pieces: int) -> None:
    Room.objects.update(strategy=strategy)
    room = rooms.ensure_sessions(room=rooms.get())
    with pytest.raises(errors.NoClients):
        runs.start(room=room, name="Too early")
    platform = gateway.platform()
    localhost.enter(platform, room, "ann")
    localhost.enter(platform, room, "ben")
    work_until(lambda: len(platform.streams_list(room.session_id_primary)) == 2)
    started = runs.start(room=room, name="Hearing")
    run = started.run
    assert started.archive["name"] == "Hearing"
    restarts.request(run=run, by="host")
    work_until(status_is(run, Status.RECORDING))
    assert [s.is_live for s in run.segments.all()] == [False] * (pieces - 1) + [True]
    runs.stop(run=run, by="host")
    work_until(status_is(run, Status.COMPLETE))
    assert [s.status for s in run.segments.all()] == ["available"] * pieces
    assert not run.alarms.exists()
    assert platform.archives_list(room.session_id_primary)
    platform.archive_delete(run.segments.all()[0].archive_id)
    invariants.story_tells_the_states()


def test_what_localtok_uploads_into_our_storage_is_known_as_well_as_a_fetched_file(
    localhost: Localhost, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bucket's folder is the product's: the file is hashed and probed where it lies."""
    bucket = tmp_path / "buckets" / "hearings"
    keep_in(bucket, settings)
    settings.API_KEY = localhost.key
    content = media(0, 60)
    monkeypatch.setattr(StubRecorder, "stop", lambda self: _recorded(self, content))
    localhost.localtok.storages.set(localhost.key, Target("s3", bucket.name))
    room = rooms.ensure_sessions(room=rooms.get())
    localhost.enter(gateway.platform(), room, "ann")
    work_until(lambda: len(gateway.platform().streams_list(room.session_id_primary)) == 1)
    run = runs.start(room=room, name="Hearing").run
    runs.stop(run=run, by="host")
    work_until(lambda: run.segments.filter(status="uploaded").exists())
    jobs.run(ingest.KIND, run.segments.select_related("run__room").get())
    work_until(status_is(run, Status.COMPLETE))
    segment = run.segments.get()
    assert (bucket / segment.file).read_bytes() == content
    assert segment.sha256 == hashlib.sha256(content).hexdigest()
    assert segment.media_end_ms == 2400
    assert not run.alarms.exists()


async def _recorded(recorder: StubRecorder, content: bytes) -> RecordingResult:
    recorder.path.write_bytes(content)
    began = recorder.began_at_ms or 1234567
    return RecordingResult(recorder.path, 2400, len(content), began, recorder.stats())
