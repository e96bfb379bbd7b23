"""The worker: claims a run that is due, looks, does the one thing that is due, and settles."""

from __future__ import annotations

import logging
import os
import socket
import threading
import zlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    reset_queries,
)

from archives import changeover, clock, errors, look, patrol, services, tasks, telemetry
from archives.beats import Beats
from archives.models import ArchiveRun, Restart, Room, Segment, Side
from archives.restart import backoff
from archives.services import Claim, measuring, previews
from archives.services.beats import WORKER
from archives.services.runs import START_PATIENCE_S
from dualarchive import logs

logger = logging.getLogger("archives.worker")
Status = ArchiveRun.Status
SLOW_POLL_S = 60.0
IDLE_S = 0.25
AT_ONCE = 20
DATABASE_PAUSE_S = 2.0
DAY_S = 86_400.0
WEIGH_S = 60.0
# Whatever there is to visit, what else is due has its turn after so many visits.
VISITS_IN_A_ROW = 10
# How long a run waits for its files before somebody is told.
KEEP_PATIENCE_S = 300.0
TROUBLE = ["platform_unavailable", "credentials_refused"]


class Worker:
    """Methods return whether they found work, so that they can be driven without the loop."""

    def __init__(self, name: str = "", idle_s: float = IDLE_S, beats: Beats | None = None) -> None:
        self._idle_s = idle_s
        self.name = name or f"worker:{socket.gethostname()}:{os.getpid()}"
        self.forget_at = clock.now()
        self._weigh_due = 0.0
        self._patrol_at = clock.now()
        self._visits = 0
        self._place = zlib.crc32(self.name.encode())
        self._beats = beats or Beats(WORKER)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; the step under way is finished first."""
        while not stop.is_set():
            close_old_connections()
            reset_queries()  # With DEBUG on Django keeps thousands of them.
            try:
                self._beats.beat()
                found = self.work_once()
            except DatabaseError as error:
                logger.error("the database is not available: %s", error)
                connection.close()
                stop.wait(DATABASE_PAUSE_S)
                continue
            except Exception:
                # Whatever it is: a worker that ends records nothing any more.
                logger.exception("the worker goes on after a mistake of ours")
                found = False
            if not found:
                stop.wait(self._idle_s)
        connection.close()

    def work_once(self) -> bool:
        visited = self.visit_one_due()
        self._visits = self._visits + 1 if visited else 0
        if self._visits % VISITS_IN_A_ROW:
            return True
        return self._do_what_else_is_due() or visited

    def _do_what_else_is_due(self) -> bool:
        # Not one or the other: whatever the first of them finds, the last has its turn.
        found = [
            self._patrol(),
            self.sweep_one_due(),
            bool(tasks.enqueue_due()),
            services.alarms_send(),
        ]
        if self._weigh_due <= clock.steady():
            self._weigh_due = clock.steady() + WEIGH_S
            services.storage_weigh()
        self._forget_daily()
        return any(found)

    def _patrol(self) -> bool:
        if self._patrol_at > clock.now():
            return False
        self._patrol_at = clock.after(settings.LOOK_INTERVAL)
        return patrol.patrol_or_say()

    def _forget_daily(self) -> None:
        if self.forget_at <= clock.now():
            self.forget_at = clock.after(DAY_S)
            services.callbacks_forget()
            services.beats_forget()

    def visit_one_due(self) -> bool:
        due = list(ArchiveRun.objects.due(clock.now()).values_list("pk", flat=True)[:AT_ONCE])
        # Each worker begins at a place of its own, so that they do not all reach for the same run.
        start = self._place % len(due) if due else 0
        return any(self.visit(run_id) for run_id in due[start:] + due[:start])

    def visit(self, run_id: object) -> bool:
        """One claim on the run and what is due in it; False where another worker was faster."""
        claim = services.run_claim(run_id=run_id, by=self.name)  # type: ignore[arg-type]
        if claim is None:
            return False
        telemetry.observe(telemetry.DUE_LAG, max(0.0, (clock.now() - claim.due_at).total_seconds()))
        with logs.about(run=run_id):
            return self._visit(claim)

    def _visit(self, claim: Claim) -> bool:
        run_id = claim.run.pk
        try:
            due_in_s = attend(claim)
        except errors.ClaimLost:
            logger.warning("run %s was taken over by another worker", run_id)
            return True
        except (errors.RestartInProgress, errors.RunNotLive):
            # A host was faster, such as with a stop just before the automatic restart.
            due_in_s = 0
        except (OperationalError, InterfaceError) as error:
            # No mistake of ours. Where the claim cannot even be given back, its lease runs out.
            logger.error("run %s: the database did not answer: %s", run_id, error)
            due_in_s = DATABASE_PAUSE_S
        except Exception:
            # A mistake of ours must cost a pause, not the recording: another visit follows.
            logger.exception("run %s: the visit failed", run_id)
            due_in_s = settings.LOOK_INTERVAL
        claim.release(due_in_s)
        if claim.changed:
            services.say_state(claim.run.room)
        return True

    def sweep_one_due(self) -> bool:
        now = clock.now()
        for room in Room.objects.filter(due_at__lte=now).order_by("due_at")[:20]:
            later = clock.after(_sweep_interval_s(room))
            if Room.objects.filter(pk=room.pk, due_at=room.due_at).update(due_at=later):
                self._sweep(room)
                return True
        return False

    def _sweep(self, room: Room) -> None:
        if not room.session_id_primary:
            return
        try:
            lines = look.room_sweep(room, by=self.name) + look.people_sweep(room)
        except errors.PlatformError as error:
            logger.warning("room %s was not swept: %s", room.slug, error.message)
            return
        for line in lines:
            logger.warning("sweep: %s", line)


def _sweep_interval_s(room: Room) -> float:
    lately = clock.now() - timedelta(hours=1)
    busy = room.runs.live().exists() or room.runs.filter(ended_at__gte=lately).exists()
    return look.SWEEP_S if busy else look.IDLE_SWEEP_S


# --- one visit: each gives the seconds until the next ----------------------------------------------------
def attend(claim: Claim) -> float:
    try:
        due_in_s = PHASES[Status(claim.run.status)](claim)
    except errors.PlatformError as error:
        return _trouble(claim, error)
    return due_in_s


def _trouble(claim: Claim, error: errors.PlatformError) -> float:
    run = claim.run
    logger.warning("run %s (%s): %s", run.pk, run.status, error.message)
    services.run_tried(claim=claim, attempts=run.attempts + 1, error=error.message)
    if isinstance(error, errors.PlatformRefused):
        services.alarm_raise(room=run.room, run=run, code=TROUBLE[1], message=error.message)
    elif run.attempts >= 3:
        services.alarm_raise(room=run.room, run=run, code=TROUBLE[0], message=error.message)
    return backoff(run.attempts)


def _look(claim: Claim) -> None:
    look.look(claim)
    claim.looked = True
    if claim.run.attempts:
        services.alarm_clear(room=claim.run.room, run=claim.run, codes=TROUBLE)


def _begin(claim: Claim) -> float:
    """A start whose outcome nobody wrote down: look it up, or ask again, for a minute at most."""
    run = claim.run
    try:
        _look(claim)
        segment = run.segments.live().first() or changeover.start(claim, Side.PRIMARY)
    except (errors.NoClients, errors.PlatformRefused) as error:
        services.run_fail(claim=claim, why=error.message)
        return 0
    except errors.PlatformError as error:
        if clock.now() - run.created_at > timedelta(seconds=START_PATIENCE_S):
            services.run_fail(claim=claim, why=error.message)
            return 0
        raise
    services.run_recording(claim=claim, segment=segment)
    return 0


def _carry_on(claim: Claim) -> float:
    _look(claim)
    run = claim.run
    restart = run.unfinished_restart
    recording = run.segments.live().exists()
    if not recording and not _starting_primary(run, restart is not None):
        return _replace(claim)
    services.run_tried(claim=claim, attempts=0)
    return _keep_watch(claim) if restart is None else _carry_out(claim, restart)


def _carry_out(claim: Claim, restart: Restart) -> float:
    """What is due of the restart, up to the step that has to look first."""
    while restart.due_at <= clock.now():
        done = restart.step
        changeover.perform(claim, restart)
        restart.refresh_from_db()
        if restart.ended_at:
            return 0
        if restart.step == done or changeover.looks_first(restart):
            break
    return max(0.0, min(settings.LOOK_INTERVAL, _in_s(restart.due_at)))


def _starting_primary(run: ArchiveRun, restarting: bool) -> bool:
    """A restart is just asking for the new primary piece; without a restart `_replace` itself asks again."""
    open_intents = run.segments.filter(session=Side.PRIMARY, status=Segment.Status.STARTING)
    return restarting and open_intents.exists()


def _replace(claim: Claim) -> float:
    """Nothing records although the run is on: begin a new piece at once; the hole is stated as a gap."""
    run = claim.run
    restart = run.unfinished_restart
    if restart:
        services.restart_cancel(claim=claim, restart=restart, why="the recording ended by itself")
    try:
        if not changeover.publishers(claim, Side.PRIMARY):
            # An archive without anybody to record would end by itself, and each try would leave a row.
            raise errors.NoClients
        segment = changeover.start(claim, Side.PRIMARY)
    except errors.NoClients:
        message = "Nobody is in the room, so nothing is being recorded until somebody joins."
        services.alarm_raise(room=run.room, run=run, code="nobody_connected", message=message)
        services.run_tried(claim=claim, attempts=run.attempts + 1)
        return backoff(run.attempts)
    services.run_replaced(claim=claim, segment=segment)
    services.alarm_clear(room=run.room, run=run, codes=["nobody_connected"])
    return 0


def _keep_watch(claim: Claim) -> float:
    """No restart under way: confirm, end what is left over, and see whether a restart is due."""
    run = claim.run
    for segment in run.segments.filter(status=Segment.Status.STARTED, confirmed_at=None):
        services.segment_confirm(claim=claim, segment=segment)
    _end_leftovers(claim)
    now = clock.now()
    if run.restart_due_at is None or run.restart_due_at <= now:
        services.restart_request(
            run=run, by=claim.by, automatic=True, why="the piece is old enough", claim=claim
        )
        return 0
    _warn_of_limit(claim)
    return min(settings.LOOK_INTERVAL, _in_s(run.restart_due_at))


def _in_s(when: datetime) -> float:
    return (when - clock.now()).total_seconds()


def _end_leftovers(claim: Claim) -> None:
    """Of several recordings without a restart keep one: the oldest on the primary session, if it is safe."""
    run = claim.run
    services.segments_expire(claim=claim, older_than=clock.now() - look.GRACE)
    live = list(run.segments.live().order_by("session", "ordinal"))  # "primary" sorts first
    if not live:
        return
    keep = live[0]
    if keep.session == Side.SECONDARY:
        # Only an interim is left: a new primary piece first, it may be ended after.
        changeover.start(claim, Side.PRIMARY)
        return
    safe = keep.status == Segment.Status.STARTED and keep.confirmed_at is not None
    if len(live) > 1 and safe and _covers(claim, live[1:]):
        for segment in live[1:]:
            services.segment_stop(claim=claim, segment=segment)


def _covers(claim: Claim, others: list[Segment]) -> bool:
    """Everyone whom the others record publishes in the primary session too."""
    if all(segment.session == Side.PRIMARY for segment in others):
        return True
    there = changeover.publishers(claim, Side.SECONDARY)
    return not services.missing(there, changeover.publishers(claim, Side.PRIMARY))


def _warn_of_limit(claim: Claim) -> None:
    run = claim.run
    limit = services.limit_at(run)
    near = limit is not None and limit - clock.now() < timedelta(seconds=services.reserve_s())
    if near:
        message = "The platform's limit is near and no restart has succeeded."
        services.alarm_raise(room=run.room, run=run, code="limit_near", message=message)
    else:
        services.alarm_clear(room=run.room, run=run, codes=["limit_near"])


def _wind_down(claim: Claim) -> float:
    """Stop was asked for: end all that records, and wait for starts whose outcome is not known yet."""
    _look(claim)
    run = claim.run
    trouble: errors.PlatformError | None = None
    for segment in run.segments.live():
        try:
            services.segment_stop(claim=claim, segment=segment)
        except errors.PlatformError as error:
            trouble = error
    unsure = services.segments_expire(claim=claim, older_than=clock.now() - look.GRACE)
    if trouble:
        raise trouble
    if unsure or run.segments.live().exists():
        return 1.0
    services.gaps_state(run_id=run.pk)
    services.run_processing(claim=claim)
    _send_leave(claim)
    return 0


def _send_leave(claim: Claim) -> None:
    last = claim.run.restarts.first()
    if last and last.status != last.Status.DONE:
        changeover.send(claim, last, "leave")


def _finish(claim: Claim) -> float:
    """Wait until the end of every piece is known (and, where files are kept, its file kept and measured)."""
    _look(claim)
    run = claim.run
    for segment in run.segments.live():
        services.segment_stop(claim=claim, segment=segment)
    services.segments_expire(claim=claim, older_than=clock.now() - look.GRACE)
    services.gaps_state(run_id=run.pk)
    measuring.seams_plan(run_id=run.pk)
    settled = all(segment.is_settled for segment in run.segments.all())
    if settled and not measuring.seams_pending(run=run):
        previews.preview_plan(run=run)
        services.run_complete(claim=claim)
        return 0
    since = clock.now() - (run.ended_at or clock.now())
    if since.total_seconds() > KEEP_PATIENCE_S:
        _say_what_is_awaited(claim)
    return min(SLOW_POLL_S, max(1.0, since.total_seconds() / 10))


def _say_what_is_awaited(claim: Claim) -> None:
    run = claim.run
    if run.segments.exclude(status__in=Segment.FINAL).exists():
        code = "archive_not_ready"
        message = "The platform has not made the archives of this recording available yet."
    else:
        code = "files_not_kept"
        message = (
            "The files of this recording are not kept yet. Is the media process running "
            "(python manage.py media)? Without one set KEEP_FILES=false."
        )
    services.alarm_raise(room=run.room, run=run, code=code, message=message)


PHASES = {
    Status.STARTING: _begin,
    Status.RECORDING: _carry_on,
    Status.RESTARTING: _carry_on,
    Status.STOPPING: _wind_down,
    Status.PROCESSING: _finish,
}
