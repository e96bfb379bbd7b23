"""The overlap restart: two tagged archives of one session, and nobody is signalled."""

from archives import errors
from archives.models import ArchiveRun
from tests.support.recording import invariants
from tests.support.recording.world import World, sessions

Status = ArchiveRun.Status


def test_it_overlaps_two_archives_of_the_primary_session(overlap_world: World) -> None:
    world = overlap_world
    invariants.watch(world)
    run = world.start()
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    first, second = world.segments(run)
    assert sessions([first, second]) == ["primary", "primary"]
    assert first.multi_archive_tag != second.multi_archive_tag
    assert (first.stopped_at - second.started_at).total_seconds() >= 1.0
    assert not [s for s in world.platform.signals if s[1] in ("join", "leave")]


def test_it_keeps_the_old_piece_where_the_new_one_will_not_start(overlap_world: World) -> None:
    world = overlap_world
    run = world.start()
    world.platform.fail("archive_start", errors.PlatformRefused())
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    assert [a.id for a in world.platform.live()] == ["archive-0"]
    assert run.alarms.filter(code="credentials_refused").exists()


def test_it_goes_back_where_the_new_piece_dies_before_the_old_one_is_closed(overlap_world: World) -> None:
    world = overlap_world
    invariants.watch(world)
    run = world.start()
    world.restart(run)
    world.until(lambda: run.restarts.get().step == "STOP_PREVIOUS")
    world.platform.end(world.platform.live()[-1], "failure", status="failed")
    world.until_status(run, Status.RECORDING)
    assert len(world.platform.live()) == 1
    assert run.segments.count() == 3
