"""REST calls on archives. Each handler reads the request, calls the domain and shapes the answer."""

from __future__ import annotations

from aiohttp import web

from localtok.archives.archive import Archive, Archives
from localtok.archives.archiving import Archiving
from localtok.errors import BadRequest, NotFound
from localtok.http.links import Links
from localtok.http.options import archive_options, layout_options, page_options, stream_change
from localtok.http.wire import CALLER, answer, json_object
from localtok.process.store import Store
from localtok.sessions.sessions import Sessions

CONTENT_TYPES = {".mp4": "video/mp4", ".zip": "application/zip"}


class ArchiveCalls:
    def __init__(
        self, *, sessions: Sessions, archives: Archives, archiving: Archiving, links: Links, store: Store
    ) -> None:
        self._sessions, self._archives, self._archiving = sessions, archives, archiving
        self._links, self._store = links, store

    async def start(self, request: web.Request) -> web.StreamResponse:
        body = await json_object(request)
        session_id = body.get("sessionId")
        if not isinstance(session_id, str) or not session_id:
            raise BadRequest("sessionId is missing.")
        session = self._sessions.find(session_id)
        if session is None or session.project_key != request[CALLER]:
            raise NotFound("Session not found.")
        archive = await self._archiving.start(session_id, **archive_options(body))
        return self._answer(archive)

    async def stop(self, request: web.Request) -> web.StreamResponse:
        return self._answer(self._archiving.stop(self._archive(request).id))

    async def get(self, request: web.Request) -> web.StreamResponse:
        return self._answer(self._archive(request))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        self._archiving.delete(self._archive(request).id)
        return web.Response(status=204)

    async def list(self, request: web.Request) -> web.StreamResponse:
        offset, count = page_options(request.query)
        session_id = request.query.get("sessionId")
        total, archives = self._archives.page(request[CALLER], offset, count, session_id)
        url = self._links.url
        return answer({"count": total, "items": [archive.for_rest(url(archive)) for archive in archives]})

    async def set_layout(self, request: web.Request) -> web.StreamResponse:
        layout = layout_options(await json_object(request))
        return self._answer(self._archiving.set_layout(self._archive(request).id, **layout))

    async def patch_streams(self, request: web.Request) -> web.StreamResponse:
        stream_id, media = stream_change(await json_object(request))
        archive = self._archive(request)
        if media is None:
            self._archiving.remove_stream(archive.id, stream_id)
        else:
            self._archiving.add_stream(archive.id, stream_id, *media)
        return web.Response(status=204)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The recording itself, with ranges, for whoever has a link that is still good."""
        archive = self._archiving.get(request.match_info["archive"])
        query = request.query
        self._links.check(archive.id, query.get("expires", ""), query.get("signature", ""))
        path = self._store.media_path(archive.id, archive.suffix)
        if self._links.url(archive) is None or not path.exists():
            raise NotFound(f"The archive has no file: it is {archive.status.value}.")
        return web.FileResponse(path, headers={"Content-Type": CONTENT_TYPES[archive.suffix]})

    def _archive(self, request: web.Request) -> Archive:
        archive = self._archiving.get(request.match_info["archive"])
        if archive.project_key != request[CALLER]:
            raise NotFound("Archive not found.")
        return archive

    def _answer(self, archive: Archive) -> web.Response:
        return answer(archive.for_rest(self._links.url(archive)))
