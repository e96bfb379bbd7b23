"""Real worker processes: killed at every step of each strategy, or without their database for a while.

The worker that makes a step's call is killed with SIGKILL before the platform acts, or after it acted and
before it answers. Another is there to take over. Nothing may be lost, and nothing may be left over.
"""

from __future__ import annotations

import os
import threading
import time

import pytest

from archives.models import ArchiveRun, Restart, Strategy
from archives.services import restart_table as machine
from archives.services import restarts, runs
from archives.timeline import account_for
from tests.support.recording.real_site import Site
from tests.support.servers.postgres import Postgres

# How long the database is away (seconds).
AWAY_S = float(os.environ.get("DATABASE_AWAY", "5"))


class Killer:
    """Kills the worker that makes the call of `step` in the room whose turn it is, once for each room."""

    def __init__(self, site: Site, turns: dict[str, tuple[str, str]]) -> None:
        self.site, self.turns = site, turns
        self.done: set[str] = set()
        self.known = threading.local()
        site.platform.watch = self.watch

    def watch(self, caller: str, call: str, session: str, when: str) -> None:
        room = session.removesuffix("_one").removesuffix("_two")
        step, moment = self.turns.get(room, ("", ""))
        if room in self.done or moment != when or call == "signal state" or caller == "host":
            return
        # Of a visit's calls the first ones only look; a step of the overlap strategy may make no other.
        if call.startswith("archive") and call.endswith(("list", "get")) and not step.startswith("CONFIRM"):
            return
        if self._step(room) == step:
            self.done.add(room)
            self.site.kill(caller)
            self.site.start_worker()

    def _step(self, room: str) -> str:
        if not hasattr(self.known, "database"):
            self.site.use_database()
            self.known.database = True
        found = Restart.objects.filter(run__room__slug=room, status=Restart.Status.RUNNING)
        return found.values_list("step", flat=True).first() or ""


@pytest.mark.parametrize("strategy", list(machine.TABLES))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_takes_over_whichever_step_it_was(site: Site, strategy: Strategy) -> None:
    cases = [(step.name, when) for step in machine.table(strategy) for when in ("before", "after")]
    turns = {f"room{number}": case for number, case in enumerate(cases)}
    started = [
        runs.start(room=site.room(number, strategy), name=room).run for number, room in enumerate(turns)
    ]
    killer = Killer(site, turns)
    site.start_worker()
    site.start_worker()
    for run in started:
        restarts.request(run=run, by="host")
    done = Restart.objects.filter(status=Restart.Status.DONE)
    site.wait_for(lambda: done.values("run").distinct().count() == len(started), within_s=240)
    assert killer.done == set(turns), f"never killed: { {r: turns[r] for r in set(turns) - killer.done} }"
    site.stop_all()
    site.check_end()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_it_survives_its_database(site: Site, postgres: Postgres) -> None:
    """The database goes away in the middle of restarts: at a different step in each room."""
    started = [
        runs.start(room=site.room(number, list(machine.TABLES)[number % 2]), name="Hearing").run
        for number in range(4)
    ]
    site.start_worker()
    worker = site.start_worker()
    for run in started:
        restarts.request(run=run, by="host")
        site.wait_for(lambda run=run: run.transitions.filter(subject="restart").count() > 3, within_s=60)
    postgres.stop()
    assert site.platform.fake.live(), "recordings go on"
    time.sleep(AWAY_S)
    postgres.start()
    done = Restart.objects.filter(status=Restart.Status.DONE)
    site.wait_for(lambda: done.values("run").distinct().count() == len(started), within_s=120)
    assert site.workers[worker].poll() is None, "the worker did not survive"
    site.stop_all()
    site.check_end()
    assert [account_for(run).gaps for run in ArchiveRun.objects.all()] == [()] * ArchiveRun.objects.count()
