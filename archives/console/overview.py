"""The operators' first look: what is recorded now, what is due, what went wrong, how full the storage is."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from archives import clock
from archives.models import Alarm, ArchiveRun, Restart, Segment, Tally
from archives.models.lists import COUNTED, counted
from archives.services.counters import STORAGE
from archives.services.jobs import ingest

# Enough to act on; whoever needs more has the lists.
SHOWN = 25
DUE_SOON = timedelta(hours=1)
LATELY = timedelta(days=7)


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("archives.view_archiverun"):
        raise PermissionDenied
    context = {**admin.site.each_context(request), "title": "Overview", **_now()}
    return TemplateResponse(request, "admin/archives/overview.html", context)


def _now() -> dict[str, Any]:
    """As many queries for ten thousand runs as for none."""
    now = clock.now()
    live = list(ArchiveRun.objects.live().select_related("room").order_by("created_at")[:SHOWN])
    return {
        "now": now,
        "live": live,
        "due": list(_due(now + DUE_SOON)[:SHOWN]),
        "failed": _failed().filter(created_at__gte=now - LATELY)[:SHOWN],
        "failed_restarts": _failed_restarts().filter(created_at__gte=now - LATELY)[:SHOWN],
        "alarms": Alarm.objects.filter(cleared_at=None).select_related("room", "run")[:SHOWN],
        "alarm_count": counted(Alarm.objects.filter(cleared_at=None)),
        "storage": _storage(),
    }


def _due(until: datetime) -> QuerySet[ArchiveRun]:
    """Asked for by itself: what is due soonest need not be among the oldest that are shown as live."""
    soon = ArchiveRun.objects.live().filter(restart_due_at__lte=until)
    return soon.select_related("room").order_by("restart_due_at")


def _failed() -> Any:
    return ArchiveRun.objects.filter(status=ArchiveRun.Status.FAILED).select_related("room")


def _failed_restarts() -> Any:
    return Restart.objects.filter(status=Restart.Status.FAILED).select_related("run__room")


def _storage() -> dict[str, Any]:
    """What is kept as the worker has summed it up within the last minutes, the rest as it is now."""
    kept = {tally.kind: tally for tally in Tally.objects.filter(metric=STORAGE)}
    return {
        "pieces": kept.get("pieces"),
        "exports": kept.get("exports"),
        # In no order: theirs is by run, and all of a backlog would be sorted to count the first of it.
        "waiting": counted(ingest.KIND.pending().order_by()),
        "lost": counted(Segment.objects.filter(due_at=None).exclude(job_error="").order_by()),
        "newest": Segment.objects.aggregate(newest=Max("stored_at"))["newest"],
        "free_bytes": _free_bytes(),
        "keeps": settings.KEEP_FILES,
        "counted": COUNTED,
    }


def _free_bytes() -> int | None:
    """Room left on the disk of the recordings; None where the folder is not here (yet)."""
    try:
        return shutil.disk_usage(settings.ARCHIVES_DIR).free
    except OSError:
        return None
