"""The platform in memory: the gateway's interface, owned time, failures before or after each call acts."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from archives import errors
from archives.platform.gateway import SignalData

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LIVE = ("started", "paused")
DELETABLE = ("available", "uploaded", "deleted")
# How long an archive lasts without publishers, without a first one, and without anybody at all.
IDLE_S, FIRST_S, EMPTY_S = 3600.0, 60.0, 60.0


class Killed(BaseException):
    """The process dies at this call; nothing after it runs."""


@dataclass
class Fault:
    """Fails the call `name` at its `occurrence` (1 = next): before it acts, or after, with the reply lost."""

    name: str
    error: BaseException
    after: bool = False
    occurrence: int = 1
    times: int = 1
    hit: int = 0


@dataclass
class FakeArchive:
    id: str
    session_id: str
    name: str
    tag: str
    began: datetime
    status: str = "started"
    ended: datetime | None = None
    reason: str = ""
    foreign: bool = False
    paused_since: datetime | None = None
    # What it has not recorded, as it truly was.
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    published: bool = True
    # When it was in which state, as reported to a caller or by a callback.
    told: list[tuple[datetime, str]] = field(default_factory=list)
    # No media reaches it, whoever publishes.
    deaf: bool = False

    @property
    def live(self) -> bool:
        return self.status in LIVE

    def pause(self, now: datetime) -> None:
        self.status, self.paused_since = "paused", now

    def resume(self, now: datetime) -> None:
        assert self.paused_since
        self.pauses.append((self.paused_since, now))
        self.status, self.paused_since, self.published = "started", None, True

    @property
    def paused_s(self) -> float:
        return sum((until - since).total_seconds() for since, until in self.pauses)

    def recorded_s(self) -> float:
        """What its file is long."""
        assert self.ended
        return (self.ended - self.began).total_seconds() - self.paused_s

    def limit_at(self, limit_s: float) -> datetime | None:
        """When it will have recorded for `limit_s`; None while it is paused."""
        return None if self.paused_since else self.began + timedelta(seconds=limit_s + self.paused_s)

    def json(self, now: datetime) -> dict[str, Any]:
        ended = self.ended
        return {
            "id": self.id,
            "status": self.status,
            "name": self.name,
            "reason": self.reason,
            "sessionId": self.session_id,
            "createdAt": round(self.began.timestamp() * 1000),
            "duration": self.recorded_s() if ended else 0,
            "size": 1000 if self.status in ("available", "uploaded") else 0,
            "url": f"http://files/{self.id}.mp4" if self.status == "available" else None,
            "outputMode": "composed",
        }


@dataclass
class FakePlatform:
    limit_s: float = 14400.0
    page: int = 1000
    call_takes_s: float = 0.01
    now: datetime = START
    archives: dict[str, FakeArchive] = field(default_factory=dict)
    streams: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    connected: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    # Since when nobody has been in a session that somebody was in.
    left_at: dict[str, datetime] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    signals: list[tuple[str, str, SignalData]] = field(default_factory=list)
    # Called for each signal and each stop that acts, so that tests can be pages, and watch.
    on_signal: Callable[[str, str], None] | None = None
    on_stop: Callable[[FakeArchive], None] | None = None
    # Called with a call's name before and after it acts: others act meanwhile, time passes, processes die.
    on_call: Callable[[str, str], None] | None = None
    # What a caller was last told: who publishes in a session, and which archives were recording.
    told_people: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    told_live: set[str] = field(default_factory=set)
    # Every callback that the platform owes, oldest first, as (source, body); nobody has to deliver them.
    callbacks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    # Who truly published where: (session, name) and since when; None until it ended.
    published: list[tuple[str, str, datetime, datetime | None]] = field(default_factory=list)
    # Callbacks are delivered at once.
    prompt: bool = False
    created: int = 0
    _blocks: int = field(default_factory=lambda: len(connection.atomic_blocks))

    # --- the world ---
    def clock(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for archive in self.live():
            due = self._due(archive)
            if due and due[0] <= self.now:
                self.end(archive, due[1], due[0])

    def _due(self, archive: FakeArchive) -> tuple[datetime, str] | None:
        """When the archive ends by itself, as things are, and why."""
        ends = []
        if limit_at := archive.limit_at(self.limit_s):
            ends.append((limit_at, "maximum duration exceeded"))
        if archive.paused_since:
            patience_s = IDLE_S if archive.published else FIRST_S
            ends.append((archive.paused_since + timedelta(seconds=patience_s), "maximum idle time exceeded"))
        if left_at := self.left_at.get(archive.session_id):
            ends.append((left_at + timedelta(seconds=EMPTY_S), "session ended"))
        return min(ends, default=None)

    def end(
        self, archive: FakeArchive, reason: str, at: datetime | None = None, status: str = "available"
    ) -> None:
        archive.ended, archive.reason, archive.status = at or self.now, reason, "stopped"
        if archive.paused_since:
            archive.pauses.append((archive.paused_since, archive.ended))
            archive.paused_since = None
        self._owe_archive(archive)
        archive.status = status
        self._owe_archive(archive)

    def publish(self, session_id: str, *names: str) -> None:
        for name in names:
            if self._stream_of(session_id, name) is None:
                # Who comes back has another stream.
                stream = f"stream-{len(self.published)}-{session_id}-{name}"
                self.streams[session_id][stream] = f"{name} [{name.lower()}]"
                self.published.append((session_id, name, self.now, None))
                self._owe_stream(session_id, stream, name, "streamCreated")
        self.connected[session_id] |= set(names)
        self._follow(session_id)

    def unpublish(self, session_id: str, *names: str, connected: bool = False) -> None:
        """They leave, or with `connected` stay without publishing."""
        for name in names:
            stream = self._stream_of(session_id, name)
            if stream is not None:
                del self.streams[session_id][stream]
                self._end_published(session_id, name)
                self._owe_stream(session_id, stream, name, "streamDestroyed")
        if not connected:
            self.connected[session_id] -= set(names)
        self._follow(session_id)

    def _stream_of(self, session_id: str, name: str) -> str | None:
        title = f"{name} [{name.lower()}]"
        return next((pk for pk, shown in self.streams[session_id].items() if shown == title), None)

    def _end_published(self, session_id: str, name: str) -> None:
        for index, (side, who, since, until) in enumerate(self.published):
            if (side, who, until) == (session_id, name, None):
                self.published[index] = (side, who, since, self.now)

    def _follow(self, session_id: str) -> None:
        """Archives of a session are paused while nobody publishes in it."""
        if self.connected[session_id]:
            self.left_at.pop(session_id, None)
        else:
            self.left_at.setdefault(session_id, self.now)
        published = bool(self.streams[session_id])
        for archive in self.live(session_id):
            heard = published and not archive.deaf
            if heard == (archive.status == "paused"):
                (archive.resume if heard else archive.pause)(self.now)
                self._owe_archive(archive)

    def deafen(self, archive: FakeArchive, deaf: bool = True) -> None:
        """People publish, and none of it reaches the archive, which is paused; or that is over."""
        archive.deaf = deaf
        self._follow(archive.session_id)

    def people(self, session_id: str) -> set[str]:
        return {name.split("[")[1].rstrip("]") for name in self.streams[session_id].values()}

    def _owe_archive(self, archive: FakeArchive) -> None:
        rounded = archive.json(self.now)
        rounded["createdAt"] = rounded["createdAt"] // 1000 * 1000
        self.callbacks.append(("archive", rounded | {"event": "archive"}))

    def _owe_stream(self, session_id: str, stream: str, name: str, event: str) -> None:
        data = f'{{"participant": "{name.lower()}", "name": "{name}"}}'
        told = {"id": stream, "connection": {"id": f"connection-{name}", "data": data}, "videoType": "camera"}
        now = {"timestamp": round(self.now.timestamp() * 1000)}
        self.callbacks.append(("session", {"sessionId": session_id, "event": event, "stream": told} | now))

    def live(self, session_id: str = "") -> list[FakeArchive]:
        return [a for a in self.archives.values() if a.live and session_id in ("", a.session_id)]

    def foreign_archive(self, session_id: str, name: str) -> FakeArchive:
        archive = self._record(session_id, name, "")
        archive.foreign = True
        return archive

    def fail(self, name: str, error: BaseException, **how: Any) -> Fault:
        fault = Fault(name, error, **how)
        self.faults.append(fault)
        return fault

    def _record(self, session_id: str, name: str, tag: str) -> FakeArchive:
        archive = FakeArchive(f"archive-{len(self.archives)}", session_id, name, tag, self.now)
        self.archives[archive.id] = archive
        self._owe_archive(archive)
        if not self.streams[session_id]:
            archive.published = False
            archive.pause(self.now)
        return archive

    # --- failures ---
    def _call(self, name: str, act: Callable[[], Any]) -> Any:
        assert len(connection.atomic_blocks) <= self._blocks, f"{name} was called inside a transaction"
        self.calls.append(name)
        self.advance(self.call_takes_s)
        self._meanwhile(name, "before")
        fault = self._fault(name)
        # A copy each time: an exception that is raised again and again keeps every traceback.
        if fault and not fault.after:
            raise copy.copy(fault.error)
        answer = act()
        self._meanwhile(name, "after")
        if fault:
            raise copy.copy(fault.error)
        return answer

    def _meanwhile(self, name: str, when: str) -> None:
        if self.on_call:
            self.on_call(name, when)

    def _fault(self, name: str) -> Fault | None:
        for fault in self.faults:
            if fault.name not in (name, "*") or not fault.times:
                continue
            fault.hit += 1
            if fault.hit < fault.occurrence:
                continue
            fault.times -= 1
            return fault
        return None

    # --- the gateway's interface ---
    def session_create(self) -> str:
        def act() -> str:
            self.created += 1
            return f"2_session-{self.created}"

        return str(self._call("session_create", act))

    def token(self, session_id: str, data: str) -> str:
        return f"token:{session_id}:{data}"

    def archive_start(self, session_id: str, name: str, tag: str = "") -> dict[str, Any]:
        def act() -> dict[str, Any]:
            if not self.connected[session_id]:
                raise errors.NoClients
            rivals = self.live(session_id)
            if any(not tag or not rival.tag or rival.tag == tag for rival in rivals):
                raise errors.AlreadyRecording
            archive = self._record(session_id, name, tag).json(self.now)
            self._tell(archive)
            return archive

        return dict(self._call("archive_start", act))

    def archive_stop(self, archive_id: str) -> dict[str, Any]:
        def act() -> dict[str, Any]:
            archive = self._known(archive_id)
            if archive.live:
                if self.on_stop:
                    self.on_stop(archive)
                self.end(archive, "user initiated")
            elif archive.status != "stopped":
                raise errors.WrongStatus
            # The answer comes before the file: that is there by the next call.
            return archive.json(self.now) | {"status": "stopped", "url": None, "size": 0, "duration": 0}

        return dict(self._call("archive_stop", act))

    def archive_get(self, archive_id: str) -> dict[str, Any]:
        def act() -> dict[str, Any]:
            archive = self._known(archive_id).json(self.now)
            self._tell(archive)
            return archive

        return dict(self._call("archive_get", act))

    def _tell(self, *archives: dict[str, Any]) -> None:
        for archive in archives:
            self.archives[archive["id"]].told.append((self.now, archive["status"]))
            (self.told_live.add if archive["status"] in LIVE else self.told_live.discard)(archive["id"])

    def _known(self, archive_id: str) -> FakeArchive:
        if archive_id not in self.archives:
            raise errors.NotFound
        return self.archives[archive_id]

    def archive_delete(self, archive_id: str) -> None:
        def act() -> None:
            archive = self._known(archive_id)
            if archive.status not in DELETABLE:
                raise errors.WrongStatus
            archive.status = "deleted"

        self._call("archive_delete", act)

    def archives_list(self, session_id: str, since_ms: int = 0) -> list[dict[str, Any]]:
        def act() -> list[dict[str, Any]]:
            kept = [a for a in self.archives.values() if a.status != "deleted"]
            mine = [a.json(self.now) for a in kept if a.session_id == session_id]
            self._tell(*mine)
            return [a for a in reversed(mine) if a["createdAt"] >= since_ms]

        return list(self._call("archives_list", act))

    def archives_newest(self, page: int) -> list[dict[str, Any]]:
        def act() -> list[dict[str, Any]]:
            kept = [a.json(self.now) for a in self.archives.values() if a.status != "deleted"]
            shown = kept[::-1][page * self.page : (page + 1) * self.page]
            self._tell(*shown)
            return shown

        return list(self._call("archives_newest", act))

    def streams_list(self, session_id: str) -> list[dict[str, Any]]:
        def act() -> list[dict[str, Any]]:
            self.told_people[session_id] = self.people(session_id)
            return [
                {"id": id_, "name": name, "videoType": "camera"}
                for id_, name in self.streams[session_id].items()
            ]

        return list(self._call("streams_list", act))

    def signal(self, session_id: str, type: str, data: SignalData) -> None:
        def act() -> None:
            self.signals.append((session_id, type, data))
            if self.on_signal:
                self.on_signal(session_id, type)

        self._call("signal", act)

    def disconnect(self, session_id: str, connection_id: str) -> None:
        def act() -> None:
            name = connection_id.removeprefix("connection-")
            if name not in self.connected[session_id]:
                raise errors.NotFound
            self.unpublish(session_id, name)

        self._call("disconnect", act)

    def ping(self) -> None:
        self._call("ping", lambda: None)
