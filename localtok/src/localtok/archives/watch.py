"""What time does to archives and sessions: compared with the clock again and again, whatever happened."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from localtok.archives.archive import Archive, Archives, Status
from localtok.archives.finishing import Endings
from localtok.archives.limits import MAXIMUM_DURATION, Limits, has_expired, past, stop_reason
from localtok.archives.recording import Recording
from localtok.archives.rollover import Rollover
from localtok.process.clock import Clock
from localtok.sessions.sessions import Session, Sessions, Stream

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 0.25
# An archive that receives no media for this long is paused; a recorder that reconnects takes less.
QUIET_S = 3.0


class Watch:
    """`recordings` are those of live archives, by id."""

    def __init__(
        self,
        *,
        archives: Archives,
        sessions: Sessions,
        clock: Clock,
        limits: Limits,
        recordings: dict[str, Recording],
        endings: Endings,
        rollover: Rollover,
    ) -> None:
        self._archives = archives
        self._sessions = sessions
        self._clock = clock
        self._limits = limits
        self._recordings = recordings
        self._endings = endings
        self._rollover = rollover
        # Archives that receive nothing although people publish, by id, and since when.
        self._quiet_since_ms: dict[str, int] = {}
        self._wake = asyncio.Event()
        # Others whose rules are of time: each is called with the time at every sweep.
        self.sweepers: list[Callable[[int], None]] = [self._end_empty_sessions]

    def hurry(self) -> None:
        """Somebody started or ended publishing: the next sweep is now."""
        self._wake.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await self.sweep()
            except Exception:
                log.exception("sweep failed; the next one tries again")
            try:
                # Not wait_for: Python 3.11's loses a cancellation that comes together with what it waits for.
                async with asyncio.timeout(SWEEP_EVERY_S):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()

    async def sweep(self) -> None:
        """Level-triggered: compares each archive with its session and the clock, and acts on what differs."""
        now_ms = self._clock.now_ms()
        for sweeper in self.sweepers:
            sweeper(now_ms)
        for archive in self._archives:
            if archive.live:
                await self._sweep_live(archive, now_ms)
            else:
                self._quiet_since_ms.pop(archive.id, None)
                if has_expired(archive, now_ms, self._limits):
                    self._endings.drop_file(archive, Status.EXPIRED)

    def _end_empty_sessions(self, now_ms: int) -> None:
        for session in self._sessions:
            if past(session.empty_since_ms, self._limits.empty_session_s, now_ms):
                self._sessions.end(session)

    async def _sweep_live(self, archive: Archive, now_ms: int) -> None:
        session = self._sessions.find(archive.session_id)
        held = self._rollover.holds(archive, now_ms)
        reason = stop_reason(archive, session, now_ms, self._limits)
        if reason and not (held and reason == MAXIMUM_DURATION):
            self._endings.end(archive, reason)
        elif self._recordings[archive.id].ready:
            await self._follow(archive, self._recordings[archive.id], session, now_ms)

    async def _follow(
        self, archive: Archive, recording: Recording, session: Session | None, now_ms: int
    ) -> None:
        """Pauses while nobody publishes, and while nothing arrives of those who do."""
        streams = list(session.streams.values()) if session else []
        if archive.status == Status.STARTED and (
            not streams or self._quiet(archive, recording, streams, now_ms)
        ):
            self._archives.set_status(archive, Status.PAUSED)
            await recording.pause()
        elif archive.status == Status.PAUSED and recording.hears(streams):
            archive.began_ms = archive.began_ms or recording.began_at_ms
            self._archives.set_status(archive, Status.STARTED)
        # The recorder goes on with the first media by itself: nothing of it waits for the next sweep.
        await (recording.resume() if streams else recording.pause())

    def _quiet(self, archive: Archive, recording: Recording, streams: list[Stream], now_ms: int) -> bool:
        if not recording.hears_nothing(streams):
            self._quiet_since_ms.pop(archive.id, None)
            return False
        return past(self._quiet_since_ms.setdefault(archive.id, now_ms), QUIET_S, now_ms)
