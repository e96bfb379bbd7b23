"""The rules by which time ends archives and takes their files."""

from __future__ import annotations

from dataclasses import dataclass

from localtok.archives.archive import Archive, Status
from localtok.sessions.sessions import Session

USER_INITIATED = "user initiated"
MAXIMUM_DURATION = "maximum duration exceeded"
MAXIMUM_IDLE = "maximum idle time exceeded"
SESSION_ENDED = "session ended"
FAILURE = "failure"


@dataclass(frozen=True)
class Limits:
    """The vendor's limits, in seconds (developer guide on archiving)."""

    recorded_s: float = 4 * 3600
    total_s: float = 12 * 3600
    idle_s: float = 3600
    first_publisher_s: float = 60
    empty_session_s: float = 60
    kept_s: float = 72 * 3600


def stop_reason(archive: Archive, session: Session | None, now_ms: int, limits: Limits) -> str | None:
    """Why a live archive must stop now, or None."""
    if archive.recorded_ms(now_ms) >= limits.recorded_s * 1000:
        return MAXIMUM_DURATION
    if now_ms - archive.called_ms >= limits.total_s * 1000:
        return MAXIMUM_DURATION
    if session is None or past(session.empty_since_ms, limits.empty_session_s, now_ms):
        return SESSION_ENDED
    if past(archive.paused_since_ms, limits.idle_s, now_ms):
        return MAXIMUM_IDLE
    if not archive.published and past(archive.called_ms, limits.first_publisher_s, now_ms):
        return MAXIMUM_IDLE
    return None


def has_expired(archive: Archive, now_ms: int, limits: Limits) -> bool:
    return archive.status == Status.AVAILABLE and past(archive.available_ms, limits.kept_s, now_ms)


def past(since_ms: int | None, limit_s: float, now_ms: int) -> bool:
    return since_ms is not None and now_ms - since_ms >= limit_s * 1000
