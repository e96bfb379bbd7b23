"""The verbs of archiving: start, stop, delete, and what may be changed meanwhile."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from localtok.archives.archive import DELETABLE, Archive, Archives, Status
from localtok.archives.finishing import Endings
from localtok.archives.limits import SESSION_ENDED, USER_INITIATED, Limits
from localtok.archives.recording import Late, Recording, Tell
from localtok.archives.rollover import Rollover
from localtok.archives.starting import Beginnings, RecorderFactory
from localtok.archives.storage import Storages
from localtok.archives.watch import Watch
from localtok.errors import BadRequest, Conflict, NotAllowed, NotFound
from localtok.process.clock import Clock
from localtok.process.store import Store
from localtok.process.tasks import Tasks
from localtok.recording.compose.presentation import Layout
from localtok.recording.recorder import Recorder
from localtok.sessions.sessions import Session, SessionEvent, Sessions, Stream

STOP_IN_WRONG_STATUS = 15002
DELETE_IN_WRONG_STATUS = 15004


class Archiving:
    def __init__(
        self,
        *,
        archives: Archives,
        sessions: Sessions,
        store: Store,
        storages: Storages,
        clock: Clock,
        tell: Tell,
        limits: Limits,
        recorder_factory: RecorderFactory = Recorder,
        late: Late = lambda _stream: 0.0,
    ) -> None:
        self._archives = archives
        self._sessions = sessions
        self._tasks = Tasks()
        self._recordings: dict[str, Recording] = {}
        # Streams whose publisher's network is lost: no recorder asks for them meanwhile.
        self._lost: set[str] = set()
        self._endings = Endings(archives, store, storages, self._tasks, self._recordings)
        self._beginnings = Beginnings(
            archives=archives,
            sessions=sessions,
            store=store,
            clock=clock,
            tell=tell,
            tasks=self._tasks,
            recorder_factory=recorder_factory,
            late=late,
            recordings=self._recordings,
            lost=self._lost,
            endings=self._endings,
        )
        self._rollover = Rollover(self, limits.recorded_s)
        self._watch = Watch(
            archives=archives,
            sessions=sessions,
            clock=clock,
            limits=limits,
            recordings=self._recordings,
            endings=self._endings,
            rollover=self._rollover,
        )
        self.sweepers = self._watch.sweepers
        sessions.listeners.append(self._on_session_event)

    async def start(self, session_id: str, **options: Any) -> Archive:
        """Starts an archive and returns it once it records; raises NotFound, BadRequest, Conflict."""
        session = self._beginnings.archivable(session_id, options.get("multi_archive_tag"))
        return await self._beginnings.begin(session, **options)

    async def start_automatic(self, session: Session) -> Archive:
        """Starts an archive of a session that records itself, beside one that is about to end."""
        name, resolution = session.archive_name, session.archive_resolution
        return await self._beginnings.begin(session, name=name, resolution=resolution, automatic=True)

    def stop(self, archive_id: str) -> Archive:
        """Ends a live archive; its file follows (status available). A stopped one stays as it is, and an
        automatic one, which ends with its session, records on."""
        archive = self.get(archive_id)
        if archive.automatic and archive.live:
            return archive
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
            # The two platforms document different statuses.
            refusal = BadRequest if archive.unified else NotAllowed
            raise refusal("Streams are chosen only in an archive with streamMode manual.")
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
        self._tasks.spawn(self._watch.run(), "watch archives")

    async def sweep(self) -> None:
        """Applies what time brings, now."""
        await self._watch.sweep()

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
        self._lost.difference_update(stream_ids)
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
        """Finishes every running archive into a whole file, and begins no other."""
        self._beginnings.close()
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
        self._watch.hurry()
