"""Digests of what an output of a run shows: equal as long as another output would be the same."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from django.db.models import Q

from archives import errors
from archives.models import ArchiveRun, Estimate, Export, Preview
from archives.timeline import Span, Timeline

# Changes with how a digest is made. Digests of the first format are 64 hexadecimal digits.
FORMAT = "v2"
FORMER = "^[0-9a-f]{64}$"
LENGTH = 64


def fingerprint(run: ArchiveRun, timeline: Timeline) -> str:
    """FORMAT and 62 hexadecimal digits; of what an export shows only, so that an upgrade changes none whose
    output would be the same. Raises NothingToExport, FilesNotKept.
    """
    files = {str(pk): sha256 or file for pk, file, sha256 in run.segments.values_list("pk", "file", "sha256")}
    shown = [span.segment for span in timeline.spans if span.segment]
    if not shown:
        raise errors.NothingToExport
    if missing := [pk for pk in shown if not files[pk]]:
        raise errors.FilesNotKept(detail={"segments": missing})
    spans = [_shown(span, files) for span in timeline.spans]
    text = json.dumps([run.name, timeline.began_at_ms, spans])
    return (FORMAT + hashlib.sha256(text.encode()).hexdigest())[:LENGTH]


def _shown(span: Span, files: dict[str, str]) -> list[object]:
    window = [span.change_from_ms, span.change_until_ms]
    shown: list[object] = [
        files.get(span.segment or ""),
        span.start_ms,
        span.in_ms,
        span.out_ms,
        *window,
        *span.causes,
    ]
    # Only what is moved: an export of anything else stays what it is.
    return [*shown, {"pictures_early_ms": span.pictures_early_ms}] if span.pictures_early_ms else shown


def adopt_former(run: ArchiveRun, digest: str) -> None:
    """Outputs whose digest is of a former format get the present one, if what they show has not changed since
    they were made: an upgrade must not make them stale.
    """
    exports = Export.objects.filter(run=run, status__in=(Export.Status.DONE, *Export.ACTIVE))
    there = set(exports.filter(digest=digest).values_list("gaps", flat=True))
    for export in exports.filter(digest__regex=FORMER).order_by("-created_at"):
        if export.gaps in there or _changed_since(run, export.started_at or export.created_at):
            continue
        there.add(export.gaps)
        Export.objects.filter(pk=export.pk).update(digest=digest)
    for preview in Preview.objects.filter(run=run, digest__regex=FORMER).exclude(made_at=None):
        if preview.made_at and not _changed_since(run, preview.made_at):
            Preview.objects.filter(pk=preview.pk).update(digest=digest)


def _changed_since(run: ArchiveRun, made_at: datetime) -> bool:
    changed = Q(stored_at__gt=made_at) | Q(synced_at__gt=made_at, stored_at=None)
    return (
        run.segments.filter(changed).exists()
        or Estimate.objects.filter(seam__run=run, measured_at__gt=made_at).exists()
        or run.transitions.filter(field="name", at__gt=made_at).exists()
    )
