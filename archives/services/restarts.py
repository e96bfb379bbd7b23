"""Restarts: asked for by a host or by the clock, carried forward step by step by the worker."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from archives import clock, errors
from archives.models import ArchiveRun, Restart, Strategy
from archives.services import alarms, counters, history, rooms
from archives.services import restart_table as machine
from archives.services.claims import Claim
from archives.services.history import move
from archives.services.limits import restart_due

RunStatus = ArchiveRun.Status
RETRY_AFTER_S = 60.0
LEFT_BEHIND_S = 30.0
# What a restart that was done has put right.
OVERCOME = ["credentials_refused", "limit_near", "no_secondary", "restart_failed", "restart_stuck"]


def request(
    *, run: ArchiveRun, by: str, automatic: bool = False, why: str = "", claim: Claim | None = None
) -> Restart:
    """Begin a restart; the worker carries it out. Raises RestartInProgress, RunNotLive, ClaimLost."""
    try:
        with transaction.atomic():
            moved = move(
                run,
                RunStatus.RESTARTING,
                old=RunStatus.RECORDING,
                by=by,
                why=why,
                claim=claim,
                due_at=clock.now(),
            )
            if not moved:
                raise _why_not(run)
            strategy = _strategy(run)
            restart = Restart.objects.create(
                run=run,
                strategy=strategy,
                step=machine.first_step(strategy),
                automatic=automatic,
                why=why[:200],
            )
            history.record(restart, old="", new=Restart.Status.RUNNING, by=by, why=why)
            history.record(restart, old="", new=restart.step, by=by, field="step")
    except IntegrityError:
        raise errors.RestartInProgress from None
    if claim:
        claim.due_at = run.due_at  # Its own visit goes on with it: nobody has to come for that.
    return restart


def _strategy(run: ArchiveRun) -> str:
    """The run's own, but a piece without a tag (one that was adopted) suffers no other beside it."""
    untagged = run.segments.live().filter(multi_archive_tag="").exists()
    return Strategy.DUAL_SESSION if untagged else run.strategy


def _why_not(run: ArchiveRun) -> errors.ArchiveError:
    restarting = ArchiveRun.objects.filter(pk=run.pk, status=RunStatus.RESTARTING).exists()
    return errors.RestartInProgress() if restarting else errors.RunNotLive()


def advance(*, claim: Claim, restart: Restart, wait_s: float, why: str = "") -> bool:
    """On to the next step in `wait_s` seconds, or done."""
    following = machine.next_step(restart.strategy, restart.step)
    if following == machine.DONE:
        return _end(claim, restart, Restart.Status.DONE, why)
    return go(claim=claim, restart=restart, step=following, wait_s=wait_s, why=why)


def go(*, claim: Claim, restart: Restart, step: str, wait_s: float = 0, why: str = "") -> bool:
    """To `step`, forward, or back to where a recording that died has to be started again."""
    due = clock.after(wait_s)
    return move(
        restart,
        step,
        old=restart.step,
        field="step",
        by=claim.by,
        why=why,
        claim=claim,
        where={"status": Restart.Status.RUNNING},
        due_at=due,
        step_since=due,
        attempts=0,
        error="",
    )


def retry(*, claim: Claim, restart: Restart, in_s: float, error: str = "", **values: Any) -> None:
    """The same step once more in `in_s` seconds; `error` counts as a failed attempt."""
    with transaction.atomic():
        claim.guard()
        Restart.objects.filter(pk=restart.pk, status=Restart.Status.RUNNING).update(
            due_at=clock.after(in_s),
            attempts=restart.attempts + bool(error),
            error=error,
            **values,
        )


def record_people(
    *, claim: Claim, restart: Restart, expected: list[dict[str, str]], arrived: list[dict[str, str]]
) -> None:
    if (restart.expected, restart.arrived) == (expected, arrived):
        return
    with transaction.atomic():
        claim.guard()
        Restart.objects.filter(pk=restart.pk).update(expected=expected, arrived=arrived)
    restart.expected, restart.arrived = expected, arrived


def give_up(*, claim: Claim, restart: Restart, why: str) -> bool:
    """End the restart without having cut anything; another is due in a minute."""
    return _end(claim, restart, Restart.Status.FAILED, why)


def cancel(*, claim: Claim, restart: Restart, why: str) -> bool:
    return _end(claim, restart, Restart.Status.CANCELLED, why)


def _end(claim: Claim, restart: Restart, status: str, why: str) -> bool:
    run = claim.run
    with transaction.atomic():
        ended = move(
            restart,
            status,
            old=Restart.Status.RUNNING,
            by=claim.by,
            why=why,
            claim=claim,
            ended_at=clock.now(),
            error=why if status == Restart.Status.FAILED else "",
        )
        if not ended:
            return False
        counters.count_restart(restart)
        # Whoever stays in the second session all the same is then asked to leave it.
        rooms.schedule(room=run.room, in_s=LEFT_BEHIND_S)
        if status == Restart.Status.DONE:
            alarms.clear(room=run.room, run=run, codes=OVERCOME)
            piece = run.segments.live().order_by("-ordinal").first()
            due = restart_due(run, piece.started_at if piece and piece.started_at else clock.now())
        else:
            due = clock.after(RETRY_AFTER_S)
        move(run, RunStatus.RECORDING, old=RunStatus.RESTARTING, by=claim.by, claim=claim, restart_due_at=due)
    return True
