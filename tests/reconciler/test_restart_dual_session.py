"""The dual-session restart, step by step, on the fake platform."""

import pytest

from archives import errors
from archives.models import ArchiveRun, Restart
from archives.services import limits
from tests.support.recording import invariants
from tests.support.recording.world import OF_SECOND_SESSION, World, sessions

Status = ArchiveRun.Status


@pytest.fixture
def run(world: World) -> ArchiveRun:
    invariants.watch(world)
    return world.start()


def test_it_changes_over_through_the_second_session(world: World, run: ArchiveRun) -> None:
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    assert sessions(world.segments(run)) == ["primary", "secondary", "primary"]
    assert [s.status for s in world.segments(run)] == ["available", "available", "started"]
    said = [signal for signal in world.platform.signals if signal[1] != "state"]
    assert said == [("1_one", "join", OF_SECOND_SESSION), ("1_one", "leave", OF_SECOND_SESSION)]
    assert run.restarts.get().status == Restart.Status.DONE
    invariants.check(world)


def test_it_overlaps_each_piece_with_the_next(world: World, run: ArchiveRun) -> None:
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    first, interim, new = world.segments(run)
    assert interim.started_at < first.stopped_at
    assert new.started_at < interim.stopped_at
    assert (first.stopped_at - interim.started_at).total_seconds() >= 1.0
    assert (interim.stopped_at - new.started_at).total_seconds() >= 1.0


def test_it_waits_for_everyone_up_to_the_join_delay(world: World, run: ArchiveRun) -> None:
    world.stay_away = {"Ben"}
    world.restart(run)
    world.tick()
    restart = run.restarts.get()
    assert (restart.step, [p["name"] for p in restart.missing]) == ("AWAIT_PUBLISHERS", ["Ben"])
    world.stay_away = set()
    world.until_status(run, Status.RECORDING)
    assert not run.alarms.exists()


def test_it_names_who_was_missing_and_goes_on(world: World, run: ArchiveRun) -> None:
    world.stay_away = {"Ben"}
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    assert run.restarts.get().status == Restart.Status.DONE
    assert "Ben" in run.alarms.get(code="publisher_missing").message


def test_it_does_not_cut_where_nobody_comes(world: World, run: ArchiveRun) -> None:
    world.stay_away = {"Ann", "Ben"}
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    assert sessions(world.segments(run)) == ["primary"]
    assert len(world.platform.live("1_one")) == 1
    assert run.restarts.get().status == Restart.Status.FAILED
    assert run.alarms.filter(code="no_secondary", cleared_at=None).exists()
    assert run.restart_due_at > world.platform.now


def test_it_retries_the_new_piece_while_the_old_one_is_still_stopping(world: World, run: ArchiveRun) -> None:
    world.platform.fail("archive_start", errors.AlreadyRecording(), occurrence=2, times=3)
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    assert sessions(world.segments(run)) == ["primary", "secondary", "primary"]


def test_it_keeps_the_interim_while_the_new_piece_will_not_start(world: World, run: ArchiveRun) -> None:
    world.platform.fail("archive_start", errors.PlatformRefused(), occurrence=2, times=20)
    world.restart(run)
    world.until(lambda: run.restarts.get().attempts > 5)
    assert len(world.platform.live("1_two")) == 1
    assert run.alarms.filter(code="credentials_refused").exists()
    world.until_status(run, Status.RECORDING, within_s=300)
    assert not world.platform.live("1_two")


def test_it_does_not_cut_while_the_new_piece_hears_nobody(world: World, run: ArchiveRun) -> None:
    world.restart(run)
    world.until(lambda: bool(world.platform.live("1_two")))
    (interim,) = world.platform.live("1_two")
    world.platform.deafen(interim)
    world.wait(60)
    assert run.restarts.get().step == "STOP_PRIMARY"
    assert [archive.status for archive in world.platform.live("1_one")] == ["started"]
    world.platform.deafen(interim, False)
    world.until_status(run, Status.RECORDING)
    assert run.restarts.get().status == Restart.Status.DONE


def test_it_waits_for_who_reloads_just_before_the_old_piece_is_closed(world: World, run: ArchiveRun) -> None:
    world.restart(run)
    pages, world.poll_pages = world.poll_pages, lambda: None  # type: ignore[method-assign]

    def reload(call: str, when: str) -> None:
        if run.restarts.get().step == "STOP_PRIMARY":
            world.platform.on_call = None
            world.platform.unpublish("1_two", "Ben")

    world.platform.on_call = reload
    world.until(lambda: world.platform.on_call is None)
    for _ in range(4):
        world.tick(0.5)
    assert [archive.session_id for archive in world.platform.live()] == ["1_one", "1_two"]
    world.poll_pages = pages  # type: ignore[method-assign]
    world.until_status(run, Status.RECORDING)
    assert not run.alarms.filter(code="publisher_missing").exists()


def test_it_refuses_a_second_restart(world: World, run: ArchiveRun) -> None:
    world.restart(run)
    with pytest.raises(errors.RestartInProgress):
        world.restart(run)


def test_it_is_cancelled_by_a_stop_and_leaves_nothing_running(world: World, run: ArchiveRun) -> None:
    world.restart(run)
    world.until(lambda: run.restarts.get().step == "STOP_PRIMARY")
    world.stop(run)
    world.until_status(run, Status.COMPLETE)
    assert run.restarts.get().status == Restart.Status.CANCELLED
    invariants.check_end(world)


def test_it_replaces_a_piece_that_ended_while_people_were_awaited(world: World, run: ArchiveRun) -> None:
    world.stay_away = {"Ann", "Ben"}
    world.restart(run)
    world.tick()
    world.platform.end(world.platform.live("1_one")[0], "maximum duration exceeded")
    world.until_status(run, Status.RECORDING)
    assert len(world.platform.live("1_one")) == 1
    assert run.restarts.get().status == Restart.Status.CANCELLED


def test_it_restarts_by_itself_before_the_limit(world: World, run: ArchiveRun, settings) -> None:
    assert run.restart_due_at <= limits.limit_at(run)
    world.platform.advance((run.restart_due_at - world.platform.now).total_seconds())
    world.until(lambda: run.restarts.filter(status=Restart.Status.DONE).exists())
    run.refresh_from_db()
    assert run.restarts.get().automatic
    assert run.restart_due_at > world.platform.now
