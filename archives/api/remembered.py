"""Answers about very long runs, made of thousands of rows: remembered as long as these are the same."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import Length
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from archives.captions import Captions
from archives.models import ArchiveRun, Preview, Segment

# Fewer pieces are told faster than they are looked up.
LONG = 200
DAY_S = 86_400
STATUSES = {f"is_{status}": Count("pk", filter=Q(status=status)) for status in Segment.Status.values}
PIECES = {
    "count": Count("pk"),
    "kept": Count("kept_at"),
    "without_file": Count("pk", filter=Q(file="")),
    "given_up": Count("pk", filter=~Q(keep_error="")),
    "unreadable": Count("pk", filter=~Q(media_note="")),
    **STATUSES,
    **{f"last_{name}": Max(name) for name in ("synced_at", "kept_at", "keep_due_at", "ended_at")},
    **{
        f"sum_{name}": Sum(name)
        for name in ("created_at_ms", "duration_ms", "media_begin_ms", "media_end_ms")
    },
}
SEAMS = {
    "count": Count("pk"),
    "newest": Max("pk"),
    "gaps": Count("pk", filter=Q(kind="gap")),
    "measured": Count("measured_at"),
    "waiting": Count("due_at"),
    "told": Sum(Length("cause")),
    "last_cause": Max("cause"),
    "first_cause": Min("cause"),
    **{
        f"sum_{name}": Sum(name) for name in ("offset_ms", "overlap_ms", "confidence", "residual", "attempts")
    },
    **{f"last_{name}": Max(name) for name in ("measured_at", "due_at", "gap_from", "gap_until")},
    **{f"first_{name}": Min(name) for name in ("gap_from", "gap_until")},
}


def answer(
    request: Request, run: ArchiveRun, what: str, make: Callable[[ArchiveRun], dict[str, Any]]
) -> HttpResponseBase:
    """What `make` says of the run, for a long run as it said it last if nothing has changed since."""
    if getattr(run, "segment_count", LONG) < LONG:
        return Response(make(run))
    key = f"{what}:{run.pk}:{stamp(run)}"
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


def stamp(run: ArchiveRun) -> str:
    """Changes with whatever a service writes to the run's pieces, seams, absences, preview and captions."""
    preview = Preview.objects.filter(run=run).values_list("folder", "made_at").first()
    captions = Captions.objects.filter(run=run).values_list("digest", flat=True).first()
    absences = run.absences.aggregate(Count("pk"), Max("changed_at"))
    facts = (run.segments.aggregate(**PIECES), run.seams.aggregate(**SEAMS), absences, preview, captions)
    return hashlib.sha256(repr(facts).encode()).hexdigest()
