"""What the operations of a connected page work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from localtok.errors import ClientError
from localtok.sessions.sessions import Connection, Session, Sessions, Stream


class Pages(Protocol):
    def tell(self, connection_id: str, message: dict[str, Any]) -> None: ...
    def broadcast(self, session_id: str, message: dict[str, Any], but: str = "") -> None: ...
    def address(self, connection_id: str) -> str: ...
    def remove(self, connection_id: str, reason: str) -> None: ...


class RecorderPeers(Protocol):
    def offered(self, peer_id: str, sdp: str) -> bool: ...
    def peer_failed(self, peer_id: str, reason: str) -> None: ...


@dataclass(frozen=True)
class Room:
    """What operations work on."""

    sessions: Sessions
    pages: Pages
    recorders: RecorderPeers

    def session(self, connection: Connection) -> Session:
        session = self.sessions.find(connection.session_id)
        if session is None or connection.id not in session.connections:
            raise ClientError("OT_NOT_CONNECTED", "The connection has ended.")
        return session

    def stream(self, connection: Connection, stream_id: str, action: str = "") -> Stream:
        """A stream of the connection's session; with `action`, only the connection's own."""
        stream = self.session(connection).streams.get(stream_id)
        if stream is None:
            raise ClientError("OT_STREAM_NOT_FOUND", "The stream no longer exists.")
        if action and stream.connection_id != connection.id:
            raise ClientError("OT_PERMISSION_DENIED", f"Only its publisher may {action} a stream.")
        return stream
