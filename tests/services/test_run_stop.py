"""Stopping: all recording ends, once, whatever was under way."""

from archives import errors
from archives.models import ArchiveRun
from tests.support.recording import invariants
from tests.support.recording.world import World

Status = ArchiveRun.Status


def test_it_ends_the_recording_and_settles(world: World) -> None:
    run = world.start()
    world.wait(5)
    world.stop(run)
    assert run.status == Status.STOPPING
    world.until_status(run, Status.COMPLETE)
    assert run.segments.get().status == "available"
    invariants.check_end(world)


def test_it_may_be_asked_twice(world: World) -> None:
    run = world.start()
    world.stop(run)
    asked = run.stop_requested_at
    world.stop(run)
    assert run.stop_requested_at == asked
    assert run.transitions.filter(new=Status.STOPPING).count() == 1


def test_it_is_tried_again_until_the_platform_obeys(world: World) -> None:
    run = world.start()
    world.platform.fail("archive_stop", errors.PlatformUnavailable(), times=4)
    world.stop(run)
    world.until_status(run, Status.COMPLETE)
    invariants.check_end(world)


def test_it_waits_for_a_start_that_nobody_answered(world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformTimeout(), times=1)
    run = world.start()
    world.stop(run)
    world.tick()
    run.refresh_from_db()
    assert run.status == Status.STOPPING
    # The call takes effect late, after the stop: it must not go on recording.
    world.platform.foreign_archive("1_one", run.name)
    world.until_status(run, Status.COMPLETE)
    invariants.check_end(world)
