"""Answers about very long runs, made of thousands of rows: remembered as long as these are the same.

What tells whether they are is read with the run itself: a long run takes no query more than a short one.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from archives.models import Absence, ArchiveRun, ContentCheck, Preview, Seam, Segment
from archives.models.captions import Captions

# Fewer pieces are told faster than they are looked up.
LONG = 200
DAY_S = 86_400


def _each(what: str, *columns: str) -> list[str]:
    return [what.format(column) for column in columns]


# In SQL: Django takes as long to put these together as to tell a short run, and that with every call.
PIECES = [
    "COUNT(*)",
    *_each("COUNT(CASE WHEN status = '{}' THEN 1 END)", *Segment.Status.values),
    *_each("COUNT(CASE WHEN {} <> '' THEN 1 END)", "file", "job_error", "media_note"),
    *_each("SUM(LENGTH({}))", "error", "job_error", "media_note", "reason"),
    *_each("COUNT({})", "created_at_ms", "stored_at", "due_at", "media_begin_ms", "media_end_ms"),
    *_each("SUM({})", "created_at_ms", "duration_ms", "media_begin_ms", "media_end_ms"),
    *_each("MAX({})", "synced_at", "stored_at", "due_at", "ended_at"),
]
SEAMS = [
    *_each("COUNT({})", "*", "measured_at", "due_at", "CASE WHEN kind = 'gap' THEN 1 END"),
    *_each("SUM({})", "offset_ms", "overlap_ms", "confidence", "residual", "failures"),
    *_each("SUM(LENGTH({}))", "cause", "job_error", "method"),
    *_each("MAX({})", "id", "cause", "measured_at", "due_at", "gap_from", "gap_until"),
    *_each("MIN({})", "cause", "gap_from", "gap_until"),
]
ABSENCES = ["COUNT(*)", "MAX(changed_at)"]


def _facts(rows: type[Model], facts: list[str]) -> RawSQL:
    """They as one text, of the rows of the run that the query around it finds."""
    text = " || ',' || ".join(f"COALESCE(CAST({fact} AS TEXT), '')" for fact in facts)
    outer = ArchiveRun._meta.db_table
    table = rows._meta.db_table
    # Names of our own tables and columns only.
    return RawSQL(f"SELECT {text} FROM {table} AS rows WHERE rows.run_id = {outer}.id", [])  # noqa: S608, S611


FACTS = {
    "of_pieces": _facts(Segment, PIECES),
    "of_seams": _facts(Seam, SEAMS),
    "of_absences": _facts(Absence, ABSENCES),
    "of_content": _facts(ContentCheck, ["COUNT(checked_at)", "MAX(checked_at)"]),
    "of_preview": _facts(Preview, _each("MAX({})", "folder", "made_at")),
    "of_captions": _facts(Captions, ["MAX(digest)"]),
}


def stamped(runs: QuerySet[ArchiveRun]) -> QuerySet[ArchiveRun]:
    """With what tells one state of their rows from another; `answer` asks it of long ones."""
    return runs.annotate(**FACTS)


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
    """Of a run of `stamped`: changes with whatever a service writes to the rows that its answers tell."""
    facts = [getattr(run, name) for name in FACTS]
    return hashlib.sha256(repr((run.started_at, *facts)).encode()).hexdigest()
