"""What is going on in a room now: the pages poll this, so it costs a fixed handful of queries."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from archives import clock
from archives.api.runs.account import account_json
from archives.models import Alarm, ArchiveRun, Restart, Room, Segment
from archives.services import accounts, limits
from archives.services import restart_table as machine

# An ended run is still shown for so long, an ended restart so that its outcome can be read.
RUN_SHOWN = timedelta(hours=1)
RESTART_SHOWN = timedelta(seconds=60)
SEGMENTS_SHOWN = 50


def room_state(room: Room, *, for_host: bool) -> dict[str, Any]:
    """The State of the room; `missing`, `alarms`, `absences` and `restart.error` only for a host."""
    now = clock.now()
    run = _shown_run(room, now)
    restart = _shown_restart(run, now) if run else None
    segments = _newest(run) if run else []
    return {
        "room": room,
        "now": now,
        "secondary_wanted": bool(run and run.status in ArchiveRun.RUNNING)
        and machine.secondary_wanted(restart, segments),
        "recording": any(segment.is_live for segment in segments),
        "run": run and _run_state(run, segments, restart, now, for_host=for_host),
    }


def _newest(run: ArchiveRun) -> list[Segment]:
    """What is recording is always among them; a page that polls need not be told of all others each time."""
    pieces = run.segments.exclude(status=Segment.Status.ABSENT)
    return list(pieces.order_by("-ordinal")[:SEGMENTS_SHOWN])[::-1]


def _shown_run(room: Room, now: datetime) -> ArchiveRun | None:
    """The live run, or else the last one: no run begins while another is live."""
    shown = Q(status__in=ArchiveRun.ACTIVE) | Q(ended_at__gte=now - RUN_SHOWN)
    return room.runs.shown().select_related("room").filter(shown).order_by("-created_at").first()


def _shown_restart(run: ArchiveRun, now: datetime) -> Restart | None:
    shown = Q(status=Restart.Status.RUNNING) | Q(ended_at__gte=now - RESTART_SHOWN)
    return run.restarts.filter(shown).order_by("-created_at").first()


def _run_state(
    run: ArchiveRun, segments: list[Segment], restart: Restart | None, now: datetime, *, for_host: bool
) -> dict[str, Any]:
    state: dict[str, Any] = {
        "id": run.pk,
        "name": run.name,
        "status": run.status,
        "started_at": run.created_at,
        "recorded_since": run.started_at,
        # A paused archive is live and records nothing.
        "receives_media": any(segment.status == Segment.Status.STARTED for segment in segments),
        "elapsed_ms": _elapsed_ms(run, now),
        "restart_due_at": run.restart_due_at if run.is_live else None,
        "limit_at": limits.limit_at(run),
        "segments": segments,
        "restart": restart and _restart_state(restart, for_host=for_host),
    }
    if for_host:
        state["alarms"] = list(Alarm.objects.filter(Q(run=run) | Q(run=None), room=run.room, cleared_at=None))
        account = account_json(accounts.current(run))
        state |= {"account": account, "absences": account["absences"]}
    return state


def _elapsed_ms(run: ArchiveRun, now: datetime) -> int:
    if run.started_at is None:
        return 0
    return max(0, clock.to_ms(run.ended_at or now) - clock.to_ms(run.started_at))


def _restart_state(restart: Restart, *, for_host: bool) -> dict[str, Any]:
    state: dict[str, Any] = {
        "id": restart.pk,
        "strategy": restart.strategy,
        "step": restart.step,
        "status": restart.status,
        "steps": machine.progress(restart),
        "expected": len(restart.expected),
        "arrived": len(restart.arrived),
    }
    if for_host:
        state["missing"] = [person["name"] or person["key"] for person in restart.missing]
        state["error"] = restart.error
    return state
