"""Recordings at rest are seen in one list of the newest archives of all; what is odd is visited at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archives import clock, errors
from archives.models import ArchiveRun
from archives.reconciler import bulk
from archives.services import bulk as bulk_service
from archives.services import claims
from tests.support.recording import invariants
from tests.support.recording.world import World

Status = ArchiveRun.Status


@pytest.fixture(autouse=True)
def _one_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "FROM", 1)
    monkeypatch.setattr(bulk, "RUNS_PER_PAGE", 1)


@pytest.fixture
def run(world: World) -> ArchiveRun:
    invariants.watch(world)
    run = world.start()
    world.wait(20)
    return run


def calls(world: World, name: str) -> int:
    return world.platform.calls.count(name)


def test_it_spares_the_looks_at_each_session(world: World, run: ArchiveRun) -> None:
    looks, lists = calls(world, "archives_list"), calls(world, "archives_newest")
    world.wait(900)
    assert calls(world, "archives_newest") - lists > 120
    spared = calls(world, "archives_list") - looks
    assert 4 <= spared < 20, "a look in full every five minutes, of two sessions"


def test_without_enough_recordings_there_is_none(
    world: World, run: ArchiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "FROM", 2)
    seen, looks = calls(world, "archives_newest"), calls(world, "archives_list")
    world.wait(60)
    assert calls(world, "archives_newest") == seen
    assert calls(world, "archives_list") - looks > 15


def test_a_piece_that_ended_is_replaced_as_soon_as_by_looking(world: World, run: ArchiveRun) -> None:
    looks, ended = calls(world, "archives_list"), world.platform.now
    world.platform.end(world.platform.live()[0], "failure", status="failed")
    world.until(lambda: bool(world.platform.live("1_one")))
    assert (world.platform.live("1_one")[0].began - ended).total_seconds() < 7
    assert calls(world, "archives_list") > looks, "it acts on a look of its own alone"


def test_an_archive_that_nobody_knows_is_taken_over(world: World, run: ArchiveRun) -> None:
    world.platform.foreign_archive("1_two", "elsewhere")
    world.wait(8)
    assert run.segments.filter(adopted=True).exists()


def test_what_it_does_not_see_is_looked_at_as_ever(
    world: World, run: ArchiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk.gateway, "LARGEST_PAGE", 1)
    world.platform.page = 1
    world.platform.foreign_archive("1_somebody", "newer than ours")
    looks = calls(world, "archives_list")
    world.wait(60)
    assert calls(world, "archives_list") - looks > 15


def test_a_platform_that_gives_no_list_costs_nothing_but_looks(world: World, run: ArchiveRun) -> None:
    world.platform.fail("archives_newest", errors.PlatformRefused(), times=100)
    looks = calls(world, "archives_list")
    world.wait(60)
    assert calls(world, "archives_list") - looks > 15
    assert not run.alarms.exists()


def test_who_asked_for_a_visit_meanwhile_gets_it(world: World, run: ArchiveRun) -> None:
    claims.wake(run_id=run.pk)
    assert bulk_service.runs_put_off([run.pk]) == 0
    run.refresh_from_db()
    assert run.due_at <= clock.now()


def test_a_restart_that_is_due_is_not_put_off(world: World, run: ArchiveRun) -> None:
    soon = clock.after(10)
    ArchiveRun.objects.filter(pk=run.pk).update(restart_due_at=soon)
    world.until(lambda: run.restarts.exists())
    assert clock.now() - soon < timedelta(seconds=2)


def test_two_processes_share_one_patrol(world: World, run: ArchiveRun) -> None:
    other = world.new_worker()
    world.platform.advance(6)
    seen = calls(world, "archives_newest")
    while world.worker.work_once() or other.work_once():
        pass
    assert calls(world, "archives_newest") - seen == 1
