"""How archives begin: whether a session can be archived, the recorder that fits, and the wait for media."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from localtok.archives.archive import Archive, Archives, Status
from localtok.archives.finishing import Endings
from localtok.archives.recording import AnyRecorder, Late, Recording, Tell
from localtok.errors import BadRequest, Conflict, InternalError, NotFound, Unavailable
from localtok.process.clock import Clock
from localtok.process.store import Store
from localtok.process.tasks import Tasks
from localtok.recording.compose.presentation import Layout
from localtok.recording.individual import IndividualRecorder
from localtok.recording.settings import RecorderSettings
from localtok.sessions.sessions import Session, Sessions

log = logging.getLogger(__name__)

# A start answers when all present streams are recorded, and after this long with those that are; where none
# is, the archive is paused until the first one comes.
MEDIA_TIMEOUT_S = 5.0
ALREADY_COMPOSED = 15001
ONLY_ROUTED_SESSIONS = 15008

RecorderFactory = Callable[[Path, RecorderSettings, Callable[[Exception], None]], AnyRecorder]


class Beginnings:
    """`recordings` are those of live archives, by id; `lost` are streams that no recorder asks for now."""

    def __init__(
        self,
        *,
        archives: Archives,
        sessions: Sessions,
        store: Store,
        clock: Clock,
        tell: Tell,
        tasks: Tasks,
        recorder_factory: RecorderFactory,
        late: Late,
        recordings: dict[str, Recording],
        lost: set[str],
        endings: Endings,
    ) -> None:
        self._archives = archives
        self._sessions = sessions
        self._store = store
        self._clock = clock
        self._tell = tell
        self._tasks = tasks
        self._recorder_factory = recorder_factory
        self._late = late
        self._recordings = recordings
        self._lost = lost
        self._endings = endings
        self._over = False

    def close(self) -> None:
        """No more: what began while the server ends would be finished by nobody."""
        self._over = True

    def archivable(self, session_id: str, tag: str | None) -> Session:
        """Raises NotFound, BadRequest or Conflict when an archive with this tag cannot begin there."""
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
                message = f"Recording {what}already in progress for this session: archive {other.id}."
                raise Conflict(message, None if tag else ALREADY_COMPOSED)
        return session

    async def begin(self, session: Session, **options: Any) -> Archive:
        """Returns the archive once it records, or once it is paused because no media comes.

        Raises Unavailable while the server ends.
        """
        if self._over:
            raise Unavailable("This server is shutting down.")
        archive = self._new(session, options)
        recording = self._recorder(archive)
        self._recordings[archive.id] = recording
        waits = recording.awaits(list(session.streams.values()))
        (self._archives.add_waiting if waits else self._archives.add)(archive)
        await self._open(archive, recording, session)
        archive.began_ms = recording.began_at_ms
        if waits and archive.status == Status.PAUSED:
            # The watch may have been faster. Until then nothing was recorded, and no recorded time counted.
            heard = recording.hears(session.streams.values())
            self._archives.set_status(archive, Status.STARTED if heard else Status.PAUSED)
        self._archives.save(archive)
        return archive

    def _new(self, session: Session, options: dict[str, Any]) -> Archive:
        return Archive(
            str(uuid.uuid4()),
            session.id,
            session.project_key,
            self._clock.now_ms(),
            unified=session.unified,
            published=bool(session.streams),
            **options,
        )

    def _recorder(self, archive: Archive) -> Recording:
        loop = asyncio.get_running_loop()

        def on_failure(error: Exception) -> None:
            loop.call_soon_threadsafe(self._endings.fail, archive, error)

        path = self._store.media_path(archive.id, archive.suffix)
        recorder = self._factory(archive)(path, recorder_settings(archive), on_failure)
        return Recording(archive, recorder, self._tell, self._tasks, self._late)

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
