"""HTTP as localtok speaks it: JSON in and out, errors in one shape, other origins, and faults to order."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from localtok.errors import ApiError, BadRequest, InternalError
from localtok.faults.rules import Faults
from localtok.http.journal import Journal

log = logging.getLogger(__name__)

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range",
    "Access-Control-Max-Age": "600",
}
OWN_PREFIX = "/_localtok"
CALLER = web.RequestKey("caller", str)
FAULT = web.RequestKey("fault", str)
MALFORMED = b'{"id": "'
# The name, in the journal, of what is no call of localtok's.
NOT_BUILT = "notBuilt"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answer(body: Any, status: int = 200) -> web.Response:
    """JSON whose Content-Type is exactly application/json: the SDK takes anything else for XML."""
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


async def json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.text(), parse_constant=_no_number)
    except (ValueError, LookupError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return body


def _no_number(name: str) -> None:
    """Python reads NaN and Infinity, which no browser could read when they are passed on."""
    raise ValueError(f"{name} is not JSON")


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        log.info("%s %s: %d %s", request.method, request.path, error.status, error.message)
        return answer(error.body(), error.status)
    except web.HTTPException as error:
        if error.status >= 400:
            return answer(_refusal(error.status, error.reason), error.status)
        raise
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return answer(InternalError("Internal error; see the log of localtok.").body(), 500)


@web.middleware
async def cross_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets pages of any origin call: the vendor's script and files come from another origin too.
    localtok's own controls are for its own page and for tests."""
    if request.path.startswith(OWN_PREFIX):
        return await handler(request)
    response = web.Response(status=204) if request.method == "OPTIONS" else await handler(request)
    if not response.prepared:
        response.headers.update(CORS)
    return response


def faulty(faults: Faults) -> Middleware:
    """Lets calls go wrong as ordered. Only calls of the vendor's have a name, and only they can."""

    @web.middleware
    async def strike(request: web.Request, handler: Handler) -> web.StreamResponse:
        name = call_name(request)
        known = name not in ("", NOT_BUILT)
        effects = faults.for_call(name, request.method, request.path) if known else {}
        if not effects:
            return await handler(request)
        request[FAULT] = ", ".join(effects)
        await asyncio.sleep(effects.get("latency_ms", 0) / 1000)
        if "status" in effects:
            return _ordered(effects["status"])
        if "cut" in effects:
            return _cut(request)
        response = await handler(request)
        if "lose_reply" in effects:
            return _cut(request)
        if "malformed" in effects:
            return web.Response(body=MALFORMED, content_type="application/json")
        return response

    return strike


def journalled(journal: Journal) -> Middleware:
    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.monotonic()
        response = await handler(request)
        if name := call_name(request):
            took_ms = round((time.monotonic() - began) * 1000)
            what = f"{request.method} {request.path}"
            journal.note(
                "call", what, str(response.status), call=name, ms=took_ms, fault=request.get(FAULT, "")
            )
        return response

    return note


def call_name(request: web.Request) -> str:
    """The name of the vendor's call that a request is, or nothing."""
    return request.match_info.route.name or "" if request.match_info.route else ""


def _ordered(status: int) -> web.Response:
    message = "This error was ordered as a fault."
    return answer(_refusal(status, message), status)


def _refusal(status: int, message: str) -> dict[str, object]:
    return ApiError(message, status).body()


def _cut(request: web.Request) -> web.Response:
    """The answer is never written: the connection is gone."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
