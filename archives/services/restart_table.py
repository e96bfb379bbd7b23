"""The restart as one ordered table per strategy. Pure: no rows are written and nobody is called here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from archives import errors
from archives.models import Restart, Segment, Side, Strategy


class Does(StrEnum):
    SIGNAL = "signal"
    AWAIT = "await"
    START = "start"
    CONFIRM = "confirm"
    STOP = "stop"


@dataclass(frozen=True)
class Step:
    """What a step does on which side, and the setting that says how long to wait after it (seconds)."""

    name: str
    label: str
    does: Does
    side: Side = Side.PRIMARY
    signal: str = ""
    wait: str = ""
    # For STOP: the side whose recording must cover the people of the one that is stopped.
    covered_by: Side | None = None


TABLES: dict[str, tuple[Step, ...]] = {
    Strategy.DUAL_SESSION: (
        Step("SIGNAL_JOIN", "Ask everyone into the second session", Does.SIGNAL, signal="join"),
        Step("AWAIT_PUBLISHERS", "Wait until everyone is there", Does.AWAIT, Side.SECONDARY),
        Step("START_SECONDARY", "Record the second session", Does.START, Side.SECONDARY),
        Step(
            "CONFIRM_SECONDARY",
            "Make sure that it records",
            Does.CONFIRM,
            Side.SECONDARY,
            wait="SESSION_STOP_DELAY_PRIMARY",
        ),
        Step("STOP_PRIMARY", "Close the old segment", Does.STOP, covered_by=Side.SECONDARY),
        Step("START_PRIMARY", "Start the new segment", Does.START),
        Step(
            "CONFIRM_PRIMARY", "Make sure that it records", Does.CONFIRM, wait="SESSION_STOP_DELAY_SECONDARY"
        ),
        Step(
            "STOP_SECONDARY",
            "Close the second session's segment",
            Does.STOP,
            Side.SECONDARY,
            covered_by=Side.PRIMARY,
        ),
        Step("SIGNAL_LEAVE", "Let everyone leave the second session", Does.SIGNAL, signal="leave"),
    ),
    Strategy.OVERLAP: (
        Step("START_NEXT", "Start the new segment", Does.START),
        Step("CONFIRM_NEXT", "Make sure that it records", Does.CONFIRM, wait="SESSION_STOP_DELAY_PRIMARY"),
        Step("STOP_PREVIOUS", "Close the old segment", Does.STOP, covered_by=Side.PRIMARY),
    ),
}
DONE = "DONE"
PATIENCE_S = 30.0
LONGEST_PAUSE_S = 5.0


def table(strategy: str) -> tuple[Step, ...]:
    return TABLES[strategy]


def first_step(strategy: str) -> str:
    return table(strategy)[0].name


def step_named(strategy: str, name: str) -> Step:
    return next(step for step in table(strategy) if step.name == name)


def next_step(strategy: str, name: str) -> str:
    names = [step.name for step in table(strategy)] + [DONE]
    return names[names.index(name) + 1]


def starting_step(strategy: str, confirm_or_stop: Step) -> str:
    """The step that starts what `confirm_or_stop` relies on: where to go back to if that died."""
    side = confirm_or_stop.covered_by or confirm_or_stop.side
    return next(s.name for s in table(strategy) if s.does is Does.START and s.side == side)


def wait_after(step: Step) -> float:
    return float(getattr(settings, step.wait)) if step.wait else 0.0


def may_be_abandoned(strategy: str, name: str) -> bool:
    """True while nothing has been stopped: the old piece records on, so giving up costs nothing."""
    names = [step.name for step in table(strategy)]
    stop = next(i for i, step in enumerate(table(strategy)) if step.does is Does.STOP)
    return names.index(name) < stop


def secondary_wanted(restart: Restart | None, pieces: Iterable[Segment]) -> bool:
    """Whether participants have to publish in the second session now.

    A restart wants them there; without one, a piece of that session does while it is the only one that
    records for certain. `pieces` are those of a run that is recording.
    """
    if restart and restart.status == Restart.Status.RUNNING and restart.strategy == Strategy.DUAL_SESSION:
        return restart.step not in ("SIGNAL_LEAVE", DONE)
    live = [piece for piece in pieces if piece.is_live]
    safe = any(piece.session == Side.PRIMARY and piece.confirmed_at for piece in live)
    return not safe and any(piece.session == Side.SECONDARY for piece in live)


def backoff(attempts: int) -> float:
    """Seconds before the next try: short at first, since a 409 right after a stop lasts only a moment."""
    return min(0.25 * 2 ** min(attempts, 10), LONGEST_PAUSE_S)


@dataclass(frozen=True)
class GiveUp:
    alarm: str
    message: str


def after_failure(restart: Restart, error: errors.PlatformError, *, waited_s: float) -> float | GiveUp:
    """Seconds until the same step is tried again, or that the restart is given up (docs/failures.md)."""
    if not may_be_abandoned(restart.strategy, restart.step):
        return backoff(restart.attempts)
    if isinstance(error, errors.PlatformRefused):
        return GiveUp("credentials_refused", error.message)
    if isinstance(error, errors.NoClients) and waited_s >= settings.SESSION_JOIN_DELAY:
        return GiveUp("no_secondary", "Nobody is in the second session, so the restart was put off.")
    if waited_s >= PATIENCE_S:
        return GiveUp("restart_failed", f"The restart was put off: {error.message}")
    return backoff(restart.attempts)


def progress(restart: Restart) -> list[dict[str, str]]:
    """[{name, label, state: done | active | waiting | failed}] for the host's page."""
    steps = table(restart.strategy)
    reached = next((i for i, step in enumerate(steps) if step.name == restart.step), len(steps))
    at = {Restart.Status.RUNNING: "active", Restart.Status.FAILED: "failed"}.get(
        Restart.Status(restart.status), "waiting"
    )
    if restart.status == Restart.Status.DONE:
        reached = len(steps)
    states = ["done"] * reached + [at] + ["waiting"] * len(steps)
    return [
        {"name": step.name, "label": step.label, "state": state}
        for step, state in zip(steps, states, strict=False)
    ]
