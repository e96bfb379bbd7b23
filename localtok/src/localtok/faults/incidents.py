"""What befalls a session, not a call: a lost network, a crashed archiver, a media server that is rotated."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from localtok.archives.archiving import Archiving
from localtok.errors import BadRequest, NotFound
from localtok.process.clock import Clock
from localtok.sessions.sessions import Connection, Session, SessionEvent, Sessions
from localtok.signalling.hub import Hub

# When before the end the vendor gives notice (guide on session monitoring).
NOTICES_S = (4 * 3600, 3600)
LONGEST_LOSS_S = 3600


@dataclass
class Rotation:
    """The end of a session's media server, and the notices that are still to be given."""

    session: Session
    at_ms: int
    migrate: bool
    notices_ms: list[int]


class Incidents:
    def __init__(self, sessions: Sessions, hub: Hub, archiving: Archiving, clock: Clock) -> None:
        self._sessions = sessions
        self._hub = hub
        self._archiving = archiving
        self._clock = clock
        self._rotations: list[Rotation] = []
        archiving.sweepers.append(self.sweep)

    def lose_network(self, connection_id: str, seconds: float) -> None:
        """The socket breaks and recorders hear nothing more, until `seconds` are over."""
        if not 0 < seconds <= LONGEST_LOSS_S:
            raise BadRequest(f"seconds must be more than 0 and at most {LONGEST_LOSS_S}.")
        connection = self._connection(connection_id)
        streams = self._streams_of(connection)
        self._archiving.lose(connection.session_id, streams)
        self._hub.break_socket(connection_id, seconds)
        asyncio.get_running_loop().call_later(seconds, self._network_back, connection, streams)

    def crash_archiver(self, archive_id: str) -> None:
        self._archiving.crash(archive_id)

    def rotate(self, session_id: str, in_s: float, migrate: bool) -> None:
        """Ends the session's media server in `in_s` seconds of localtok's clock, with the notices that
        still fit in. With `migrate`, pages reconnect by themselves; without, they are disconnected."""
        session = self._sessions.find(session_id)
        if session is None:
            raise NotFound("Session not found.")
        if not 0 <= in_s <= 12 * 3600:
            raise BadRequest("in_s must be 0 to 43200 seconds.")
        at_ms = self._clock.now_ms() + round(in_s * 1000)
        notices_ms = [at_ms - notice_s * 1000 for notice_s in NOTICES_S]
        due = [notice_ms for notice_ms in notices_ms if notice_ms >= self._clock.now_ms()]
        # A rotation at once has its notices all the same: whoever listens should hear them.
        self._rotations.append(Rotation(session, at_ms, migrate, due if in_s else notices_ms))

    def sweep(self, now_ms: int) -> None:
        for rotation in list(self._rotations):
            while rotation.notices_ms and rotation.notices_ms[0] <= now_ms:
                rotation.notices_ms.pop(0)
                self._sessions.tell(SessionEvent("sessionNotification", rotation.session))
            if rotation.at_ms <= now_ms:
                self._rotations.remove(rotation)
                self._rotate(rotation)

    def clear(self) -> None:
        self._rotations.clear()

    def describe(self) -> list[dict[str, Any]]:
        return [
            {"serverRotation": each.session.id, "at_ms": each.at_ms, "migrate": each.migrate}
            for each in self._rotations
        ]

    def _rotate(self, rotation: Rotation) -> None:
        session = rotation.session
        self._archiving.end_all(session.id)
        self._sessions.end(session, "serverRotation")
        for connection_id in list(session.connections):
            if rotation.migrate:
                self._hub.break_socket(connection_id, 0)
            else:
                self._hub.remove(connection_id, "networkDisconnected")

    def _network_back(self, connection: Connection, stream_ids: list[str]) -> None:
        self._archiving.regain(connection.session_id, set(stream_ids))

    def _connection(self, connection_id: str) -> Connection:
        connection = self._sessions.connection(connection_id)
        if connection is None:
            raise NotFound("No client with this connection ID is connected.")
        return connection

    def _streams_of(self, connection: Connection) -> list[str]:
        session = self._sessions.find(connection.session_id)
        streams = session.streams.values() if session else []
        return [stream.id for stream in streams if stream.connection_id == connection.id]
