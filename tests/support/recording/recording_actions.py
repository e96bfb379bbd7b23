"""Actions on the recording of tests/support/recording/recording_machine.py: by the host, people, the
platform, and the delivery of its callbacks; and what is planned for the middle of a call.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from archives import clock, errors
from archives.models import ArchiveRun
from archives.reconciler.worker import Worker
from archives.services import callbacks, limits, restarts, runs
from tests.support.platform.fake_platform import FakePlatform, Killed
from tests.support.recording.world import World

PEOPLE = ("Ann", "Ben", "Cem")
ENDS = {
    "maximum duration exceeded": "available",
    "maximum idle time exceeded": "available",
    "session ended": "uploaded",
    "failure": "failed",
}
people = st.sampled_from(PEOPLE)


@dataclass
class Plan:
    """What happens at the next call of that name, just before or after it acts."""

    call: str
    when: str
    happens: Callable[[], None]


class Acts(RuleBasedStateMachine):
    """Rules that act on a world which a subclass opens."""

    platform: FakePlatform
    world: World
    workers: list[Worker]
    plans: list[Plan]
    # Since when nothing fails and somebody works; None in trouble.
    peace_since: datetime | None

    # --- what happens in the middle of calls ---
    def _meanwhile(self, name: str, when: str) -> None:
        for plan in self.plans:
            if (plan.call, plan.when) == (name, when):
                self.plans.remove(plan)
                plan.happens()
                return

    def _plan(self, call: str, when: str, happens: Callable[[], object]) -> None:
        self.plans.append(Plan(call, when, lambda: happens() and None))

    def work(self, number: int) -> bool:
        try:
            return self.workers[number].work_once()
        except Killed:
            self.workers[number] = self.world.new_worker()
            return True

    # --- the host ---
    @rule(name=st.sampled_from(["Hearing", "Lesson"]))
    def start(self, name: str) -> None:
        self._as_a_request(lambda: runs.start(room=self.world.room, name=name))

    @rule()
    def stop(self) -> None:
        run = self.live_run()
        if run:
            self._as_a_request(lambda: runs.stop(run=run, by="host"))

    @rule()
    def restart(self) -> None:
        run = self.live_run()
        if run:
            self._as_a_request(lambda: restarts.request(run=run, by="host"))

    @rule(seconds=st.sampled_from([1, 60, 5000]))
    def postpone(self, seconds: int) -> None:
        run = self.live_run()
        if run:
            self._as_a_request(lambda: runs.postpone(run=run, seconds=seconds, by="host"))
            run.refresh_from_db()
            limit = limits.limit_at(run)
            assert not (limit and run.restart_due_at) or run.restart_due_at < limit

    def _as_a_request(self, ask: Callable[[], object]) -> None:
        with suppress(errors.ArchiveError, Killed):
            ask()

    def live_run(self) -> ArchiveRun | None:
        return ArchiveRun.objects.live().first()

    # --- people ---
    @rule(name=people)
    def somebody_comes(self, name: str) -> None:
        self.world.stay_away.discard(name)
        self.world.join(name)

    @rule(name=people)
    def somebody_leaves(self, name: str) -> None:
        self.world.leave(name)

    @rule(name=people)
    def somebody_reloads(self, name: str) -> None:
        self.world.leave(name)
        self._plan("streams_list", "after", lambda: self.world.join(name))

    @rule(name=people)
    def somebody_cannot_reach_the_second_session(self, name: str) -> None:
        self.world.stay_away.add(name)
        self.platform.unpublish("1_two", name)

    @rule(name=people)
    def somebody_can_again(self, name: str) -> None:
        self.world.stay_away.discard(name)

    # --- the platform ---
    @rule(which=st.integers(0, 2), why=st.sampled_from(list(ENDS)))
    def a_piece_ends(self, which: int, why: str) -> None:
        live = self.platform.live()
        if which < len(live):
            self.platform.end(live[which], why, status=ENDS[why])

    @rule(session=st.sampled_from(["1_one", "1_two"]))
    def somebody_else_records(self, session: str) -> None:
        if not self.platform.live(session) and self.platform.connected[session]:
            self.platform.foreign_archive(session, "elsewhere")

    @rule()
    def the_media_server_rotates_soon(self) -> None:
        self._deliver(
            "session", {"sessionId": "1_one", "event": "sessionNotification", "at": str(clock.now())}
        )

    @rule(which=st.integers(0, 30), times=st.integers(1, 2))
    def a_callback_comes(self, which: int, times: int) -> None:
        """Any of those that are owed: late, twice, in any order; those never chosen are lost."""
        owed = self.platform.callbacks
        for _ in range(times if owed else 0):
            self._deliver(*owed[-1 - which % len(owed)])

    def _deliver(self, source: str, body: dict[str, Any]) -> None:
        callbacks.receive(source=source, body=json.dumps(body).encode())
