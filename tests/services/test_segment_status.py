"""What the platform says of an archive, in every order in which it can arrive."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from archives import clock, errors
from archives.models import Alarm, ArchiveRun, Room, Segment, Transition
from archives.reconciler import compare
from archives.services import segments
from archives.timeline import account_for
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
LIVE = {"started", "paused"}
STATUSES = ["started", "paused", "stopped", "failed", "available", "uploaded", "expired", "deleted"]
# For each status, the later reports of the platform that change it. Everything else arrived late.
CHANGED_BY = {
    "starting": set(STATUSES),
    "started": set(STATUSES) - {"started"},
    "paused": set(STATUSES) - {"paused"},
    "stopped": {"failed", "available", "uploaded", "expired", "deleted"},
    "failed": {"available", "uploaded", "expired", "deleted"},
    "available": {"expired", "deleted"},
    "uploaded": {"expired", "deleted"},
    "expired": {"deleted"},
    "deleted": set(),
}


def run_with(status: str, run_status: str = "recording", **values: Any) -> Segment:
    ended = clock.now() if run_status in ArchiveRun.ENDED else None
    run = ArchiveRun.objects.create(
        room=Room.objects.get(),
        name="Hearing",
        status=run_status,
        strategy="dual_session",
        ended_at=ended,
        due_at=clock.after(3600),
    )
    return Segment.objects.create(
        run=run,
        ordinal=0,
        session="primary",
        session_id="1_one",
        archive_id="archive-1",
        status=status,
        raw={"id": "archive-1", "status": status},
        created_at_ms=1_700_000_000_000,
        ended_at=None if status in {"starting", *LIVE} else clock.now(),
        **values,
    )


def say(status: str, **more: Any) -> None:
    segments.sync(archive={"id": "archive-1", "status": status, "event": "archive", **more})


@pytest.mark.parametrize(("before", "said"), list(product(CHANGED_BY, [*STATUSES, "", "unheard of"])))
def test_every_pair_of_statuses(before: str, said: str) -> None:
    segment = run_with(before)
    say(said)
    segment.refresh_from_db()
    changed = said in CHANGED_BY[before]
    assert segment.status == (said if changed else before)
    history = [tuple(pair) for pair in Transition.objects.values_list("old", "new")]
    assert ((before, said) in history) == changed
    assert (segment.ended_at is None) == (segment.status in {"starting", *LIVE})


@pytest.mark.parametrize("run_status", ["complete", "failed"])
@pytest.mark.parametrize("said", ["available", "uploaded"])
def test_a_file_after_a_failure_reopens_its_run(run_status: str, said: str) -> None:
    segment = run_with("failed", run_status, error="It broke.", job_error="There is no file.", due_at=None)
    say(said, size=10, duration=5)
    segment.refresh_from_db()
    assert (segment.error, segment.job_error, segment.stored_at) == ("", "", None)
    assert segment.due_at is not None
    assert segment.run.status == "processing"
    assert segment.run.due_at <= clock.now()


@pytest.mark.parametrize("said", ["expired", "deleted", "stopped", "started"])
def test_without_a_file_after_a_failure_the_run_stays_ended(said: str) -> None:
    segment = run_with("failed", "complete")
    say(said)
    segment.run.refresh_from_db()
    assert segment.run.status == "complete"


def test_a_gap_that_a_file_fills_is_no_gap_any_more_and_its_alarm_ends(world: World) -> None:
    run = world.start()
    world.until_status(run, ArchiveRun.Status.RECORDING)
    [archive] = world.platform.live()
    world.platform.end(archive, "failure", status="failed")
    world.until(lambda: bool(account_for(run).gaps) and bool(world.platform.live()))
    assert Alarm.objects.get(code="gap").cleared_at is None
    [later] = world.platform.live()
    length_s = (later.began - archive.began).total_seconds() + 1
    segments.sync(archive=archive.json(world.platform.now) | {"status": "available", "duration": length_s})
    assert account_for(run).gaps == ()
    assert Alarm.objects.get(code="gap").cleared_at is not None


def end_of(world: World, run: ArchiveRun) -> None:
    world.stop(run)
    world.until(lambda: ArchiveRun.objects.get(pk=run.pk).status in ArchiveRun.ENDED)


def test_without_a_callback_the_sweep_finds_the_file(world: World) -> None:
    run = world.start()
    [archive] = world.platform.live()
    world.platform.end(archive, "failure", status="failed")
    world.leave("Ann", "Ben")
    end_of(world, run)
    assert run.segments.get().status == "failed"
    archive.status = "available"
    [line] = compare.room_sweep(run.room, by="sweep")
    assert "had failed and is available" in line
    assert run.segments.get().status == "available"
    world.until_status(run, ArchiveRun.Status.COMPLETE)


def test_an_archive_that_was_not_known_for_a_while_is_taken_up_again(world: World) -> None:
    """A restart in its session would be refused for ever: it records, and no row says so."""
    run = world.start()
    [archive] = world.platform.live()
    world.platform.advance(60)
    # Neither listed nor read.
    archive.status = "deleted"
    world.platform.fail("archive_get", errors.NotFound())
    world.until(lambda: run.segments.filter(status="failed").exists())
    assert run.segments.get(archive_id=archive.id).error_code == "archive_lost"
    archive.status = "started"
    world.until(lambda: run.segments.get(archive_id=archive.id).status == "started")
    assert run.segments.get(archive_id=archive.id).ended_at is None
    segment = run.segments.get(archive_id=archive.id)
    assert (segment.error_code, segment.error) == ("", "")
    world.until(lambda: len(world.platform.live()) == 1)
