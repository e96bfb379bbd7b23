"""Starting a run: bad input, failures, and what stays behind."""

import pytest

from archives import errors
from archives.models import ArchiveRun
from archives.services import limits, runs
from tests.support.recording.world import World

Status = ArchiveRun.Status


def test_it_records_under_the_name_and_gives_the_archive(world: World) -> None:
    started = runs.start(room=world.room, name="  Hearing ")
    assert started.run.status == Status.RECORDING
    assert started.archive["id"] == started.run.segments.get().archive_id
    assert world.platform.live()[0].name == "Hearing"


@pytest.mark.parametrize("name", [None, "", "   ", 7, "x" * 201, "x" * 10_000, "two\nlines", "nul\x00"])
def test_it_refuses_a_bad_name_before_anything_happens(world: World, name: object) -> None:
    with pytest.raises(errors.InvalidName):
        runs.start(room=world.room, name=name)
    assert not ArchiveRun.objects.exists()
    assert not world.platform.calls


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.NoClients(), errors.NoClients),
        (errors.PlatformRefused(), errors.PlatformRefused),
        (errors.PlatformUnavailable(), errors.PlatformUnavailable),
        (errors.RateLimited(), errors.RateLimited),
    ],
)
def test_a_start_that_failed_for_certain_does_not_block_the_next(world: World, error, expected) -> None:
    world.platform.fail("archive_start", error)
    with pytest.raises(expected):
        runs.start(room=world.room, name="First")
    failed = ArchiveRun.objects.get()
    assert (failed.status, failed.error_code, failed.error) == (
        Status.FAILED,
        expected.code,
        expected.message,
    )
    assert failed.segments.get().error_code == expected.code
    assert runs.start(room=world.room, name="Second").run.status == Status.RECORDING


def test_it_refuses_a_second_run_in_the_room(world: World) -> None:
    run = world.start()
    with pytest.raises(errors.RunInProgress) as refused:
        world.start()
    assert refused.value.detail["run"] == str(run.pk)


def test_it_answers_the_same_request_with_the_same_run(world: World) -> None:
    first = runs.start(room=world.room, name="Hearing", idempotency_key="k")
    again = runs.start(room=world.room, name="Hearing", idempotency_key="k")
    assert (again.run, again.created, again.archive["id"]) == (first.run, False, first.archive["id"])
    assert len(world.platform.archives) == 1


def test_it_fails_after_a_minute_of_silence(world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformTimeout(), times=1000)
    run = world.start()
    world.until_status(run, Status.FAILED)
    assert run.error
    assert run.error_code == "platform_timeout"


def test_it_takes_over_what_already_records_the_session(world: World) -> None:
    world.platform.foreign_archive("1_one", "elsewhere")
    run = world.start()
    world.until_status(run, Status.RECORDING)
    assert run.segments.get(archive_id="archive-0").adopted


def test_a_run_may_have_a_restart_age_of_its_own(world: World, settings) -> None:
    settings.RESTART_JITTER = 0
    run = runs.start(room=world.room, name="Hearing", restart_after_s=600).run
    assert (run.restart_due_at - run.started_at).total_seconds() == 600


@pytest.mark.parametrize("seconds", [0, -1, 9, 86_401, 1.5, True, "600"])
def test_it_refuses_a_senseless_restart_age(world: World, seconds: object) -> None:
    with pytest.raises(errors.InvalidInput):
        runs.start(room=world.room, name="Hearing", restart_after_s=seconds)


def test_restarts_of_many_rooms_are_spread(world: World, settings) -> None:
    settings.RESTART_AFTER, settings.RESTART_JITTER = 13_500.0, 120.0
    run = world.start()
    ages = [(limits.restart_due(run, run.started_at) - run.started_at).total_seconds() for _ in range(100)]
    assert all(13_380 <= age <= 13_500 for age in ages)
    assert max(ages) - min(ages) > 30


def test_it_is_postponed_within_the_limit(world: World) -> None:
    run = world.start()
    limit = limits.limit_at(run)
    run = runs.postpone(run=run, seconds=60, by="host")
    assert run.restart_due_at < limit
    run = runs.postpone(run=run, seconds=86_400, by="host")
    assert (limit - run.restart_due_at).total_seconds() == limits.reserve_s()
