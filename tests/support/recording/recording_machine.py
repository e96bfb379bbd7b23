"""A host, people, two workers and a platform that does everything docs/failures.md fears, in any order.

Hypothesis chooses what happens; time is the fake platform's. What happens in the middle of a call (the other
worker runs, the lease runs out, a piece ends, somebody leaves) is a `Plan`. I1–I6 are checked after a step,
and all of them strictly once the world was left in peace and the run was stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from unittest.mock import patch

from django.db import transaction
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from archives import clock
from archives.media import tasks
from archives.models import ArchiveRun, Room, Segment, Strategy
from archives.platform import gateway
from archives.reconciler import bulk
from archives.services import runs
from tests.support.platform.fake_platform import FakePlatform
from tests.support.platform.platform_failures import FAILURES, NEVER_SAID
from tests.support.recording import invariants, measuring
from tests.support.recording.recording_actions import ENDS, PEOPLE, Acts, Plan, people
from tests.support.recording.world import World, mistakes_end_the_test

CALLS = (
    "archive_start",
    "archive_stop",
    "archives_list",
    "archives_newest",
    "archive_get",
    "streams_list",
    "signal",
)
LIMIT_S, LEASE_S, PEACE_S = 600.0, 26.0, 75.0
SETTINGS = {"ARCHIVE_LIMIT": LIMIT_S, "RESTART_AFTER": 300.0, "RESTART_JITTER": 20.0, "KEEP_FILES": False}
calls = st.sampled_from(CALLS)
moments = st.sampled_from(["before", "after"])


class RecordingMachine(Acts):
    """Subclasses plant bugs. `strategies` are those that the room may be given."""

    strategies = tuple(Strategy.values)

    def __init__(self) -> None:
        super().__init__()
        self.ending = ExitStack()
        self.ending.enter_context(override_settings(**SETTINGS))
        self.ending.enter_context(mistakes_end_the_test())
        # What is done with finished files is another's matter, and half of an idle visit.
        self.ending.enter_context(patch.object(tasks, "enqueue_due", lambda: 0))
        # One example is one transaction that is rolled back; the product opens its own inside it.
        self.ending.enter_context(transaction.atomic())
        self.platform = FakePlatform(limit_s=LIMIT_S)
        gateway.use(self.platform)
        clock.use(self.platform.clock)
        self.plans: list[Plan] = []
        self.story = invariants.Story()

    @initialize(
        strategy=st.data(),
        patrolled=st.booleans(),
        prompt=st.booleans(),
        measured=st.lists(st.sampled_from(measuring.KINDS), max_size=3),
    )
    def open_the_room(
        self, strategy: st.DataObject, patrolled: bool, prompt: bool, measured: list[str]
    ) -> None:
        # Callbacks come at once, or whenever `a_callback_comes` chooses one.
        self.platform.prompt, self.delivered = prompt, 0
        # How well each seam in turn is measured in the end; none is if this is empty.
        self.measured = measured
        if patrolled:
            # As with many recordings, where those at rest are not looked at one by one.
            self.ending.enter_context(patch.object(bulk, "FROM", 1))
            self.ending.enter_context(patch.object(bulk, "RUNS_PER_PAGE", 1))
        self.world = World(self.platform, strategy.draw(st.sampled_from(self.strategies)))
        self.workers = [self.world.worker, self.world.new_worker()]
        self.peace_since = self.platform.now
        self.platform.on_call = self._meanwhile
        invariants.watch(self.world)

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self._end_in_peace()
        finally:
            gateway.use(None)
            clock.use(None)
            transaction.set_rollback(True)
            self.ending.close()

    # --- what happens in the middle of calls ---
    @rule(call=calls, when=moments, number=st.integers(0, 1), visits=st.integers(1, 3))
    def a_worker_runs_in_the_middle(self, call: str, when: str, number: int, visits: int) -> None:
        self._plan(call, when, lambda: [self.work(number) for _ in range(visits)])

    @rule(call=calls, when=moments, number=st.integers(0, 1), visits=st.integers(1, 3))
    def the_lease_runs_out_in_the_middle(self, call: str, when: str, number: int, visits: int) -> None:
        def happens() -> None:
            self.platform.advance(LEASE_S)
            for _ in range(visits):
                self.work(number)

        self._plan(call, when, happens)

    @rule(call=calls, when=moments, seconds=st.sampled_from([1.0, 9.0, 24.0]))
    def a_call_is_slow(self, call: str, when: str, seconds: float) -> None:
        self._plan(call, when, lambda: self.platform.advance(seconds))

    @rule(call=calls, when=moments, why=st.sampled_from(list(ENDS)))
    def a_piece_ends_in_the_middle(self, call: str, when: str, why: str) -> None:
        self._plan(call, when, lambda: self.a_piece_ends(0, why))

    @rule(call=calls, when=moments)
    def the_host_stops_in_the_middle(self, call: str, when: str) -> None:
        self._plan(call, when, self.stop)

    @rule(call=calls, when=moments, name=people)
    def somebody_leaves_in_the_middle(self, call: str, when: str, name: str) -> None:
        self._plan(call, when, lambda: self.world.leave(name))

    @rule(call=calls, failure=st.sampled_from(list(FAILURES)), times=st.integers(1, 3))
    def a_call_fails(self, call: str, failure: str, times: int) -> None:
        if (call, failure) in NEVER_SAID or (
            call == "archive_get" and failure in ("no clients", "409", "404")
        ):
            return
        error, after, _ = FAILURES[failure]
        self.peace_since = None
        self.platform.fail(call, error, after=after, times=times)

    # --- time, and who works ---
    @rule(number=st.integers(0, 1), visits=st.integers(1, 4))
    def worker_works(self, number: int, visits: int) -> None:
        for _ in range(visits):
            self.work(number)

    @rule(seconds=st.sampled_from([0.1, 0.6, 2.0, 5.5, LEASE_S, 61.0]))
    def nobody_works_for(self, seconds: float) -> None:
        self.platform.advance(seconds)
        self.world.poll_pages()
        self.peace_since = None

    @rule(seconds=st.sampled_from([2.0, 6.0, 12.0, 30.0]))
    def all_is_well_for(self, seconds: float) -> None:
        until = clock.after(seconds)
        while clock.now() < until:
            self._tick(at_most=(until - clock.now()).total_seconds())

    @rule()
    def the_restart_comes_due(self) -> None:
        run = self.live_run()
        if run and run.restart_due_at and not run.unfinished_restart:
            self.platform.advance(max(0.0, (run.restart_due_at - clock.now()).total_seconds()))
            self.peace_since = None

    def _tick(self, at_most: float = 1.0) -> None:
        """All that is due, then on to what is due next: until then no page would be told anything new."""
        for _ in range(30):
            if not any([self.work(0), self.work(1)]):
                break
            self._deliver_new()
        self.world.poll_pages()
        self._deliver_new()
        self.platform.advance(max(0.05, self.world.idle_s(at_most)))
        self.world.poll_pages()
        if self.peace_since is None and not any(f.times for f in self.platform.faults) and not self.plans:
            self.peace_since = clock.now()

    # --- what must hold ---
    @invariant()
    def everything_holds(self) -> None:
        if not hasattr(self, "world"):
            return
        self._deliver_new()
        self.story.check()
        invariants.one_restart_and_one_live_run()
        invariants.no_archive_has_two_segments(self.platform)
        for run in ArchiveRun.objects.exclude(started_at=None):
            invariants.known_holes_are_stated(self.platform, run)
        if self.peace_since and (clock.now() - self.peace_since).total_seconds() > PEACE_S:
            invariants.our_archives_have_one_segment(self.platform)
            invariants.nothing_runs_that_was_stopped(self.platform)

    def _deliver_new(self) -> None:
        if not self.platform.prompt:
            return
        while self.delivered < len(self.platform.callbacks):
            self.delivered += 1
            self._deliver(*self.platform.callbacks[self.delivered - 1])

    def _end_in_peace(self) -> None:
        self.platform.faults.clear()
        self.plans.clear()
        self.world.stay_away.clear()
        self.world.join(*PEOPLE)
        # An idle room is swept every quarter of an hour: here at once. What it adopts is a run of its own.
        Room.objects.update(due_at=clock.now())
        for _ in range(4):
            self.all_is_well_for(PEACE_S)
            run = self.live_run()
            if run is None:
                break
            self._until(self._is_recorded_well)
            runs.stop(run=run, by="host")
        self._until(lambda: not ArchiveRun.objects.filter(status__in=ArchiveRun.ACTIVE).exists())
        self.story.check()
        invariants.check_end(self.world)
        if self.measured:
            for run in ArchiveRun.objects.exclude(started_at=None):
                measuring.measure(self.platform, run, self.measured)
            invariants.check_end(self.world)
        if self.platform.prompt:
            invariants.absences_are_stated(self.platform)

    def _is_recorded_well(self) -> bool:
        """Left in peace with everyone there, a live run comes to exactly one piece in the first session."""
        run = self.live_run()
        live = self.platform.live()
        return bool(
            run
            and run.status == ArchiveRun.Status.RECORDING
            and [a.session_id for a in live] == ["1_one"]
            and Segment.objects.filter(archive_id=live[0].id, run=run, confirmed_at__isnull=False).exists()
        )

    def _until(self, reached: Callable[[], bool]) -> None:
        deadline = clock.after(240)
        while not reached():
            if clock.now() >= deadline:
                invariants.one_restart_and_one_live_run()
                raise AssertionError(self.world.story())
            self._tick()
