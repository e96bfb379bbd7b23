"""One visit to a run that is claimed: look, do the one thing that is due, say when to come again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings

from archives import clock, errors
from archives.models import ArchiveRun, Restart, Segment, Side
from archives.reconciler import compare, coverage, steps
from archives.services import accounts, alarms, limits, restarts, run_states, segments
from archives.services.claims import Claim
from archives.services.jobs import previews, seams
from archives.services.restart_table import Does, backoff, step_named
from archives.services.runs import START_PATIENCE_S

logger = logging.getLogger(__name__)
Status = ArchiveRun.Status
# What the platform holds after the step before must be seen first, in a reconciliation of its own.
LOOKS_FIRST = (Does.CONFIRM, Does.STOP)
SLOW_POLL_S = 60.0
FRESH_S = 2.0
# How long a run waits for its files before somebody is told.
KEEP_PATIENCE_S = 300.0
TROUBLE = ["platform_unavailable", "credentials_refused"]
AWAY = (
    "The video platform does not answer. What it is recording goes on there, and it is asked again every few "
    "seconds: nothing needs to be done here."
)


def attend(claim: Claim) -> float:
    """Seconds until the next visit. Raises ClaimLost, RestartInProgress, RunNotLive, DatabaseError."""
    phase = Status(claim.run.status)
    try:
        due_in_s = PHASES[phase](claim)
    except errors.PlatformError as error:
        return _trouble(claim, error)
    if phase in ENDING and claim.run.status in ArchiveRun.ACTIVE:
        run_states.record_attempts(claim=claim, attempts=0)
    return due_in_s


def _trouble(claim: Claim, error: errors.PlatformError) -> float:
    run = claim.run
    logger.warning("run %s (%s): %s", run.pk, run.status, error.message)
    run_states.record_attempts(claim=claim, attempts=run.attempts + 1, code=error.code, error=error.message)
    if isinstance(error, errors.PlatformRefused):
        alarms.open(room=run.room, run=run, code=TROUBLE[1], message=error.message)
    elif run.attempts >= 3:
        alarms.open(room=run.room, run=run, code=TROUBLE[0], message=AWAY)
    return backoff(run.attempts)


def _look(claim: Claim) -> None:
    compare.look(claim)
    claim.looked = True
    if claim.run.attempts:
        alarms.clear(room=claim.run.room, run=claim.run, codes=TROUBLE)


def _begin(claim: Claim) -> float:
    """A start with an unknown outcome: look it up, or ask again, for a minute at most.

    It fails only once the platform has shown that nothing came of it: until then its row stays.
    """
    run = claim.run
    _look(claim)
    segment = run.segments.live().first() or run.segments.exclude(archive_id="").first()
    if segment is None and clock.now() - run.created_at > timedelta(seconds=START_PATIENCE_S):
        return _give_start_up(claim)
    try:
        segment = segment or steps.start(claim, Side.PRIMARY)
    except (errors.NoClients, errors.PlatformRefused) as error:
        if run.segments.unexplained().exists():
            raise
        run_states.fail(claim=claim, code=error.code, why=error.message)
        return 0
    run_states.record(claim=claim, segment=segment)
    return 0


def _give_start_up(claim: Claim) -> float:
    """Requested for long enough, and the platform lists none: it failed, unless the last one may yet show."""
    if segments.expire(claim=claim, older_than=clock.now() - compare.GRACE):
        return 1.0
    run = claim.run
    code, why = (run.error_code, run.error) if run.error else ("never_started", segments.NEVER_STARTED)
    run_states.fail(claim=claim, code=code, why=why)
    return 0


def _carry_on(claim: Claim) -> float:
    run = claim.run
    restart = run.unfinished_restart
    if restart is None or not _saw_enough(run, restart):
        _look(claim)
    recording = run.segments.live().exists()
    if not recording and not _starting_primary(run, restart is not None):
        return _replace(claim)
    run_states.record_attempts(claim=claim, attempts=0)
    return _keep_watch(claim) if restart is None else _carry_out(claim, restart)


def _saw_enough(run: ArchiveRun, restart: Restart) -> bool:
    """While people are waited for, twice a second, the recordings need not be looked at each time."""
    waits = step_named(restart.strategy, restart.step).does is Does.AWAIT
    return waits and run.looked_at is not None and (clock.now() - run.looked_at).total_seconds() < FRESH_S


def _carry_out(claim: Claim, restart: Restart) -> float:
    """What is due of the restart, up to the step that has to look first."""
    while restart.due_at <= clock.now():
        done = restart.step
        steps.perform(claim, restart)
        restart.refresh_from_db()
        if restart.ended_at:
            return 0
        if restart.step == done or step_named(restart.strategy, restart.step).does in LOOKS_FIRST:
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
        restarts.cancel(claim=claim, restart=restart, why="the recording ended by itself")
    try:
        if not coverage.publishers(claim, Side.PRIMARY):
            # An archive without anybody to record would end by itself, and each try would leave a row.
            raise errors.NoClients
        segment = steps.start(claim, Side.PRIMARY)
    except errors.NoClients:
        message = "Nobody is in the room, so nothing is being recorded until somebody joins."
        alarms.open(room=run.room, run=run, code="nobody_connected", message=message)
        run_states.record_attempts(claim=claim, attempts=run.attempts + 1)
        return backoff(run.attempts)
    run_states.replace(claim=claim, segment=segment)
    alarms.clear(room=run.room, run=run, codes=["nobody_connected"])
    return 0


def _keep_watch(claim: Claim) -> float:
    """No restart under way: confirm, end what is left over, and see whether a restart is due."""
    run = claim.run
    for segment in run.segments.filter(status=Segment.Status.STARTED, confirmed_at=None):
        segments.confirm(claim=claim, segment=segment)
    _end_leftovers(claim)
    now = clock.now()
    if run.restart_due_at is None or run.restart_due_at <= now:
        restart = restarts.request(
            run=run, by=claim.by, automatic=True, why="the segment is old enough", claim=claim
        )
        return _carry_out(claim, restart)
    _warn_of_limit(claim)
    return min(settings.LOOK_INTERVAL, _in_s(run.restart_due_at))


def _in_s(when: datetime) -> float:
    return (when - clock.now()).total_seconds()


def _end_leftovers(claim: Claim) -> None:
    """Of several recordings without a restart keep one: the oldest on the primary session, if it is safe."""
    run = claim.run
    segments.expire(claim=claim, older_than=clock.now() - compare.GRACE)
    live = list(run.segments.live().order_by("session", "ordinal"))  # "primary" sorts first
    if not live:
        return
    keep = live[0]
    if keep.session == Side.SECONDARY:
        # Only an interim is left: a new primary piece first, it may be ended after.
        steps.start(claim, Side.PRIMARY)
        return
    safe = keep.status == Segment.Status.STARTED and keep.confirmed_at is not None
    if len(live) > 1 and safe and _covers(claim, live[1:]):
        for segment in live[1:]:
            segments.stop(claim=claim, segment=segment)


def _covers(claim: Claim, others: list[Segment]) -> bool:
    """Everyone whom the others record publishes in the primary session too."""
    if all(segment.session == Side.PRIMARY for segment in others):
        return True
    there = coverage.publishers(claim, Side.SECONDARY)
    return coverage.covered(claim, Side.PRIMARY, there)


def _warn_of_limit(claim: Claim) -> None:
    run = claim.run
    limit = limits.limit_at(run)
    near = limit is not None and limit - clock.now() < timedelta(seconds=limits.reserve_s())
    if near:
        message = "The platform's limit is near and no restart has succeeded."
        alarms.open(room=run.room, run=run, code="limit_near", message=message)
    else:
        alarms.clear(room=run.room, run=run, codes=["limit_near"])


def _wind_down(claim: Claim) -> float:
    """Stop was asked for: end all that records, and wait for starts whose outcome is not known yet."""
    _look(claim)
    run = claim.run
    trouble: errors.PlatformError | None = None
    for segment in run.segments.live():
        try:
            segments.stop(claim=claim, segment=segment)
        except errors.PlatformError as error:
            trouble = error
    unsure = segments.expire(claim=claim, older_than=clock.now() - compare.GRACE)
    if trouble:
        raise trouble
    if unsure or run.segments.live().exists():
        return 1.0
    accounts.refresh(run_id=run.pk)
    run_states.process(claim=claim)
    _send_leave(claim)
    return 0


def _send_leave(claim: Claim) -> None:
    last = claim.run.restarts.first()
    if last and last.status != last.Status.DONE:
        steps.send(claim, "leave")


def _finish(claim: Claim) -> float:
    """Wait until the end of every piece is known (and, where files are kept, its file kept and measured)."""
    _look(claim)
    run = claim.run
    for segment in run.segments.live():
        segments.stop(claim=claim, segment=segment)
    segments.expire(claim=claim, older_than=clock.now() - compare.GRACE)
    accounts.refresh(run_id=run.pk)
    seams.plan(run_id=run.pk)
    settled = all(segment.is_settled for segment in run.segments.all())
    if settled and not seams.pending(run=run):
        previews.plan(run=run)
        run_states.complete(claim=claim)
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
    alarms.open(room=run.room, run=run, code=code, message=message)


PHASES = {
    Status.STARTING: _begin,
    Status.RECORDING: _carry_on,
    Status.RESTARTING: _carry_on,
    Status.STOPPING: _wind_down,
    Status.PROCESSING: _finish,
}
# Nothing else clears their error once the platform answers again.
ENDING = (Status.STOPPING, Status.PROCESSING)
