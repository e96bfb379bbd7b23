"""Serves both libraries, the probes and their frames from one loopback origin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from localtok.client.library import script
from tests.support.npm import MODULES

FOLDER = Path(__file__).parent
VENDOR = MODULES / "@opentok/client/dist/js/opentok.min.js"
# Not probes, but what runs them.
MACHINERY = ("early", "harness", "orchestra")


def groups() -> list[str]:
    """Names of the groups of probes: the stems of their files."""
    return sorted(path.stem for path in FOLDER.glob("*.js") if path.stem not in MACHINERY)


async def _page(request: web.Request) -> web.Response:
    html = '<!doctype html><meta charset="utf-8"><script src="/probes/orchestra.js"></script>'
    return web.Response(text=html, content_type="text/html")


async def _frame(request: web.Request) -> web.Response:
    scripts = (
        "/probes/early.js",
        f"/library/{request.query['library']}.js",
        "/probes/harness.js",
        f"/probes/{request.query['group']}.js",
    )
    tags = "".join(f'<script src="{path}"></script>' for path in scripts)
    html = f'<!doctype html><html><head><meta charset="utf-8"></head><body>{tags}</body></html>'
    return web.Response(text=html, content_type="text/html")


async def _library(request: web.Request) -> web.Response:
    text = script() if request.match_info["name"] == "localtok" else VENDOR.read_text()
    # Chromium compiles a cached script once, not once a frame.
    headers = {"Cache-Control": "max-age=600"}
    return web.Response(text=text, content_type="text/javascript", headers=headers)


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The address of a server that ends with the context."""
    app = web.Application()
    app.router.add_get("/", _page)
    app.router.add_get("/frame", _frame)
    app.router.add_get("/library/{name}.js", _library)
    app.router.add_static("/probes", FOLDER)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
