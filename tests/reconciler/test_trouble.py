"""What goes wrong in a visit costs a pause, and only a mistake of ours is told as one."""

from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError

from archives import clock
from archives.models import ArchiveRun
from archives.reconciler import worker
from tests.support.recording.world import World


def _visit(world: World, monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> None:
    run = world.start()

    def attend(claim: object) -> float:
        raise trouble

    monkeypatch.setattr(worker, "attend", attend)
    assert world.worker.visit(run.pk)


@pytest.mark.parametrize("trouble", [OperationalError("away"), InterfaceError("closed")])
def test_a_database_that_goes_away_is_no_mistake_of_ours(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    _visit(world, monkeypatch, trouble)
    run = ArchiveRun.objects.get()
    assert f"the database did not answer: {trouble}" in caplog.text
    assert run.lease_until is None
    assert run.due_at == clock.now() + timedelta(seconds=worker.DATABASE_PAUSE_S)


def test_a_mistake_of_ours_is_told_with_its_traceback(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError):  # tests.support.recording.world.mistakes_end_the_test
        _visit(world, monkeypatch, KeyError("a mistake"))


def test_a_run_that_another_worker_has_ended_meanwhile_is_not_visited(world: World) -> None:
    run = world.start()
    world.stop(run)
    world.until_status(run, ArchiveRun.Status.COMPLETE)
    assert not world.worker.visit(run.pk)
