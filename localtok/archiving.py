"""The verbs of archiving: start, stop, delete, and the sweep that applies time's rules."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from localtok.archives import (
    DELETABLE,
    MAXIMUM_DURATION,
    SESSION_ENDED,
    USER_INITIATED,
    Archive,
    Archives,
    Limits,
    Status,
    has_expired,
    past,
    stop_reason,
)
from localtok.clock import Clock
from localtok.endings import Endings
from localtok.errors import BadRequest, Conflict, InternalError, NotAllowed, NotFound
from localtok.individual import IndividualRecorder
from localtok.presentation import Layout
from localtok.recorder import Recorder, RecorderSettings
from localtok.recording import AnyRecorder, Recording, Tell
from localtok.rollover import Rollover
from localtok.sessions import Session, SessionEvent, Sessions, Stream
from localtok.store import Store
from localtok.tasks import Tasks

log = logging.getLogger(__name__)

# A start answers when all present streams are recorded, and after this long with those that are; where none
# is, the archive is paused until the first one comes.
MEDIA_TIMEOUT_S = 5.0
STOP_IN_WRONG_STATUS = 15002
DELETE_IN_WRONG_STATUS = 15004
ONLY_ROUTED_SESSIONS = 15008

RecorderFactory = Callable[[Path, RecorderSettings, Callable[[Exception], None]], AnyRecorder]


class Archiving:
    def __init__(
        self,
        *,
        archives: Archives,
        sessions: Sessions,
        store: Store,
        clock: Clock,
        tell: Tell,
        limits: Limits,
        recorder_factory: RecorderFactory = Recorder,
    ) -> None:
        self._archives = archives
        self._sessions = sessions
        self._store = store
        self._clock = clock
        self._tell = tell
        self._limits = limits
        self._recorder_factory = recorder_factory
        self._tasks = Tasks()
        self._recordings: dict[str, Recording] = {}
        self._endings = Endings(archives, store, self._tasks, self._recordings)
        self._wake = asyncio.Event()
        self._rollover = Rollover(self, limits.recorded_s)
        # Streams whose publisher's network is lost: no recorder asks for them meanwhile.
        self._lost: set[str] = set()
        # Others whose rules are of time: each is called with the time at every sweep.
        self.sweepers: list[Callable[[int], None]] = [self._end_empty_sessions]
        sessions.listeners.append(self._on_session_event)

    async def start(self, session_id: str, **options: Any) -> Archive:
        """Starts an archive and returns it once it records; raises NotFound, BadRequest, Conflict."""
        session = self._archivable(session_id, options.get("multi_archive_tag"))
        return await self._start(session, **options)

    async def start_automatic(self, session: Session) -> Archive:
        """Starts an archive of a session that records itself, beside one that is about to end."""
        name, resolution = session.archive_name, session.archive_resolution
        return await self._start(session, name=name, resolution=resolution, automatic=True)

    async def _start(self, session: Session, **options: Any) -> Archive:
        archive = Archive(
            str(uuid.uuid4()),
            session.id,
            session.project_key,
            self._clock.now_ms(),
            unified=session.unified,
            **options,
        )
        archive.published = bool(session.streams)
        path = self._store.media_path(archive.id, archive.suffix)
        loop = asyncio.get_running_loop()

        def on_failure(error: Exception) -> None:
            loop.call_soon_threadsafe(self._endings.fail, archive, error)

        recorder = self._factory(archive)(path, recorder_settings(archive), on_failure)
        recording = Recording(archive, recorder, self._tell, self._tasks)
        self._recordings[archive.id] = recording
        self._archives.add(archive)
        await self._open(archive, recording, session)
        archive.began_ms = recorder.began_at_ms
        if archive.live and session.streams and not recording.hears(session.streams.values()):
            # Nothing was recorded, so the wait does not count as recorded time.
            archive.running_since_ms = None
            self._archives.set_status(archive, Status.PAUSED)
        self._archives.save(archive)
        return archive

    def _factory(self, archive: Archive) -> RecorderFactory:
        if archive.output_mode == "composed":
            return self._recorder_factory
        return partial(IndividualRecorder, about=archive.manifest())

    async def _open(self, archive: Archive, recording: Recording, session: Session) -> None:
        streams = [each for each in session.streams.values() if archive.records(each.id)]
        streams = [each for each in streams if each.id not in self._lost]
        try:
            delivered = await recording.open(streams, MEDIA_TIMEOUT_S)
        except Exception as error:
            self._endings.fail(archive, error)
            raise InternalError("The recorder could not be started; see the log of localtok.") from error
        if missing := {stream.id for stream in streams if stream.media} - delivered:
            log.warning("archive %s: no media yet from streams %s", archive.id, ", ".join(missing))

    def _archivable(self, session_id: str, tag: str | None) -> Session:
        session = self._sessions.find(session_id)
        if session is None:
            raise NotFound("Session not found.")
        if not session.routed:
            raise Conflict("Only routed sessions can be archived.", ONLY_ROUTED_SESSIONS)
        if not session.connections:
            raise BadRequest("No clients are actively connected to the session.")
        for other in self._archives.live_in(session_id):
            # Each needs a tag of its own; a session that records itself has one archive without.
            alone = not tag or (not other.multi_archive_tag and not other.automatic)
            if alone or other.multi_archive_tag == tag:
                what = f"with multiArchiveTag {tag!r} " if tag else ""
                raise Conflict(f"Recording {what}already in progress for this session: archive {other.id}.")
        return session

    def stop(self, archive_id: str) -> Archive:
        """Ends a live archive; its file follows (status available). A stopped one stays as it is."""
        archive = self.get(archive_id)
        if archive.automatic and archive.live:
            raise Conflict("An automatic archive ends with its session, not by a call.")
        if archive.live:
            self._endings.end(archive, USER_INITIATED)
        elif archive.status != Status.STOPPED:
            raise Conflict(f"The archive is {archive.status.value}, not recording.", STOP_IN_WRONG_STATUS)
        return archive

    def get(self, archive_id: str) -> Archive:
        archive = self._archives.find(archive_id)
        if archive is None:
            raise NotFound("Archive not found.")
        return archive

    def delete(self, archive_id: str) -> None:
        archive = self.get(archive_id)
        if archive.status not in DELETABLE:
            message = f"The archive is {archive.status.value}; only a finished one can be deleted."
            raise Conflict(message, DELETE_IN_WRONG_STATUS)
        if archive.status != Status.DELETED:
            self._endings.drop_file(archive, Status.DELETED)

    def set_layout(
        self, archive_id: str, layout: str, screenshare_layout: str = "", stylesheet: str = ""
    ) -> Archive:
        archive = self.get(archive_id)
        if not archive.live or archive.output_mode != "composed":
            raise BadRequest("Only an archive that is being composed has a layout to change.")
        archive.layout, archive.screenshare_layout = layout, screenshare_layout
        archive.stylesheet = stylesheet
        self._archives.save(archive)
        self._recordings[archive.id].set_layout(Layout(layout, screenshare_layout, stylesheet))
        return archive

    def add_stream(self, archive_id: str, stream_id: str, has_audio: bool, has_video: bool) -> None:
        archive, stream = self._selectable(archive_id, stream_id)
        archive.selection[stream_id] = [has_audio, has_video]
        self._archives.save(archive)
        self._recordings[archive.id].add(stream)
        self._recordings[archive.id].update(stream)

    def remove_stream(self, archive_id: str, stream_id: str) -> None:
        archive, _ = self._selectable(archive_id, stream_id)
        if archive.selection.pop(stream_id, None) is None:
            raise NotFound("The archive does not record this stream.")
        self._archives.save(archive)
        self._recordings[archive.id].remove(stream_id)

    def _selectable(self, archive_id: str, stream_id: str) -> tuple[Archive, Stream]:
        archive = self.get(archive_id)
        if archive.stream_mode != "manual":
            raise NotAllowed("Streams are chosen only in an archive with streamMode manual.")
        if not archive.live:
            raise BadRequest(f"The archive is {archive.status.value}, not recording.")
        session = self._sessions.find(archive.session_id)
        stream = session.streams.get(stream_id) if session else None
        if stream is None:
            raise NotFound("Stream not found.")
        return archive, stream

    def stream_changed(self, session_id: str, stream: Stream) -> None:
        """The stream has other layout classes."""
        for archive in self._archives.live_in(session_id):
            self._recordings[archive.id].update(stream)

    def live_in(self, session_id: str) -> list[Archive]:
        return self._archives.live_in(session_id)

    def session(self, session_id: str) -> Session | None:
        return self._sessions.find(session_id)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.spawn(work, name)

    def offered(self, peer_id: str, sdp: str) -> bool:
        """Gives a publisher's offer to the recording that asked for it; False when none did."""
        return any(recording.offered(peer_id, sdp) for recording in self._recordings.values())

    def peer_failed(self, peer_id: str, reason: str) -> None:
        for recording in self._recordings.values():
            recording.failed(peer_id, reason)

    def begin(self) -> None:
        """Takes up what an earlier process left half-done, then watches until `close`."""
        self._endings.take_up()
        self._tasks.spawn(self._watch(), "watch archives")

    async def _watch(self) -> None:
        """Sweeps four times a second, and at once when somebody starts or ends publishing."""
        while True:
            try:
                await self.sweep()
            except Exception:
                log.exception("sweep failed; the next one tries again")
            try:
                # Not wait_for: Python 3.11's loses a cancellation that comes together with what it waits for.
                async with asyncio.timeout(0.25):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()

    async def sweep(self) -> None:
        """Level-triggered: compares each archive with its session and the clock, and acts on what differs."""
        now_ms = self._clock.now_ms()
        for sweeper in self.sweepers:
            sweeper(now_ms)
        for archive in self._archives:
            if archive.live:
                await self._sweep_live(archive, now_ms)
            elif has_expired(archive, now_ms, self._limits):
                self._endings.drop_file(archive, Status.EXPIRED)

    def _end_empty_sessions(self, now_ms: int) -> None:
        for session in self._sessions:
            if past(session.empty_since_ms, self._limits.empty_session_s, now_ms):
                self._sessions.end(session)

    async def _sweep_live(self, archive: Archive, now_ms: int) -> None:
        session = self._sessions.find(archive.session_id)
        held = self._rollover.holds(archive, now_ms)
        reason = stop_reason(archive, session, now_ms, self._limits)
        if reason and not (held and reason == MAXIMUM_DURATION):
            self._endings.end(archive, reason)
            return
        streams = list(session.streams.values()) if session else []
        recording = self._recordings[archive.id]
        if not recording.ready:
            return
        if archive.status == Status.STARTED and not streams:
            self._archives.set_status(archive, Status.PAUSED)
        elif archive.status == Status.PAUSED and recording.hears(streams):
            archive.began_ms = archive.began_ms or recording.began_at_ms
            self._archives.set_status(archive, Status.STARTED)
        # The recorder goes on with the first media by itself: nothing of it waits for the next sweep.
        await (recording.resume() if streams else recording.pause())

    def reception(self, archive_id: str) -> dict[str, Any]:
        return self._endings.reception(self.get(archive_id))

    def crash(self, archive_id: str) -> None:
        """The archive fails as if its recorder had broken."""
        archive = self.get(archive_id)
        if not archive.live:
            raise Conflict(f"The archive is {archive.status.value}, not recording.")
        self._endings.fail(archive, RuntimeError("a crash of the archiver was ordered"))

    def end_all(self, session_id: str) -> None:
        for archive in self._archives.live_in(session_id):
            self._endings.end(archive, SESSION_ENDED)

    def lose(self, session_id: str, stream_ids: list[str]) -> None:
        """Recordings of the session receive nothing more of these streams, until `regain`."""
        self._lost.update(stream_ids)
        for archive in self._archives.live_in(session_id):
            for stream_id in stream_ids:
                self._recordings[archive.id].remove(stream_id)

    def regain(self, session_id: str, stream_ids: set[str]) -> None:
        self._lost -= stream_ids
        session = self._sessions.find(session_id)
        for archive in self._archives.live_in(session_id):
            for stream in session.streams.values() if session else []:
                if stream.id in stream_ids and archive.records(stream.id):
                    self._recordings[archive.id].add(stream)

    async def reset(self) -> None:
        """Ends what records and forgets every archive with its file."""
        await self._endings.end_every()
        self._archives.forget_all()

    async def close(self) -> None:
        """Finishes every running archive into a whole file."""
        await self._endings.end_every()
        await self._tasks.close()

    def _on_session_event(self, event: SessionEvent) -> None:
        if event.stream is None:
            return
        self._rollover.on_session_event(event)
        for archive in self._archives.live_in(event.session.id):
            recording = self._recordings[archive.id]
            if event.kind == "streamCreated":
                archive.published = True
                if archive.records(event.stream.id):
                    recording.add(event.stream)
            elif event.kind == "streamDestroyed":
                recording.remove(event.stream.id)
            else:
                recording.update(event.stream)
        self._wake.set()


def recorder_settings(archive: Archive) -> RecorderSettings:
    width, height = (int(side) for side in archive.resolution.split("x"))
    return RecorderSettings(
        width=width,
        height=height,
        has_audio=archive.has_audio,
        has_video=archive.has_video,
        layout=Layout(archive.layout, archive.screenshare_layout, archive.stylesheet),
        max_bitrate=archive.max_bitrate,
        quantization_parameter=archive.quantization_parameter,
    )
