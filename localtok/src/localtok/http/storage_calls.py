"""REST calls on a project's own storage: which bucket its archives are uploaded to."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from localtok.archives.storage import Storages, Target
from localtok.errors import BadRequest, NotBuilt, NotFound
from localtok.http.wire import CALLER, answer, json_object

# What each kind needs, what it may have besides, and which of them names the bucket.
FIELDS = {
    "s3": ({"accessKey", "secretKey", "bucket"}, {"endpoint", "sse"}, "bucket"),
    "azure": ({"accountName", "accountKey", "container"}, {"domain"}, "container"),
}
FALLBACKS = {"opentok": True, "none": False}
# A name is a folder's here: dots alone would lead out of it.
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{1,61}[A-Za-z0-9]")


class StorageCalls:
    def __init__(self, storages: Storages) -> None:
        self._storages = storages

    async def set(self, request: web.Request) -> web.StreamResponse:
        target = storage_options(await json_object(request))
        self._storages.set(request[CALLER], target)
        return answer({"type": target.kind, "fallback": "opentok" if target.fallback else "none"})

    async def delete(self, request: web.Request) -> web.StreamResponse:
        if not self._storages.remove(request[CALLER]):
            raise NotFound("No storage is set.")
        return web.Response(status=204)


def storage_options(body: dict[str, Any]) -> Target:
    """The target of `{"type", "config", "fallback"}`. Raises BadRequest, NotBuilt."""
    if unknown := set(body) - {"type", "config", "fallback", "certificate"}:
        raise BadRequest(f"A storage has no {', '.join(sorted(unknown))}.")
    if body.get("certificate") is not None:
        raise NotBuilt("certificate (encrypted archives) is not implemented by localtok.")
    kind, fallback = body.get("type"), body.get("fallback", "opentok")
    if not isinstance(kind, str) or kind not in FIELDS:
        raise BadRequest("type must be s3 or azure.")
    if not isinstance(fallback, str) or fallback not in FALLBACKS:
        raise BadRequest("fallback must be opentok or none.")
    return Target(kind, _bucket(kind, body.get("config")), FALLBACKS[fallback])


def _bucket(kind: str, config: Any) -> str:
    needed, more, name = FIELDS[kind]
    if not isinstance(config, dict):
        raise BadRequest("config must be an object.")
    if unknown := set(config) - needed - more:
        raise BadRequest(f"config of {kind} has no {', '.join(sorted(map(str, unknown)))}.")
    for field in sorted(needed | set(config)):
        if not isinstance(config.get(field), str) or not config[field]:
            raise BadRequest(f"config.{field} must be a string that is not empty.")
    if config.get("sse", "none") not in ("s3", "none"):
        raise BadRequest("config.sse must be s3 or none.")
    if not BUCKET.fullmatch(config[name]):
        raise BadRequest(f"config.{name} must be 3 to 63 letters, digits, dots and hyphens.")
    return str(config[name])
