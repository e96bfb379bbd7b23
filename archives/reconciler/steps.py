"""Performs one step of a restart: looks, acts, and writes down what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings

from archives import clock, errors
from archives.models import Restart, Segment, SegmentQuerySet, Side, Strategy
from archives.reconciler.coverage import Uncovered, names, note, publishers, uncovered
from archives.services import alarms, restarts, segments, signals
from archives.services import restart_table as machine
from archives.services.claims import Claim
from archives.services.people import presence
from archives.services.restart_table import Does, GiveUp, Step

logger = logging.getLogger(__name__)
POLL_S = 0.5
STUCK_AFTER = 5
NOBODY_CAME = "Nobody came into the second session, so the restart was put off."


def perform(claim: Claim, restart: Restart) -> None:
    """Do the restart's step. Platform errors end in another try or in giving up, never in an exception."""
    step = machine.step_named(restart.strategy, restart.step)
    try:
        DO[step.does](claim, restart, step)
    except errors.PlatformError as error:
        _failed(claim, restart, error)


def waited_s(restart: Restart) -> float:
    return (clock.now() - restart.step_since).total_seconds()


def _failed(claim: Claim, restart: Restart, error: errors.PlatformError) -> None:
    logger.warning("run %s: %s failed: %s", claim.run.pk, restart.step, error.message)
    plan = machine.after_failure(restart, error, waited_s=waited_s(restart))
    if isinstance(plan, GiveUp):
        give_up(claim, restart, plan.alarm, plan.message)
        return
    restarts.retry(claim=claim, restart=restart, in_s=plan, error=error.message)
    if isinstance(error, errors.PlatformRefused) or restart.attempts >= STUCK_AFTER:
        code = "credentials_refused" if isinstance(error, errors.PlatformRefused) else "restart_stuck"
        alarms.open(room=claim.run.room, run=claim.run, code=code, message=error.message)


def give_up(claim: Claim, restart: Restart, alarm: str, message: str) -> None:
    """Put the restart off; the old piece records on, so nothing is lost."""
    if restarts.give_up(claim=claim, restart=restart, why=message):
        alarms.open(room=claim.run.room, run=claim.run, code=alarm, message=message)
        send(claim, "leave")


def send(claim: Claim, signal: str) -> None:
    """Signals only make pages faster: they poll the state too, so a failure does not matter."""
    claim.hold()
    try:
        signals.to_second_session(room=claim.run.room, type=signal)
    except errors.PlatformError as error:
        logger.info("run %s: the signal %s was not sent: %s", claim.run.pk, signal, error.message)


def _signal(claim: Claim, restart: Restart, step: Step) -> None:
    send(claim, step.signal)
    restarts.advance(claim=claim, restart=restart, wait_s=0)


def _await(claim: Claim, restart: Restart, step: Step) -> None:
    expected, arrived = publishers(claim, Side.PRIMARY), publishers(claim, step.side)
    restarts.record_people(claim=claim, restart=restart, expected=expected, arrived=arrived)
    everyone = bool(expected) and not presence.missing(expected, arrived)
    if everyone or waited_s(restart) >= settings.SESSION_JOIN_DELAY:
        why = "" if everyone else f"{len(arrived)} of {len(expected)} came in time"
        restarts.advance(claim=claim, restart=restart, wait_s=0, why=why)
    else:
        restarts.retry(claim=claim, restart=restart, in_s=POLL_S)


# --- recordings ------------------------------------------------------------------------------------------
def recording(restart: Restart, side: Side) -> Segment | None:
    """What this restart started on that side and is recording."""
    return restart.segments.live().filter(session=side).order_by("-ordinal").first()


def start(claim: Claim, side: Side, restart: Restart | None = None) -> Segment:
    """A recording on that side that belongs to `restart` (or to none): found, taken over or started.

    Raises PlatformError.
    """
    run = claim.run
    own = run.segments.filter(session=side, restart=restart)
    found = own.live().filter(stop_requested_at=None).order_by("-ordinal").first()
    if found:
        return found
    if restart and restart.strategy == Strategy.DUAL_SESSION:
        other = run.segments.live().filter(session=side, stop_requested_at=None).first()
        if other:
            segments.take(claim=claim, segment=other, restart=restart)
            return other
    segment = own.filter(status=Segment.Status.STARTING, archive_id="").order_by("-ordinal").first()
    segment = segment or segments.intend(claim=claim, side=side, restart=restart)
    segments.start(claim=claim, segment=segment)
    return segment


def _start(claim: Claim, restart: Restart, step: Step) -> None:
    start(claim, step.side, restart)
    restarts.advance(claim=claim, restart=restart, wait_s=0)


def _confirm(claim: Claim, restart: Restart, step: Step) -> None:
    segment = recording(restart, step.side)
    if segment is None:
        back = machine.starting_step(restart.strategy, step)
        restarts.go(claim=claim, restart=restart, step=back, why="the new segment is not recording")
        return
    gone = uncovered(claim, restart, step.side)
    note(claim, restart, step.side, gone)
    paused = segment.status != Segment.Status.STARTED
    in_time = waited_s(restart) < settings.SESSION_JOIN_DELAY
    if (
        gone.nobody
        or _deaf(claim, segment)
        or (paused and gone.people)
        or ((gone.people or paused) and in_time)
    ):
        _wait_for_people(claim, restart, in_time)
        return
    why = _say_who_is_missing(claim, gone, step.side)
    segments.confirm(claim=claim, segment=segment)
    restarts.advance(claim=claim, restart=restart, wait_s=machine.wait_after(step), why=why)


def _deaf(claim: Claim, segment: Segment) -> bool:
    """A paused archive of a session in which people publish records none of them, however long one waits."""
    return segment.status == Segment.Status.PAUSED and bool(publishers(claim, Side(segment.session)))


def _wait_for_people(claim: Claim, restart: Restart, in_time: bool) -> None:
    if not in_time and machine.may_be_abandoned(restart.strategy, restart.step):
        give_up(claim, restart, "no_secondary", NOBODY_CAME)
    else:
        restarts.retry(claim=claim, restart=restart, in_s=POLL_S)


def _say_who_is_missing(claim: Claim, gone: Uncovered, side: Side | None) -> str:
    """Names who is not recorded from the next stop until the other session is recorded again; the story
    then tells by its times from when to when. Gives what the story says, "" where everyone is there.
    """
    run = claim.run
    if not gone.people:
        if side == Side.SECONDARY:
            alarms.clear(room=run.room, run=run, codes=["publisher_missing"])
        return ""
    message = gone.in_words()
    alarms.renew(room=run.room, run=run, code="publisher_missing", message=message)
    return f"without {names(gone.people)}"


def _stop(claim: Claim, restart: Restart, step: Step) -> None:
    targets = list(_targets(claim, restart, step))
    if not targets:
        restarts.advance(claim=claim, restart=restart, wait_s=0)
        return
    without = _may_stop(claim, restart, step)
    if without is None:
        return
    for segment in targets:
        segments.stop(claim=claim, segment=segment)
    if _targets(claim, restart, step).exists():
        raise errors.WrongStatus("The archive has not ended yet.")
    restarts.advance(claim=claim, restart=restart, wait_s=0, why=without)


def _targets(claim: Claim, restart: Restart, step: Step) -> SegmentQuerySet:
    """What this step ends: on the primary side what is older than the restart, else all of that side."""
    live = claim.run.segments.live().filter(session=step.side)
    return live.exclude(restart=restart) if step.side == Side.PRIMARY else live


def _may_stop(claim: Claim, restart: Restart, step: Step) -> str | None:
    """The last look before a recording is ended: the one that covers it must still record, and its people.

    None where it may not be ended; else what the story says of it, "without Ann" or "".
    """
    assert step.covered_by is not None  # noqa: S101 - a table without it would be wrong
    cover = recording(restart, step.covered_by)
    if cover is None or cover.confirmed_at is None:
        back = machine.starting_step(restart.strategy, step)
        restarts.go(claim=claim, restart=restart, step=back, why="the new segment ended by itself")
        return None
    gone = uncovered(claim, restart, step.covered_by)
    was_there = {person["key"] for person in restart.arrived}
    silent = gone.nobody or _deaf(claim, cover)
    lost = silent or any(person["key"] in was_there for person in gone.people)
    if lost and waited_s(restart) < settings.SESSION_JOIN_DELAY:
        # Somebody is reloading the page just now: the old piece still has time.
        restarts.retry(claim=claim, restart=restart, in_s=POLL_S)
        return None
    if silent:
        _wait_for_people(claim, restart, in_time=False)
        return None
    note(claim, restart, step.covered_by, gone)
    return _say_who_is_missing(claim, gone, step.covered_by)


DO: dict[Does, Callable[[Claim, Restart, Step], None]] = {
    Does.SIGNAL: _signal,
    Does.AWAIT: _await,
    Does.START: _start,
    Does.CONFIRM: _confirm,
    Does.STOP: _stop,
}
