"""localtok as one object: its parts wired together, started and ended in the right order."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from localtok import site
from localtok.archives import Archive, Archives, Status
from localtok.archiving import Archiving
from localtok.auth import Project
from localtok.beginnings import RecorderFactory
from localtok.callbacks import Callbacks
from localtok.clock import Clock
from localtok.controls import Controls
from localtok.faults import Faults
from localtok.incidents import Incidents
from localtok.journal import Journal
from localtok.limits import Limits
from localtok.links import Links
from localtok.monitoring import session_callback
from localtok.operations import Room
from localtok.recorder import Recorder
from localtok.rest import Rest
from localtok.sessions import SessionEvent, Sessions
from localtok.signalling import GRACE_S, Hub
from localtok.store import Store
from localtok.wire import cross_origin, errors, faulty, journalled

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
        self.strict = settings.strict
        self.clock = clock or Clock()
        self.faults = Faults()
        self.journal = Journal(self.clock)
        self.project = Project(
            settings.api_key, settings.api_secret, settings.application_id, settings.public_key
        )
        self.store = Store(settings.data_dir)
        self.links = Links(self.project, self.clock)
        self.sessions = Sessions(self.store, self.clock)
        self.archives = Archives(self.store, self.clock)
        self.hub = Hub(self.project, self.sessions, settings.grace_s)
        self.hub.live_archives = self._live_archives
        self.archiving = Archiving(
            archives=self.archives,
            sessions=self.sessions,
            store=self.store,
            clock=self.clock,
            tell=self.hub.tell,
            limits=settings.limits,
            recorder_factory=recorder_factory,
        )
        self.hub.room = Room(self.sessions, self.hub, self.archiving)
        self.incidents = Incidents(self.sessions, self.hub, self.archiving, self.clock)
        self.rest = Rest(self)
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
        app.add_routes(Controls(self, self._settings.controllable).routes())
        app.add_routes(site.routes())
        app.add_routes(self.rest.routes())
        return app

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
