"""The vendor's REST calls as one table: name, method, path, and who answers."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from localtok.errors import Forbidden, NotBuilt
from localtok.http.archive_calls import ArchiveCalls
from localtok.http.auth import Project, caller
from localtok.http.session_calls import SessionCalls
from localtok.http.storage_calls import StorageCalls
from localtok.http.wire import CALLER, NOT_BUILT, Handler
from localtok.process.clock import wall_s

PROJECT = "/v2/project/{project}"
SESSION = PROJECT + "/session/{session}"
ARCHIVES = PROJECT + "/archive"
STORAGE = ARCHIVES + "/storage"
ARCHIVE = ARCHIVES + "/{archive}"
STREAMS = SESSION + "/stream"
STREAM = STREAMS + "/{stream}"
CONNECTION = SESSION + "/connection/{connection}"

# What the vendor has besides, by a part of its path: named in the 501, and in the coverage table.
REFUSED = {
    "/broadcast": "Broadcasts (live streaming, HLS and RTMP)",
    "/dial": "SIP calls",
    "/play-dtmf": "DTMF tones of SIP calls",
    "/captions": "Live captions",
    "/render": "Experience Composer",
    "/connect": "Audio Connector",
    "/callback": "Callback registration; localtok's are command-line options",
    "/upload": "Storage of archives at S3 or Azure",
    "/migrate": "Migration of a session by a call; a rotation is ordered as a fault",
}


@dataclass(frozen=True)
class Call:
    """`name` is the one that SDKs give the call; `differs` says where localtok is not the vendor's like."""

    name: str
    method: str
    path: str
    handler: Handler
    differs: str = ""


class Rest:
    def __init__(
        self, project: Project, archives: ArchiveCalls, sessions: SessionCalls, storages: StorageCalls
    ) -> None:
        self._project, self._archives, self._sessions = project, archives, sessions
        self._storages = storages

    def routes(self) -> list[web.RouteDef]:
        return [
            *(
                web.route(call.method, call.path, self._own_project(call.handler), name=call.name)
                for call in self.calls()
            ),
            web.get("/archives/{project}/{archive}/{file:archive[.](?:mp4|zip)}", self._archives.file),
            web.route("*", "/{path:.*}", self._not_built, name=NOT_BUILT),
        ]

    def call_names(self) -> list[str]:
        return [call.name for call in self.calls()]

    def calls(self) -> list[Call]:
        archives, sessions = self._archives, self._sessions
        custom = "of a custom layout's stylesheet, what is more than placing streams answers 501"
        empty = (
            "how long the vendor waits for media is not documented: "
            "after 5 s without any it is paused here, and without any to the end an empty file"
        )
        made = "location and e2ee are taken and have no effect"
        muted = "the project in the answer has no secret"
        stored = "a folder stands for the bucket; a failed upload without fallback ends in status failed"
        signal = "data may be an object, and type may be left out, unless --strict"
        return [
            Call("createSession", "POST", "/session/create", sessions.create, made),
            Call("startArchive", "POST", ARCHIVES, archives.start, f"{custom}; no transcription; {empty}"),
            Call("listArchives", "GET", ARCHIVES, archives.list),
            # Before an archive of that id.
            Call("setArchiveStorage", "PUT", STORAGE, self._storages.set, stored),
            Call("deleteArchiveStorage", "DELETE", STORAGE, self._storages.delete),
            Call("getArchive", "GET", ARCHIVE, archives.get),
            Call("deleteArchive", "DELETE", ARCHIVE, archives.delete),
            Call("stopArchive", "POST", ARCHIVE + "/stop", archives.stop),
            Call("setArchiveLayout", "PUT", ARCHIVE + "/layout", archives.set_layout, custom),
            Call("patchArchiveStreams", "PATCH", ARCHIVE + "/streams", archives.patch_streams),
            Call("signal", "POST", SESSION + "/signal", sessions.signal, signal),
            Call("signalConnection", "POST", CONNECTION + "/signal", sessions.signal, signal),
            Call("listConnections", "GET", SESSION + "/connection", sessions.list_connections),
            Call("forceDisconnect", "DELETE", CONNECTION, sessions.force_disconnect),
            Call("listStreams", "GET", STREAMS, sessions.list_streams),
            Call("getStream", "GET", STREAM, sessions.get_stream),
            Call("setStreamClasses", "PUT", STREAMS, sessions.set_classes),
            Call("muteSession", "POST", SESSION + "/mute", sessions.mute_all, muted),
            Call("muteStream", "POST", STREAM + "/mute", sessions.mute_stream, muted),
        ]

    async def _not_built(self, request: web.Request) -> web.StreamResponse:
        what = next((name for part, name in REFUSED.items() if part in request.path), "")
        where = f"{request.method} {request.path} is not implemented by localtok."
        raise NotBuilt(f"{where} Missing: {what}." if what else where)

    def _own_project(self, handler: Handler) -> Handler:
        """Lets only calls signed for this project through."""

        async def checked(request: web.Request) -> web.StreamResponse:
            request[CALLER] = caller(self._project, request.headers, wall_s())
            if request.match_info.get("project", request[CALLER]) != request[CALLER]:
                raise Forbidden("The project in the path is not the one of the token.")
            return await handler(request)

        return checked
