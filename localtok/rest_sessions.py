"""REST calls on sessions and who is in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from localtok.errors import BadRequest, InvalidStream, NotFound
from localtok.moderation import mute_session, mute_stream
from localtok.operations import Room
from localtok.options import class_options, mute_options, session_options, signal_options
from localtok.sessions import Session, Stream
from localtok.wire import CALLER, answer, json_object

if TYPE_CHECKING:
    from localtok.server import Localtok


class SessionCalls:
    def __init__(self, localtok: Localtok) -> None:
        self._localtok = localtok

    async def create(self, request: web.Request) -> web.StreamResponse:
        options = session_options(await request.post())
        unified = request[CALLER] == self._localtok.project.application_id
        session = self._localtok.sessions.create(request[CALLER], unified=unified, **options)
        created = datetime.fromtimestamp(session.created_ms / 1000, UTC)
        properties = {
            "session_id": session.id,
            "project_id": session.project_key,
            "partner_id": session.project_key,
            "create_dt": created.strftime("%a %b %d %H:%M:%S UTC %Y"),
            "media_server_url": "",
        }
        return answer([properties])

    async def signal(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        kind, data = signal_options(await json_object(request))
        message = {"event": "signal", "type": kind, "data": data, "from": None}
        connection_id = request.match_info.get("connection")
        if connection_id is None:
            self._localtok.hub.broadcast(session.id, message)
        else:
            self._connected(session, connection_id)
            self._localtok.hub.tell(connection_id, message)
        return web.Response(status=204)

    async def list_connections(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        project = "applicationId" if session.unified else "projectId"
        items = [
            {"connectionId": each.id, "connectionState": "Connected", "createdAt": str(each.created_ms)}
            for each in session.connections.values()
        ]
        described = {project: session.project_key, "sessionId": session.id}
        return answer({"count": len(items), **described, "items": items})

    async def force_disconnect(self, request: web.Request) -> web.StreamResponse:
        connection_id = request.match_info["connection"]
        self._connected(self._session(request), connection_id)
        self._localtok.hub.remove(connection_id, "forceDisconnected")
        return web.Response(status=204)

    async def list_streams(self, request: web.Request) -> web.StreamResponse:
        return self._streams_answer(self._session(request))

    async def get_stream(self, request: web.Request) -> web.StreamResponse:
        stream = self._session(request).streams.get(request.match_info["stream"])
        if stream is None:
            raise InvalidStream("Invalid stream ID.")
        return answer(stream.for_rest())

    async def set_classes(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        classes = class_options(await json_object(request))
        if unknown := set(classes) - set(session.streams):
            raise BadRequest(f"Invalid stream ID: {', '.join(sorted(unknown))}.")
        for stream_id, names in classes.items():
            session.streams[stream_id].layout_classes = names
            self._localtok.archiving.stream_changed(session.id, session.streams[stream_id])
        return self._streams_answer(session)

    async def mute_all(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        active, excluded = mute_options(await json_object(request))
        mute_session(self._room(), session, active, excluded)
        return self._project_answer(session)

    async def mute_stream(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        stream = session.streams.get(request.match_info["stream"])
        if stream is None:
            raise NotFound("Stream not found.")
        mute_stream(self._room(), session, stream)
        return self._project_answer(session)

    def _session(self, request: web.Request) -> Session:
        session = self._localtok.sessions.find(request.match_info["session"])
        if session is None or session.project_key != request[CALLER]:
            raise NotFound("Session not found.")
        return session

    def _connected(self, session: Session, connection_id: str) -> None:
        if connection_id not in session.connections:
            raise NotFound("The client with this connection ID is not connected to the session.")

    def _room(self) -> Room:
        assert self._localtok.hub.room is not None  # noqa: S101 - the server sets it before it serves
        return self._localtok.hub.room

    def _streams_answer(self, session: Session) -> web.Response:
        streams: list[Stream] = list(session.streams.values())
        return answer({"count": len(streams), "items": [stream.for_rest() for stream in streams]})

    def _project_answer(self, session: Session) -> web.Response:
        """The vendor answers a mute with the project (reference of force mute)."""
        project: dict[str, Any] = {
            "applicationId" if session.unified else "projectId": session.project_key,
            "status": "ACTIVE",
            "name": "localtok",
            "environment": "standard",
            "createdAt": session.created_ms,
        }
        return answer(project)
