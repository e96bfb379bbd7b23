"""A piece that ends by itself is replaced at once, and the hole is stated."""

from datetime import timedelta

import pytest

from archives import clock
from archives.models import ArchiveRun
from archives.timeline import account_for
from tests.support.recording import invariants
from tests.support.recording.world import World

Status = ArchiveRun.Status


@pytest.fixture
def run(world: World) -> ArchiveRun:
    invariants.watch(world)
    run = world.start()
    world.wait(20)
    return run


def test_it_states_the_gap_with_bounds_and_cause(world: World, run: ArchiveRun) -> None:
    first = world.platform.live("1_one")[0]
    world.platform.end(first, "maximum duration exceeded")
    world.until(lambda: bool(world.platform.live("1_one")))
    world.tick()
    (gap,), account = account_for(run).gaps, account_for(run)
    second = world.platform.live("1_one")[0]
    since, until = (clock.from_ms(account.began_at_ms + at) for at in (gap.start_ms, gap.end_ms))
    assert abs(since - first.ended) <= timedelta(milliseconds=1)
    assert abs(until - second.began) <= timedelta(milliseconds=1)
    assert gap.causes == ("length_limit",)
    assert run.alarms.filter(code="gap").exists()


def test_it_replaces_within_seconds(world: World, run: ArchiveRun) -> None:
    ended = world.platform.now
    world.platform.end(world.platform.live()[0], "failure", status="failed")
    world.until(lambda: bool(world.platform.live("1_one")))
    assert (world.platform.live("1_one")[0].began - ended).total_seconds() < 6


def test_it_covers_the_whole_run_with_pieces_and_gaps(world: World, run: ArchiveRun) -> None:
    world.platform.end(world.platform.live()[0], "session ended")
    world.wait(20)
    world.stop(run)
    world.until_status(run, Status.COMPLETE)
    invariants.check_end(world)


def test_it_waits_for_people_and_says_so(world: World, run: ArchiveRun) -> None:
    world.leave("Ann", "Ben")
    world.platform.end(world.platform.live()[0], "maximum idle time exceeded")
    world.wait(20)
    assert run.alarms.filter(code="nobody_connected", cleared_at=None).exists()
    world.join("Ann")
    world.until(lambda: bool(world.platform.live("1_one")))
    world.tick()
    assert not run.alarms.filter(code="nobody_connected", cleared_at=None).exists()
    assert [gap.causes for gap in account_for(run).gaps] == [("idle_limit",)]


def test_it_states_the_hole_before_the_stop(world: World, run: ArchiveRun) -> None:
    world.leave("Ann", "Ben")
    world.platform.end(world.platform.live()[0], "session ended")
    world.wait(30)
    world.stop(run)
    world.until_status(run, Status.COMPLETE)
    assert account_for(run).seams[-1].later is None
    invariants.check_end(world)


def test_a_piece_that_recorded_nothing_is_a_hole_from_its_beginning(world: World, run: ArchiveRun) -> None:
    world.platform.end(world.platform.live()[0], "failure", status="failed")
    world.platform.on_call = lambda name, when: (
        [world.platform.end(a, "failure", status="failed") for a in world.platform.live()]
        if (name, when) == ("archive_start", "after") and len(world.platform.archives) == 2
        else None
    )
    world.wait(20)
    world.stop(run)
    world.until_status(run, Status.COMPLETE)
    invariants.check_end(world)


def test_a_hole_that_nobody_saw_happen_is_stated(world: World, run: ArchiveRun) -> None:
    """The old piece ends just before the restart's new one begins: when that is found, both look well."""
    world.platform.on_call = lambda name, when: (
        (world.platform.end(world.platform.live("1_one")[0], "failure"), world.platform.advance(0.5))
        if (name, when) == ("archive_start", "before") and len(world.platform.archives) == 1
        else None
    )
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    assert account_for(run).gaps
    world.stop(run)
    world.until_status(run, Status.COMPLETE)
    invariants.check_end(world)
