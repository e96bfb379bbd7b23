"""What localtok serves besides the vendor's calls: its health and the browser library."""

from __future__ import annotations

from aiohttp import web

from localtok.client.library import script
from localtok.http.wire import answer


def routes() -> list[web.RouteDef]:
    return [
        web.get("/healthz", health),
        web.get("/v2/js/opentok.js", client_script),
        web.get("/v2/js/opentok.min.js", client_script),
    ]


async def health(request: web.Request) -> web.StreamResponse:
    return answer({"status": "ok"})


async def client_script(request: web.Request) -> web.StreamResponse:
    headers = {"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache"}
    return web.Response(body=script().encode(), headers=headers)
