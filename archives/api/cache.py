"""Answers about very long runs, made of thousands of rows: remembered as long as these are the same.

What tells whether they are is read with the run itself: a long run takes no query more than a short one.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from archives.models import ArchiveRun
from archives.services.stamps import stamp
from archives.timeline import VERSION

# Fewer pieces are told faster than they are looked up.
LONG = 200
DAY_S = 86_400


def answer(
    request: Request, run: ArchiveRun, what: str, make: Callable[[ArchiveRun], dict[str, Any]]
) -> HttpResponseBase:
    """What `make` says of the run, for a long run as it said it last if nothing has changed since."""
    if getattr(run, "segment_count", LONG) < LONG:
        return Response(make(run))
    key = f"{what}:{VERSION}:{run.pk}:{stamp(run)}"
    cache = caches["answers"]
    body = cache.get(key)
    if body is None:
        body = gzip.compress(JSONRenderer().render(make(run)), compresslevel=5, mtime=0)
        cache.set(key, body, DAY_S)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    told = HttpResponse(body if packed else gzip.decompress(body), content_type="application/json")
    told["Vary"] = "Accept-Encoding"
    if packed:
        told["Content-Encoding"] = "gzip"
    return told
