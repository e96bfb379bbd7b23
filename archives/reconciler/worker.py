"""The worker: claims a run that is due and visits it; sweeps for what else is due, stale or unexplained."""

from __future__ import annotations

import logging
import threading
import zlib
from datetime import timedelta

from django.conf import settings
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    reset_queries,
)

from archives import clock, errors
from archives.media import tasks
from archives.models import ArchiveRun, Room
from archives.ops import telemetry
from archives.reconciler import bulk, compare
from archives.reconciler.heartbeat import Beats, process_name
from archives.reconciler.run import attend
from archives.services import accounts, callbacks, claims, counters, runs
from archives.services import heartbeats as beat_service
from archives.services.claims import Claim
from archives.services.heartbeats import WORKER
from dualarchive import logs

logger = logging.getLogger(__name__)
IDLE_S = 0.25
AT_ONCE = 20
DATABASE_PAUSE_S = 2.0
DAY_S = 86_400.0
WEIGH_S = 60.0
# How often to look for runs whose account is missing, or made by former rules.
ACCOUNTS_S = 60.0
# Whatever there is to visit, what else is due has its turn after so many visits.
VISITS_IN_A_ROW = 10


class Worker:
    """Methods return whether they found work, so that they can be driven without the loop."""

    def __init__(self, name: str = "", idle_s: float = IDLE_S, beats: Beats | None = None) -> None:
        self._idle_s = idle_s
        self.name = name or process_name(WORKER)
        self.forget_at = clock.now()
        self._weigh_due = self._accounts_due = 0.0
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
            self.make_accounts(),
        ]
        if self._weigh_due <= clock.steady():
            self._weigh_due = clock.steady() + WEIGH_S
            counters.weigh_storage()
        self._forget_daily()
        return any(found)

    def make_accounts(self) -> bool:
        """Make some missing accounts, such as after an upgrade; each round makes some more."""
        if self._accounts_due > clock.steady():
            return False
        if accounts.make_missing():
            return True
        self._accounts_due = clock.steady() + ACCOUNTS_S
        return False

    def _patrol(self) -> bool:
        if self._patrol_at > clock.now():
            return False
        self._patrol_at = clock.after(settings.LOOK_INTERVAL)
        return bulk.patrol_or_say()

    def _forget_daily(self) -> None:
        if self.forget_at <= clock.now():
            self.forget_at = clock.after(DAY_S)
            callbacks.delete_old()
            beat_service.delete_old()

    def visit_one_due(self) -> bool:
        due = list(ArchiveRun.objects.due(clock.now()).values_list("pk", flat=True)[:AT_ONCE])
        # Each worker begins at a place of its own, so that they do not all reach for the same run.
        start = self._place % len(due) if due else 0
        return any(self.visit(run_id) for run_id in due[start:] + due[:start])

    def visit(self, run_id: object) -> bool:
        """One claim on the run and what is due in it; False where another worker was faster."""
        claim = claims.claim(run_id=run_id, by=self.name)  # type: ignore[arg-type]
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
            runs.signal_state(claim.run.room)
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
            lines = compare.room_sweep(room, by=self.name) + compare.people_sweep(room)
        except errors.PlatformError as error:
            logger.warning("room %s was not swept: %s", room.slug, error.message)
            return
        for line in lines:
            logger.warning("sweep: %s", line)


def _sweep_interval_s(room: Room) -> float:
    """Often while something may turn up late; a live run's own visits see to its archives."""
    lately = clock.now() - timedelta(hours=1)
    ended = room.runs.filter(ended_at__gte=lately).exists()
    return compare.SWEEP_S if ended else compare.IDLE_SWEEP_S
