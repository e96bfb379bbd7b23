"""localtok as one object: its parts wired together, started and ended in the right order."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from localtok.archives.archive import Archive, Archives, Status
from localtok.archives.archiving import Archiving
from localtok.archives.limits import Limits
from localtok.archives.starting import RecorderFactory
from localtok.archives.storage import Storages
from localtok.console.overview import Watched
from localtok.faults.incidents import Incidents
from localtok.faults.rules import Faults
from localtok.http import site
from localtok.http.archive_calls import ArchiveCalls
from localtok.http.auth import Project
from localtok.http.callbacks import Callbacks
from localtok.http.controls import Controls
from localtok.http.journal import Journal
from localtok.http.links import Links
from localtok.http.monitoring import session_callback
from localtok.http.rest import Rest
from localtok.http.session_calls import SessionCalls
from localtok.http.storage_calls import StorageCalls
from localtok.http.wire import cross_origin, errors, faulty, journalled
from localtok.process.clock import Clock
from localtok.process.store import Store
from localtok.recording.recorder import Recorder
from localtok.sessions.sessions import SessionEvent, Sessions
from localtok.signalling.hub import GRACE_S, Hub
from localtok.signalling.room import Room

SHUTDOWN_TIMEOUT_S = 5.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Settings:
    api_key: str
    api_secret: str
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    limits: Limits = field(default_factory=Limits)
    archive_callback_url: str = ""
    session_callback_url: str = ""
    callback_secret: str = ""
    public_url: str = ""
    # Credentials of the Unified platform, accepted besides the key and secret: the public key is PEM text.
    application_id: str = ""
    public_key: str = ""
    grace_s: float = GRACE_S
    # Whether `/_localtok/…` answers; None: only where nobody but this machine can reach it.
    test_controls: bool | None = None
    # Refuses what localtok takes by choice and the vendor's documentation does not name.
    strict: bool = False
    # Its folders stand for the buckets of projects' own storage; None: `buckets` in the data directory.
    bucket_dir: Path | None = None

    @property
    def controllable(self) -> bool:
        if self.test_controls is not None:
            return self.test_controls
        return self.host in LOOPBACK


class Localtok:
    """`async with Localtok(settings) as server` serves at `server.url`."""

    def __init__(
        self, settings: Settings, clock: Clock | None = None, recorder_factory: RecorderFactory = Recorder
    ) -> None:
        self._settings = settings
        self.clock = clock or Clock()
        self.faults = Faults()
        self.journal = Journal(self.clock)
        self.project = Project(
            settings.api_key, settings.api_secret, settings.application_id, settings.public_key
        )
        self.store = Store(settings.data_dir)
        self.storages = Storages(self.store, settings.bucket_dir or settings.data_dir / "buckets")
        self.links = Links(self.project, self.clock)
        self.sessions = Sessions(self.store, self.clock)
        self.archives = Archives(self.store, self.clock)
        self.hub = Hub(self.project, self.sessions, settings.grace_s)
        self.hub.live_archives = self._live_archives
        self.archiving = Archiving(
            archives=self.archives,
            sessions=self.sessions,
            store=self.store,
            storages=self.storages,
            clock=self.clock,
            tell=self.hub.tell,
            limits=settings.limits,
            recorder_factory=recorder_factory,
            late=lambda stream: self.faults.for_recorder(stream.name),
        )
        self.hub.room = Room(self.sessions, self.hub, self.archiving)
        self.incidents = Incidents(self.sessions, self.hub, self.archiving, self.clock)
        self.rest = self._rest()
        self._callbacks = self._wire_callbacks()
        self.archives.on_change.append(self._tell_pages)
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT_S)
        self.url = ""

    async def __aenter__(self) -> Localtok:
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port)
        await site.start()
        self.url = f"http://{_reachable_host(self._settings.host)}:{self._runner.addresses[0][1]}"
        self.links.base_url = self._settings.public_url.rstrip("/") or self.url
        for callbacks in self._callbacks:
            callbacks.begin()
        self.archiving.begin()
        return self

    async def __aexit__(self, *error: object) -> None:
        # Recordings are finished while their publishers are still there, so that nothing is cut off.
        await self.archiving.close()
        await self.hub.close()
        for callbacks in self._callbacks:
            await callbacks.close()
        await self._runner.cleanup()

    async def reset(self) -> None:
        """Back to an empty server: no pages, sessions, archives or faults, and the machine's time."""
        self.faults.clear()
        self.incidents.clear()
        self.hub.disconnect_all("networkDisconnected")
        await self.archiving.reset()
        for key in filter(None, (self.project.key, self.project.application_id)):
            self.storages.remove(key)
        self.sessions.forget_all()
        for callbacks in self._callbacks:
            await callbacks.forget()
        self.journal.clear()
        self.clock.reset()

    def _app(self) -> web.Application:
        app = web.Application(
            middlewares=[cross_origin, journalled(self.journal), errors, faulty(self.faults)]
        )
        app.router.add_get("/signalling", self.hub.handle)
        app.add_routes(self._controls().routes())
        app.add_routes(site.routes())
        app.add_routes(self.rest.routes())
        return app

    def _rest(self) -> Rest:
        archives = ArchiveCalls(
            sessions=self.sessions,
            archives=self.archives,
            archiving=self.archiving,
            links=self.links,
            store=self.store,
        )
        sessions = SessionCalls(
            project=self.project,
            sessions=self.sessions,
            archiving=self.archiving,
            hub=self.hub,
            strict=self._settings.strict,
        )
        return Rest(self.project, archives, sessions, StorageCalls(self.storages))

    def _controls(self) -> Controls:
        watched = Watched(
            sessions=self.sessions,
            archives=self.archives,
            links=self.links,
            clock=self.clock,
            faults=self.faults,
            incidents=self.incidents,
            journal=self.journal,
            calls=self.rest.call_names,
        )
        return Controls(
            watched,
            project=self.project,
            archiving=self.archiving,
            reset=self.reset,
            allowed=self._settings.controllable,
        )

    def _wire_callbacks(self) -> list[Callbacks]:
        posting = []
        if url := self._settings.archive_callback_url:
            to_archive = self._callbacks_to(url, "archive")
            self.archives.on_change.append(lambda a: to_archive.post(a.for_callback(self.links.url(a))))
            posting.append(to_archive)
        if url := self._settings.session_callback_url:
            to_session = self._callbacks_to(url, "session")
            self.sessions.listeners.append(lambda event: self._post_session_event(to_session, event))
            posting.append(to_session)
        return posting

    def _callbacks_to(self, url: str, kind: str) -> Callbacks:
        key, secret = self._settings.api_key, self._settings.callback_secret
        return Callbacks(
            url, key, secret, kind=kind, faults=self.faults, journal=self.journal, clock=self.clock
        )

    def _post_session_event(self, callbacks: Callbacks, event: SessionEvent) -> None:
        payload = session_callback(event, self.clock.now_ms())
        if payload is not None:
            callbacks.post(payload)

    def _live_archives(self, session_id: str) -> list[dict[str, str | None]]:
        return [{"id": archive.id, "name": archive.name} for archive in self.archives.live_in(session_id)]

    def _tell_pages(self, archive: Archive) -> None:
        """Pages hear when an archive starts and ends; a pause is no event of OpenTok.js."""
        event = {
            Status.STARTED: "archiveStarted",
            Status.STOPPED: "archiveStopped",
            Status.FAILED: "archiveStopped",
        }
        if archive.status in event:
            message = {"event": event[archive.status], "archive": {"id": archive.id, "name": archive.name}}
            self.hub.broadcast(archive.session_id, message)


def _reachable_host(host: str) -> str:
    return "127.0.0.1" if host in ("", "0.0.0.0", "::") else host  # noqa: S104
