"""REST calls on archives. Each handler reads the request, calls the domain and shapes the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from localtok.archives import Archive
from localtok.errors import BadRequest, NotFound
from localtok.options import archive_options, layout_options, page_options, stream_change
from localtok.wire import CALLER, answer, json_object

if TYPE_CHECKING:
    from localtok.server import Localtok

CONTENT_TYPES = {".mp4": "video/mp4", ".zip": "application/zip"}


class ArchiveCalls:
    def __init__(self, localtok: Localtok) -> None:
        self._localtok = localtok

    async def start(self, request: web.Request) -> web.StreamResponse:
        body = await json_object(request)
        session_id = body.get("sessionId")
        if not isinstance(session_id, str) or not session_id:
            raise BadRequest("sessionId is missing.")
        session = self._localtok.sessions.find(session_id)
        if session is None or session.project_key != request[CALLER]:
            raise NotFound("Session not found.")
        archive = await self._localtok.archiving.start(session_id, **archive_options(body))
        return self._answer(archive)

    async def stop(self, request: web.Request) -> web.StreamResponse:
        return self._answer(self._localtok.archiving.stop(self._archive(request).id))

    async def get(self, request: web.Request) -> web.StreamResponse:
        return self._answer(self._archive(request))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        self._localtok.archiving.delete(self._archive(request).id)
        return web.Response(status=204)

    async def list(self, request: web.Request) -> web.StreamResponse:
        offset, count = page_options(request.query)
        session_id = request.query.get("sessionId")
        total, archives = self._localtok.archives.page(request[CALLER], offset, count, session_id)
        url = self._localtok.links.url
        return answer({"count": total, "items": [archive.for_rest(url(archive)) for archive in archives]})

    async def set_layout(self, request: web.Request) -> web.StreamResponse:
        layout = layout_options(await json_object(request))
        return self._answer(self._localtok.archiving.set_layout(self._archive(request).id, **layout))

    async def patch_streams(self, request: web.Request) -> web.StreamResponse:
        stream_id, media = stream_change(await json_object(request))
        archive = self._archive(request)
        if media is None:
            self._localtok.archiving.remove_stream(archive.id, stream_id)
        else:
            self._localtok.archiving.add_stream(archive.id, stream_id, *media)
        return web.Response(status=204)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The recording itself, with ranges, for whoever has a link that is still good."""
        archive = self._localtok.archiving.get(request.match_info["archive"])
        query = request.query
        self._localtok.links.check(archive.id, query.get("expires", ""), query.get("signature", ""))
        path = self._localtok.store.media_path(archive.id, archive.suffix)
        if self._localtok.links.url(archive) is None or not path.exists():
            raise NotFound(f"The archive has no file: it is {archive.status.value}.")
        return web.FileResponse(path, headers={"Content-Type": CONTENT_TYPES[archive.suffix]})

    def _archive(self, request: web.Request) -> Archive:
        archive = self._localtok.archiving.get(request.match_info["archive"])
        if archive.project_key != request[CALLER]:
            raise NotFound("Archive not found.")
        return archive

    def _answer(self, archive: Archive) -> web.Response:
        return answer(archive.for_rest(self._localtok.links.url(archive)))
