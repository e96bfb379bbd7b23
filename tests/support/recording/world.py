"""A room with people whose pages behave, a fake platform, and a worker that is driven by hand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from archives import clock
from archives.models import ArchiveRun, Room, Segment, Strategy
from archives.reconciler.worker import Worker
from archives.services import restarts, rooms, runs
from archives.services import runs as run_service
from archives.services.people import sending
from tests.support.platform.fake_platform import FakePlatform, Killed

PEOPLE = ("Ann", "Ben")


class _Raise(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            raise record.exc_info[1]


@contextmanager
def mistakes_end_the_test() -> Iterator[None]:
    """A worker logs a mistake of ours and lives on; here it ends the test, and so does a broken invariant
    that is noticed in the middle of a visit.
    """
    raising, logger = _Raise(), logging.getLogger("archives.reconciler")
    logger.addHandler(raising)
    try:
        yield
    finally:
        logger.removeHandler(raising)


# What pages are sent of the second session of the world's room.
OF_SECOND_SESSION = {"sessionType": "secondary", "sessionId": "1_two"}


class World:
    def __init__(self, platform: FakePlatform, strategy: str = Strategy.DUAL_SESSION) -> None:
        self.platform = platform
        self.room = rooms.get()
        Room.objects.filter(pk=self.room.pk).update(
            strategy=strategy,
            session_id_primary="1_one",
            session_id_secondary="1_two",
            created_at=platform.now,
            due_at=platform.now,
        )
        self.room.refresh_from_db()
        self.workers = 0
        self.worker = self.new_worker()
        self.stay_away: set[str] = set()
        # What pages report of their sending with every poll, by name and session; others report nothing.
        self.words: dict[str, dict[str, str]] = {}
        platform.on_signal = self._pages
        self.join(*PEOPLE)

    # --- people ---
    def join(self, *names: str) -> None:
        self.platform.publish("1_one", *names)

    def leave(self, *names: str) -> None:
        self.platform.unpublish("1_one", *names)
        self.platform.unpublish("1_two", *names)

    def _present(self) -> list[str]:
        return [name.split(" [")[0] for name in self.platform.streams["1_one"].values()]

    def _pages(self, session_id: str, type: str) -> None:
        """What pages do on a signal; they poll the state as well, see `poll_pages`."""
        if type == "join":
            self.platform.publish("1_two", *(n for n in self._present() if n not in self.stay_away))
        if type == "leave":
            self.platform.unpublish("1_two", *PEOPLE, *self._present())

    def poll_pages(self) -> None:
        from archives.services.restart_table import secondary_wanted

        run = self.room.runs.filter(status__in=ArchiveRun.RUNNING).first()
        wanted = run and secondary_wanted(run.unfinished_restart, run.segments.live())
        self._pages("1_one", "join" if wanted else "leave")
        for name in self.words:
            self.say(name)

    def tell(self, **words: dict[str, str]) -> None:
        """What pages report from now on, {name: {session: state}}."""
        self.words = words
        for name in words:
            self.say(name)

    def say(self, name: str) -> None:
        """One heartbeat of a page."""
        media = [
            {"session": session, "kind": "camera", "state": state}
            for session, state in self.words[name].items()
        ]
        sending.report(room=self.room, participant=name.lower(), name=name, media=media)

    # --- what a host does ---
    def start(self, name: str = "Hearing") -> ArchiveRun:
        return runs.start(room=self.room, name=name).run

    def restart(self, run: ArchiveRun) -> None:
        restarts.request(run=run, by="host")

    def stop(self, run: ArchiveRun) -> None:
        run_service.stop(run=run, by="host")

    # --- what the worker does ---
    def new_worker(self) -> Worker:
        self.workers += 1
        return Worker(f"worker:{self.workers}")

    def tick(self, seconds: float = 0.05) -> None:
        """All that is due now, then time moves on. A worker that is killed is followed by another."""
        for _ in range(50):
            try:
                if not self.worker.work_once():
                    break
            except Killed:
                self.worker = self.new_worker()
        self.platform.advance(max(seconds, self.idle_s()))
        self.poll_pages()

    def idle_s(self, at_most: float = 1.0) -> float:
        """Until something is due, at most a second: pages poll meanwhile."""
        runs = ArchiveRun.objects.filter(status__in=ArchiveRun.ACTIVE).values_list("due_at", "lease_until")
        dues = [max(due, lease or due) for due, lease in runs]
        dues += Room.objects.values_list("due_at", flat=True)
        return min(at_most, (min(dues) - clock.now()).total_seconds())

    def until(self, reached: Callable[[], bool], *, within_s: float = 120) -> None:
        deadline = clock.after(within_s)
        while not reached():
            assert clock.now() < deadline, self.story()
            self.tick()

    def until_status(self, run: ArchiveRun, *statuses: str, within_s: float = 120) -> None:
        def reached() -> bool:
            run.refresh_from_db()
            return run.status in statuses

        self.until(reached, within_s=within_s)

    def wait(self, seconds: float) -> None:
        until = clock.after(seconds)
        while clock.now() < until:
            self.tick(5)

    def story(self) -> str:
        run = ArchiveRun.objects.first()
        if run is None:
            return "no run"
        lines = [f"{t.at:%M:%S.%f} {t} ({t.by}) {t.why}" for t in run.transitions.all()]
        return "\n".join(["too late; the story so far:", *lines, f"calls: {self.platform.calls[-40:]}"])

    def segments(self, run: ArchiveRun) -> list[Segment]:
        return list(run.segments.order_by("ordinal"))


def sessions(segments: Iterable[Segment]) -> list[str]:
    return [segment.session for segment in segments if segment.archive_id]
