"""The WebSocket that pages are connected by. Its wire protocol is described in docs/localtok.md."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from localtok.errors import ClientError
from localtok.http.auth import Project, read_client_token
from localtok.process.clock import wall_s
from localtok.process.tasks import Tasks
from localtok.sessions.sessions import Connection, SessionEvent, Sessions
from localtok.signalling.operations import OPERATIONS
from localtok.signalling.peers import Peer
from localtok.signalling.room import Room

log = logging.getLogger(__name__)

GREETING_TIMEOUT_S = 10.0
HEARTBEAT_S = 10.0
MAX_MESSAGE = 512 * 1024
# A page whose network blinks keeps its connection and its streams for this long.
GRACE_S = 10.0
LEFT_CLEANLY = (WSCloseCode.OK, WSCloseCode.GOING_AWAY)

Greeting = dict[str, Any]


class Hub:
    """Every connected page. Hears of each change in the sessions and passes it on to the pages there."""

    def __init__(self, project: Project, sessions: Sessions, grace_s: float = GRACE_S) -> None:
        self._project = project
        self._sessions = sessions
        self._grace_s = grace_s
        self._peers: dict[str, Peer] = {}
        self._tasks = Tasks()
        self.room: Room | None = None
        self.live_archives: Callable[[str], list[dict[str, Any]]] = lambda session_id: []
        sessions.listeners.append(self._on_session_event)

    def tell(self, connection_id: str, message: dict[str, Any]) -> None:
        peer = self._peers.get(connection_id)
        if peer is None:
            return
        peer.send(message)
        if peer.overflowed:
            log.warning("connection %s does not read its messages", connection_id)
            self.remove(connection_id, "networkDisconnected")

    def broadcast(self, session_id: str, message: dict[str, Any], but: str = "") -> None:
        session = self._sessions.find(session_id)
        for connection_id in list(session.connections) if session else []:
            if connection_id != but:
                self.tell(connection_id, message)

    def address(self, connection_id: str) -> str:
        """The network address that a connected page comes from, or nothing."""
        peer = self._peers.get(connection_id)
        return peer.address if peer else ""

    def remove(self, connection_id: str, reason: str) -> None:
        """Ends a connection and tells its page why."""
        peer = self._peers.pop(connection_id, None)
        if peer is None:
            return
        if peer.grace is not None:
            peer.grace.cancel()
        self._sessions.disconnect(peer.connection, reason)
        if peer.socket is not None:
            self._tasks.spawn(self._dismiss(peer.socket, reason), f"dismiss {connection_id}")
        peer.detach()

    def break_socket(self, connection_id: str, seconds: float) -> None:
        """The page's socket is lost, and refused when it comes back before `seconds` are over."""
        peer = self._peers.get(connection_id)
        if peer is None:
            return
        peer.unreachable_until = asyncio.get_running_loop().time() + seconds
        if peer.transport is not None:
            peer.transport.abort()

    async def _dismiss(self, socket: web.WebSocketResponse, reason: str) -> None:
        try:
            await asyncio.wait_for(socket.send_json({"event": "sessionDisconnected", "reason": reason}), 2)
            await socket.close()
        except (TimeoutError, ConnectionError, RuntimeError) as error:
            log.debug("a page was gone before it could be told: %r", error)

    def disconnect_all(self, reason: str) -> None:
        for connection_id in list(self._peers):
            self.remove(connection_id, reason)

    async def close(self) -> None:
        self.disconnect_all("networkDisconnected")
        await self._tasks.settle(timeout_s=3)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE)
        await socket.prepare(request)
        peer = await self._greet(socket)
        if peer is None:
            await socket.close()
            return socket
        peer.address, peer.transport = request.remote or "", request.transport
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self._perform(peer, message.data)
        self._lost(peer, socket)
        return socket

    async def _greet(self, socket: web.WebSocketResponse) -> Peer | None:
        """The first message connects or resumes; anything else is told off and the socket closed."""
        request: Greeting = {}
        try:
            request = await socket.receive_json(timeout=GREETING_TIMEOUT_S)
            if not isinstance(request, dict):
                raise ValueError("not an object")
            peer, seen = self._resume(request) if request.get("op") == "resume" else self._connect(request)
        except ClientError as error:
            await socket.send_json({"re": request.get("id"), "error": error.body()})
            return None
        except (TimeoutError, TypeError, ValueError) as error:
            log.info("a socket did not introduce itself: %r", error)
            return None
        peer.socket = socket
        self._tasks.spawn(self._pump(peer, socket, seen), f"pump {peer.connection.id}")
        return peer

    async def _pump(self, peer: Peer, socket: web.WebSocketResponse, seen: int) -> None:
        try:
            await peer.pump(socket, seen)
        except ConnectionError as error:
            log.debug("connection %s: socket lost: %r", peer.connection.id, error)

    def _connect(self, request: Greeting) -> tuple[Peer, int]:
        session_id = str(request.get("sessionId") or "")
        session = self._sessions.find(session_id)
        if session is None:
            raise ClientError("OT_INVALID_SESSION_ID", "Invalid session ID: this server has no such session.")
        if request.get("apiKey") not in (None, session.project_key):
            raise ClientError("OT_AUTHENTICATION_ERROR", "Invalid API key for this server.")
        token = read_client_token(self._project, request.get("token") or "", session_id, wall_s())
        present = {
            "connections": [connection.for_page() for connection in session.connections.values()],
            "streams": [stream.for_page() for stream in session.streams.values()],
            "archives": self.live_archives(session_id),
        }
        connection = self._sessions.connect(session, token)
        peer = self._peers[connection.id] = Peer(connection)
        peer.send({"re": request.get("id"), **self._welcome(connection, peer), **present})
        return peer, 0

    def _welcome(self, connection: Connection, peer: Peer) -> dict[str, Any]:
        actions = ("publish", "subscribe", "signal", "moderate")
        return {
            "connection": connection.for_page(),
            "may": [action for action in actions if connection.token.may(action)],
            "resumeKey": peer.resume_key,
            "graceMs": round(self._grace_s * 1000),
        }

    def _resume(self, request: Greeting) -> tuple[Peer, int]:
        peer = self._peers.get(str(request.get("connectionId")))
        seen = int(request.get("seen") or 0)
        if peer is None or peer.resume_key != request.get("resumeKey") or not peer.can_resume_after(seen):
            raise ClientError("OT_NOT_CONNECTED", "The connection has ended meanwhile; connect again.")
        if asyncio.get_running_loop().time() < peer.unreachable_until:
            raise ClientError("OT_CONNECT_FAILED", "The network of this client is lost, as ordered.")
        if peer.grace is not None:
            peer.grace.cancel()
            peer.grace = None
        if peer.socket is not None:
            self._tasks.spawn(peer.socket.close(), f"close the old socket of {peer.connection.id}")
        peer.send({"re": request.get("id")})
        return peer, seen

    def _lost(self, peer: Peer, socket: web.WebSocketResponse) -> None:
        if peer.socket is not socket:
            return
        peer.detach()
        if socket.close_code in LEFT_CLEANLY:
            self.remove(peer.connection.id, "clientDisconnected")
            return
        loop = asyncio.get_running_loop()
        peer.grace = loop.call_later(self._grace_s, self.remove, peer.connection.id, "networkDisconnected")

    def _perform(self, peer: Peer, text: str) -> None:
        """Carries out one request of a page and answers it."""
        number = None
        try:
            request = json.loads(text, parse_constant=_no_number)
            number = request.get("id")
            operation = OPERATIONS.get(request.get("op"))
            if operation is None or self.room is None:
                raise ClientError("OT_INVALID_PARAMETER", f"Unknown operation {request.get('op')!r}.")
            peer.send({"re": number, **operation(self.room, peer.connection, request)})
        except ClientError as error:
            peer.send({"re": number, "error": error.body()})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            log.info("connection %s sent a message that cannot be used: %r", peer.connection.id, error)
            refusal = ClientError("OT_INVALID_PARAMETER", f"The message cannot be used: {error!r}.")
            peer.send({"re": number, "error": refusal.body()})

    def _on_session_event(self, event: SessionEvent) -> None:
        if event.connection is None:
            return
        message: dict[str, Any] = {"event": event.kind, "reason": event.reason}
        if event.stream is not None:
            message["stream"] = event.stream.for_page()
        else:
            message["connection"] = event.connection.for_page()
        self.broadcast(event.session.id, message)


def _no_number(name: str) -> None:
    """Python writes and reads NaN and Infinity; no browser could read what we passed on."""
    raise ValueError(f"{name} is not JSON")
