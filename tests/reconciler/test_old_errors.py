"""An error is shown while it lasts: a run that has ended carries it only if it failed because of it."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from archives import errors
from archives.models import Alarm, ArchiveRun, Room
from tests.support.recording.world import World

Status = ArchiveRun.Status
AWAY = errors.PlatformUnavailable()


def until_trouble(world: World, run: ArchiveRun) -> None:
    world.until(lambda: ArchiveRun.objects.get(pk=run.pk).attempts >= 4)
    assert ArchiveRun.objects.get(pk=run.pk).error == AWAY.message
    assert Alarm.objects.filter(code="platform_unavailable", cleared_at=None).exists()


def test_trouble_with_a_stop_is_over_with_it(world: World) -> None:
    run = world.start()
    world.platform.fail("archive_stop", AWAY, times=6)
    world.stop(run)
    until_trouble(world, run)
    world.until_status(run, Status.COMPLETE)
    assert (run.error, run.attempts) == ("", 0)
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_trouble_while_it_is_processed_is_over_with_the_first_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.start()
    # Its file takes its time.
    monkeypatch.setattr(world.platform, "end", lambda archive, reason: setattr(archive, "status", "stopped"))
    world.stop(run)
    world.until_status(run, Status.PROCESSING)
    world.platform.fail("archives_list", AWAY, times=30)
    until_trouble(world, run)
    world.platform.faults.clear()
    world.until(lambda: ArchiveRun.objects.get(pk=run.pk).error == "")
    run.refresh_from_db()
    assert (run.status, run.attempts) == (Status.PROCESSING, 0)


def test_a_stop_forgets_the_trouble_before_it(world: World) -> None:
    run = world.start()
    world.platform.fail("archives_list", AWAY, times=6)
    until_trouble(world, run)
    world.stop(run)
    assert ArchiveRun.objects.get().error == ""


def test_nothing_recorded_is_not_blamed_on_trouble_that_passed(world: World) -> None:
    run = world.start()
    [archive] = world.platform.live()
    world.leave("Ann", "Ben")
    world.platform.end(archive, "failure", status="failed")
    world.platform.fail("archives_list", AWAY, times=4)
    world.stop(run)
    world.until_status(run, Status.FAILED)
    assert (run.error_code, run.error) == ("nothing_recorded", "Nothing was recorded.")
    assert [alarm.code for alarm in Alarm.objects.filter(cleared_at=None)] == ["nothing_recorded"]


def test_a_failed_start_keeps_why(world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformRefused())
    with pytest.raises(errors.PlatformRefused):
        world.start()
    assert ArchiveRun.objects.get().error == errors.PlatformRefused.message


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "kept"), [("complete", ""), ("failed", "Away."), ("recording", "Away.")])
def test_rows_of_before_are_mended(status: str, kept: str) -> None:
    facts = {"name": "Old", "strategy": "dual_session", "error": "Away."}
    ArchiveRun.objects.create(room=Room.objects.get(), status=status, **facts)
    import_module("archives.migrations.0019_no_old_errors").clear(apps, None)
    assert ArchiveRun.objects.get().error == kept
