"""Sessions that record themselves (`archiveMode: always`): a first archive, and its successors.

The vendor starts the next archive before the last one reaches its limit, so that they overlap a little."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Protocol

from localtok.archives.archive import Archive
from localtok.errors import ApiError
from localtok.sessions.sessions import Session, SessionEvent

log = logging.getLogger(__name__)

# How long before its limit an archive gets its successor, at most a tenth of the limit.
AHEAD_S = 10.0
# A clock that leaps past the limit still leaves so much of both.
OVERLAP_S = 1.0
RETRY_S = 1.0


class AutomaticArchives(Protocol):
    """What it needs of the verbs of archiving, which need it in turn."""

    def live_in(self, session_id: str) -> list[Archive]: ...
    def session(self, session_id: str) -> Session | None: ...
    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None: ...
    async def start_automatic(self, session: Session) -> Archive: ...


class Rollover:
    def __init__(self, archiving: AutomaticArchives, limit_s: float) -> None:
        self._archiving = archiving
        self._due_ms = max(0.0, limit_s - min(AHEAD_S, limit_s / 10)) * 1000
        self._succeeded: set[str] = set()
        self._starting: set[str] = set()

    def on_session_event(self, event: SessionEvent) -> None:
        """The first stream of a session that records itself starts its archive."""
        if event.kind != "streamCreated" or event.session.archive_mode != "always":
            return
        session_id = event.session.id
        running = any(archive.automatic for archive in self._archiving.live_in(session_id))
        if not running and session_id not in self._starting:
            self._start(event.session)

    def holds(self, archive: Archive, now_ms: int) -> bool:
        """True while an archive at its limit must go on, because its successor does not record yet."""
        if not archive.automatic:
            return False
        session = self._archiving.session(archive.session_id)
        if session is None or not session.streams:
            return False
        due = archive.recorded_ms(now_ms) >= self._due_ms and archive.id not in self._succeeded
        if due and session.id not in self._starting:
            self._succeeded.add(archive.id)
            self._start(session)
        return session.id in self._starting

    def _start(self, session: Session) -> None:
        self._starting.add(session.id)
        self._archiving.spawn(self._open(session), f"automatic archive of {session.id}")

    async def _open(self, session: Session) -> None:
        try:
            # Until it records, or nobody publishes any more: a failed start is tried again.
            while session.streams:
                try:
                    await self._archiving.start_automatic(session)
                    await asyncio.sleep(OVERLAP_S)
                    return
                except ApiError as error:
                    log.warning("automatic archive of %s: %s", session.id, error.message)
                    await asyncio.sleep(RETRY_S)
        finally:
            self._starting.discard(session.id)
