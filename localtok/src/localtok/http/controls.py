"""What a test may do to localtok: `/_localtok/…`. Nothing of this exists at the vendor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from localtok.archives.archiving import Archiving
from localtok.console.overview import Watched, overview, viewer_token
from localtok.errors import BadRequest, Forbidden, NotFound
from localtok.http.auth import Project
from localtok.http.wire import answer, json_object

PREFIX = "/_localtok"
CONSOLE = Path(__file__).parents[1] / "console"
FRESH = {"Cache-Control": "no-cache"}
LONGEST_LEAP_S = 30 * 24 * 3600

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Controls:
    """`reset` empties the whole server."""

    def __init__(
        self,
        watched: Watched,
        *,
        project: Project,
        archiving: Archiving,
        reset: Callable[[], Awaitable[None]],
        allowed: bool,
    ) -> None:
        self._watched, self._project, self._archiving = watched, project, archiving
        self._reset, self._allowed = reset, allowed

    def routes(self) -> list[web.RouteDef]:
        def gated(handler: Handler) -> Handler:
            return self._gated(handler)

        return [
            web.get(PREFIX + "/clock", gated(self.clock)),
            web.post(PREFIX + "/clock", gated(self.advance)),
            web.get(PREFIX + "/faults", gated(self.faults)),
            web.post(PREFIX + "/faults", gated(self.order)),
            web.delete(PREFIX + "/faults", gated(self.clear)),
            web.delete(PREFIX + "/faults/{rule}", gated(self.clear)),
            web.post(PREFIX + "/reset", gated(self.reset)),
            web.get("/", gated(self.page)),
            web.get(PREFIX + "/{asset:[a-z]+[.](?:css|js)}", gated(self.asset)),
            web.get(PREFIX + "/state", gated(self.state)),
            web.post(PREFIX + "/token", gated(self.token)),
            web.get(PREFIX + "/archives/{archive}", gated(self.archive)),
            web.get(PREFIX + "/archives/{archive}/reception", gated(self.reception)),
        ]

    def _gated(self, handler: Handler) -> Handler:
        async def checked(request: web.Request) -> web.StreamResponse:
            if not self._allowed:
                raise Forbidden("Test controls are off: start localtok with --test-controls.")
            # A page of another site can post a form, but not JSON: browsers ask us first, and we refuse.
            if request.method == "POST" and request.content_type != "application/json":
                raise BadRequest("Send JSON, with Content-Type: application/json.")
            return await handler(request)

        return checked

    async def page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(CONSOLE / "index.html", headers=FRESH)

    async def asset(self, request: web.Request) -> web.StreamResponse:
        path = CONSOLE / request.match_info["asset"]
        if not path.is_file():
            raise NotFound(f"localtok's page has no {path.name}.")
        return web.FileResponse(path, headers=FRESH)

    async def state(self, request: web.Request) -> web.StreamResponse:
        after = request.query.get("after", "0")
        if not after.isdigit():
            raise BadRequest("after must be the number of a log entry.")
        return answer(overview(self._watched, int(after)))

    async def token(self, request: web.Request) -> web.StreamResponse:
        session = self._watched.sessions.find(str((await json_object(request)).get("session")))
        if session is None:
            raise NotFound("Session not found.")
        token = viewer_token(self._project, session)
        return answer({"apiKey": session.project_key, "token": token})

    async def archive(self, request: web.Request) -> web.StreamResponse:
        """Leads to the archive's file by a fresh link."""
        archive = self._archiving.get(request.match_info["archive"])
        url = self._watched.links.url(archive)
        if url is None:
            raise NotFound(f"The archive has no file: it is {archive.status.value}.")
        raise web.HTTPFound(url)

    async def reception(self, request: web.Request) -> web.StreamResponse:
        return answer(self._archiving.reception(request.match_info["archive"]))

    async def clock(self, request: web.Request) -> web.StreamResponse:
        return answer({"now_ms": self._watched.clock.now_ms()})

    async def advance(self, request: web.Request) -> web.StreamResponse:
        """Answers when the rules of time have been applied; files are finished after that."""
        seconds = (await json_object(request)).get("advance_s")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise BadRequest("advance_s must be a number of seconds.")
        if not 0 <= seconds <= LONGEST_LEAP_S:
            raise BadRequest(f"advance_s must be 0 to {LONGEST_LEAP_S}: time moves forward only.")
        self._watched.clock.advance(seconds)
        await self._archiving.sweep()
        return await self.clock(request)

    async def faults(self, request: web.Request) -> web.StreamResponse:
        faults, incidents = self._watched.faults, self._watched.incidents
        return answer({"rules": faults.describe(), "incidents": incidents.describe()})

    async def order(self, request: web.Request) -> web.StreamResponse:
        """One fault, or `{"faults": [ … ]}`: all of them, or none when one is wrong."""
        body = await json_object(request)
        asked = body["faults"] if isinstance(body.get("faults"), list) else [body]
        added: list[str] = []
        try:
            for fault in asked:
                added += await self._order_one(fault)
        except Exception:
            for rule_id in added:
                self._watched.faults.clear(rule_id)
            raise
        return answer({"ids": added})

    async def _order_one(self, fault: Any) -> list[str]:
        if isinstance(fault, dict) and "event" in fault and "callback" not in fault:
            await self._befall(fault)
            return []
        return [self._watched.faults.add(fault, self._watched.calls()).id]

    async def _befall(self, event: dict[str, Any]) -> None:
        incidents = self._watched.incidents
        kind = event["event"]
        try:
            if kind == "networkLost":
                incidents.lose_network(str(event["connection"]), float(event.get("seconds", 5)))
            elif kind == "archiverCrash":
                incidents.crash_archiver(str(event["archive"]))
            elif kind == "serverRotation":
                migrate = bool(event.get("migrate", True))
                incidents.rotate(str(event["session"]), float(event.get("in_s", 0)), migrate)
                await self._archiving.sweep()
            else:
                raise BadRequest("event must be networkLost, archiverCrash or serverRotation.")
        except KeyError as missing:
            raise BadRequest(f"{kind} needs {missing.args[0]!r}.") from None
        except (TypeError, ValueError) as error:
            raise BadRequest(f"{kind}: {error}.") from None

    async def clear(self, request: web.Request) -> web.StreamResponse:
        rule_id = request.match_info.get("rule", "")
        cleared = self._watched.faults.clear(rule_id)
        if rule_id and not cleared:
            raise NotFound("There is no rule with this id.")
        if not rule_id:
            self._watched.incidents.clear()
        return answer({"cleared": cleared})

    async def reset(self, request: web.Request) -> web.StreamResponse:
        """Everything goes: pages, sessions, archives and their files, faults, and what the clock gained."""
        async with asyncio.timeout(60):
            await self._reset()
        return web.Response(status=204)
