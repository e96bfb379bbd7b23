"""REST calls on sessions and who is in them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from localtok.archives.archiving import Archiving
from localtok.errors import BadRequest, InvalidStream, NotFound
from localtok.http.auth import Project
from localtok.http.options import (
    class_options,
    mute_options,
    page_options,
    session_options,
    signal_options,
)
from localtok.http.wire import CALLER, answer, json_object
from localtok.sessions.sessions import Session, Sessions, Stream
from localtok.signalling.hub import Hub
from localtok.signalling.moderation import mute_session, mute_stream
from localtok.signalling.room import Room

# Of a created session, as the vendor answers it (fixture create_session.json of its Python SDK).
ICE_CREDENTIAL_EXPIRATION_S = 86_100
ALWAYS_NULL = (
    *("session_status", "status_invalid", "media_server_hostname", "messaging_server_url", "messaging_url"),
    *("symphony_address", "properties", "ice_server", "ice_servers"),
)


class SessionCalls:
    """`strict` refuses what localtok takes by choice and the vendor's documentation does not name."""

    def __init__(
        self, *, project: Project, sessions: Sessions, archiving: Archiving, hub: Hub, strict: bool
    ) -> None:
        self._project, self._sessions, self._archiving = project, sessions, archiving
        self._hub, self._strict = hub, strict

    async def create(self, request: web.Request) -> web.StreamResponse:
        options = session_options(await _form(request))
        unified = request[CALLER] == self._project.application_id
        session = self._sessions.create(request[CALLER], unified=unified, **options)
        return answer([_created(session)])

    async def signal(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        kind, data = signal_options(await json_object(request), self._strict)
        message = {"event": "signal", "type": kind, "data": data, "from": None}
        connection_id = request.match_info.get("connection")
        if connection_id is None:
            _occupied(session)
            self._hub.broadcast(session.id, message)
        else:
            self._connected(session, connection_id)
            self._hub.tell(connection_id, message)
        return web.Response(status=204)

    async def list_connections(self, request: web.Request) -> web.StreamResponse:
        """Oldest first. `createdAt` is a number at OpenTok and a string at the Unified platform."""
        session = self._session(request)
        offset, count = page_options(request.query)
        present = list(session.connections.values())
        items = [
            {
                "connectionId": each.id,
                "connectionState": "Connected",
                "createdAt": str(each.created_ms) if session.unified else each.created_ms,
            }
            for each in present[offset : offset + count]
        ]
        described = {_project(session): session.project_key, "sessionId": session.id}
        return answer({"count": len(present), **described, "items": items})

    async def force_disconnect(self, request: web.Request) -> web.StreamResponse:
        connection_id = request.match_info["connection"]
        self._connected(self._session(request), connection_id)
        self._hub.remove(connection_id, "forceDisconnected")
        return web.Response(status=204)

    async def list_streams(self, request: web.Request) -> web.StreamResponse:
        return self._streams_answer(_streamed(self._session(request)))

    async def get_stream(self, request: web.Request) -> web.StreamResponse:
        stream = _streamed(self._session(request)).streams.get(request.match_info["stream"])
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
            self._archiving.stream_changed(session.id, session.streams[stream_id])
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
        session = self._sessions.find(request.match_info["session"])
        if session is None or session.project_key != request[CALLER]:
            raise NotFound("Session not found.")
        return session

    def _connected(self, session: Session, connection_id: str) -> None:
        if connection_id not in session.connections:
            raise NotFound("The client with this connection ID is not connected to the session.")

    def _room(self) -> Room:
        assert self._hub.room is not None  # noqa: S101 - the server sets it before it serves
        return self._hub.room

    def _streams_answer(self, session: Session) -> web.Response:
        streams: list[Stream] = list(session.streams.values())
        return answer({"count": len(streams), "items": [stream.for_rest() for stream in streams]})

    def _project_answer(self, session: Session) -> web.Response:
        """The vendor answers a mute with the project: `applicationId` in the Unified platform's OpenAPI
        description, `id` in the fixtures of its Node SDK."""
        project: dict[str, Any] = {
            "applicationId" if session.unified else "id": session.project_key,
            "status": "ACTIVE",
            "name": "localtok",
            "environment": "standard",
            "createdAt": session.created_ms,
        }
        return answer(project)


async def _form(request: web.Request) -> Mapping[str, Any]:
    """The options of a new session, form-encoded whatever the Content-Type says: the `vonage-video` SDK calls
    them JSON once it has sent any. Options that are JSON would be lost without a word."""
    if request.content_type == "multipart/form-data":
        return await request.post()
    text = await request.text()
    if text.lstrip().startswith(("{", "[")):
        raise BadRequest("Send the options of a session form-encoded, not as JSON.")
    return dict(parse_qsl(text, keep_blank_values=True))


def _created(session: Session) -> dict[str, Any]:
    """The answer to a session's creation, with what the vendor leaves null."""
    created = datetime.fromtimestamp(session.created_ms / 1000, UTC)
    application = {"application_id": session.project_key} if session.unified else {}
    return {
        "session_id": session.id,
        "project_id": session.project_key,
        "partner_id": session.project_key,
        **application,
        "create_dt": created.strftime("%a %b %d %H:%M:%S UTC %Y"),
        "media_server_url": "",
        "session_segment_id": str(uuid.uuid5(uuid.NAMESPACE_OID, session.id)),
        "ice_credential_expiration": ICE_CREDENTIAL_EXPIRATION_S,
        **dict.fromkeys(ALWAYS_NULL),
    }


def _project(session: Session) -> str:
    return "applicationId" if session.unified else "projectId"


def _occupied(session: Session) -> None:
    if not session.connections:
        raise NotFound("No clients are actively connected to the session.")


def _streamed(session: Session) -> Session:
    """The session, if a stream was ever published there: the vendor answers 404 until then."""
    if not session.streamed:
        raise NotFound("The session exists but has not had any streams added to it yet.")
    return session
