"""What the platform holds and no row knows is explained, adopted or ended."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from archives import errors
from archives.models import ArchiveRun, Callback, Segment
from archives.reconciler import compare
from archives.services import callbacks
from archives.timeline import account_for
from tests.support.platform.fake_platform import Killed
from tests.support.recording import invariants
from tests.support.recording.world import OF_SECOND_SESSION, World

Status = ArchiveRun.Status


def test_it_finds_the_archive_of_a_start_whose_reply_was_lost(world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformTimeout(), after=True)
    run = world.start()
    assert run.status == Status.STARTING
    world.until_status(run, Status.RECORDING)
    assert len(world.platform.archives) == 1
    assert not run.segments.get().adopted


def test_it_takes_over_a_start_whose_process_died(world: World) -> None:
    world.platform.fail("archive_start", Killed(), after=True)
    with pytest.raises(Killed):
        world.start()
    run = ArchiveRun.objects.get()
    world.until_status(run, Status.RECORDING)
    assert run.segments.get().archive_id == "archive-0"


def test_it_adopts_a_recording_that_nobody_here_started(world: World) -> None:
    world.platform.foreign_archive("1_one", "Started elsewhere")
    world.until(lambda: ArchiveRun.objects.exists())
    run = ArchiveRun.objects.get()
    assert (run.name, run.status, run.segments.get().adopted) == ("Started elsewhere", Status.RECORDING, True)


def test_it_stops_one_where_the_setting_says_so(world: World, settings) -> None:
    settings.ADOPT_UNKNOWN = "stop"
    world.platform.foreign_archive("1_one", "Started elsewhere")
    world.until(lambda: not world.platform.live())
    world.wait(70)
    invariants.check_end(world)


def test_it_ends_an_archive_that_shows_after_its_run_was_stopped(world: World) -> None:
    run = world.start()
    world.stop(run)
    world.until_status(run, Status.COMPLETE)
    segment = run.segments.get()
    Segment.objects.create(
        run=run, ordinal=1, session="primary", session_id="1_one", status="absent",
        intent_at=world.platform.now, asked_at=world.platform.now,
    )  # fmt: skip
    late = world.platform.foreign_archive("1_one", run.name)
    world.until(lambda: not world.platform.live())
    world.until_status(run, Status.COMPLETE)
    assert run.segments.get(archive_id=late.id).pk != segment.pk


def test_it_ends_an_interim_archive_that_was_left_over(world: World) -> None:
    run = world.start()
    world.wait(5)
    world.platform.publish("1_two", "Ann")
    world.platform.foreign_archive("1_two", "left over")
    world.until(lambda: not world.platform.live("1_two"))
    assert len(world.platform.live("1_one")) == 1
    assert run.segments.get(session="secondary").adopted


def test_it_signals_out_who_was_left_in_the_second_session(world: World) -> None:
    world.start()
    world.platform.publish("1_two", "Somebody whose page hung")
    world.until(lambda: ("1_one", "leave", OF_SECOND_SESSION) in world.platform.signals)


def test_reconcile_prints_what_it_would_do_and_changes_nothing(world: World) -> None:
    world.platform.foreign_archive("1_one", "Started elsewhere")
    out = StringIO()
    call_command("reconcile", "--dry-run", stdout=out)
    assert "archive-0 (started) has no row; it would be taken over" in out.getvalue()
    assert not ArchiveRun.objects.exists()


def test_reconcile_prints_what_it_did(world: World) -> None:
    world.platform.foreign_archive("1_one", "Started elsewhere")
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "adopted as Started elsewhere" in out.getvalue()


def test_a_finished_run_leaves_the_next_ones_archive_alone(world: World, settings) -> None:
    """The next start is being answered while the run before it waits for its files."""
    settings.KEEP_FILES = True
    first = world.start("First")
    world.stop(first)
    world.until_status(first, Status.PROCESSING)
    world.platform.on_call = lambda name, when: (
        world.worker.visit(first.pk) if (name, when) == ("archive_start", "after") else None
    )
    second = world.start("Second")
    world.platform.on_call = None
    world.wait(10)
    assert [a.name for a in world.platform.live()] == ["Second"]
    assert second.segments.get().archive_id == world.platform.live()[0].id


def test_a_start_takes_over_what_has_been_recording_there_for_long(world: World) -> None:
    world.platform.foreign_archive("1_one", "elsewhere")
    world.platform.advance(300)
    run = world.start()
    world.until_status(run, Status.RECORDING)
    assert run.segments.get(archive_id="archive-0").adopted


def test_a_piece_without_a_tag_is_followed_through_the_second_session(overlap_world: World) -> None:
    world = overlap_world
    world.platform.foreign_archive("1_one", "elsewhere")
    world.until(lambda: ArchiveRun.objects.filter(status=Status.RECORDING).exists())
    run = ArchiveRun.objects.get()
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    assert [s.session for s in run.segments.all()] == ["primary", "secondary", "primary"]
    assert run.segments.last().multi_archive_tag


def test_nobody_is_sent_away_from_the_only_session_that_is_recorded(world: World) -> None:
    run = world.start()
    world.platform.publish("1_two", "Ann")
    Segment.objects.filter(run=run).update(status="failed")
    Segment.objects.create(
        run=run, ordinal=1, session="secondary", session_id="1_two", status="started", archive_id="interim"
    )
    assert compare.people_sweep(world.room) == []


def test_who_is_in_the_second_session_alone_hears_no_signal(world: World) -> None:
    world.platform.publish("1_two", "Ann")
    world.platform.fail("signal", errors.NoClients())
    assert compare.people_sweep(world.room) == ["main: 1 left in the second session cannot be asked to leave"]
    assert compare.people_sweep(world.room) == ["main: 1 left in the second session were asked to leave"]


def test_a_finished_adopted_archive_ends_its_run_where_it_ended(world: World) -> None:
    archive = world.platform.foreign_archive("1_one", "elsewhere")
    world.platform.advance(60)
    world.platform.end(archive, "session ended")
    world.platform.advance(30)
    world.until(lambda: ArchiveRun.objects.filter(status=Status.COMPLETE).exists())
    assert ArchiveRun.objects.get().ended_at == archive.ended


def test_an_adopted_archive_of_no_length_ends_its_run_where_it_began(world: World) -> None:
    archive = world.platform.foreign_archive("1_one", "elsewhere")
    world.platform.end(archive, "maximum duration exceeded")
    world.platform.advance(10)
    world.until(lambda: ArchiveRun.objects.filter(status=Status.COMPLETE).exists())
    invariants.check_end(world)
    assert ArchiveRun.objects.get().ended_at == archive.began


def test_a_start_that_failed_takes_over_nothing_of_anybody_else(world: World) -> None:
    world.platform.foreign_archive("1_one", "elsewhere")
    world.platform.unpublish("1_one", "Ann", "Ben")
    with pytest.raises(errors.NoClients):
        world.start("Lesson")
    world.until(lambda: ArchiveRun.objects.filter(name="elsewhere", status=Status.RECORDING).exists())
    assert ArchiveRun.objects.get(name="Lesson").status == Status.FAILED


def test_a_start_that_cannot_be_looked_up_is_not_given_up(world: World) -> None:
    """It may record: what the platform's silence hides is neither refused nor forgotten."""
    world.platform.fail("archive_start", errors.PlatformTimeout(), after=True)
    world.platform.fail("archives_list", errors.PlatformTimeout(), times=200)
    run = world.start()
    world.wait(120)
    run.refresh_from_db()
    assert (run.status, run.segments.get().status) == (Status.STARTING, "starting")
    world.platform.faults.clear()
    world.until_status(run, Status.RECORDING)
    archive = world.platform.archives["archive-0"]
    assert (run.started_at, run.error) == (archive.began, "")
    world.stop(run)
    world.until_status(run, Status.COMPLETE)
    invariants.check_end(world)


def test_a_start_that_came_to_nothing_while_the_platform_was_away_is_not_made_later(world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformTimeout())
    world.platform.fail("archives_list", errors.PlatformTimeout(), times=200)
    run = world.start()
    world.wait(120)
    world.platform.faults.clear()
    world.until_status(run, Status.FAILED)
    assert run.error
    assert not world.platform.archives


def test_a_refusal_does_not_settle_what_an_earlier_try_may_have_started(world: World) -> None:
    """The first answer was lost; the second try is refused, and the archive of the first shows up late."""
    world.platform.fail("archive_start", errors.PlatformTimeout(), after=True)
    run = world.start()
    archive = world.platform.archives["archive-0"]
    archive.status = "deleted"  # Not listed yet.
    world.leave("Ann", "Ben")
    world.wait(5)
    run.refresh_from_db()
    assert run.status == Status.STARTING
    archive.status = "started"
    world.join("Ann")
    world.until_status(run, Status.RECORDING)


def test_a_start_that_had_ended_before_it_was_looked_up_is_a_recording_with_a_gap(world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformTimeout(), after=True)
    run = world.start()
    world.platform.end(world.platform.archives["archive-0"], "maximum idle time exceeded")
    world.until_status(run, Status.RECORDING)
    world.until(lambda: run.segments.live().exists())
    assert account_for(run).gaps


def test_old_callbacks_are_forgotten(world: World) -> None:
    callbacks.receive(source="archive", body=b'{"id": "x"}')
    world.platform.advance(31 * 86_400)
    world.tick()
    assert not Callback.objects.exists()


def test_the_next_look_is_due_after_the_interval_that_is_set(world: World, settings: Any) -> None:
    settings.LOOK_INTERVAL = 40.0
    run = world.start()
    world.until(lambda: run.segments.filter(confirmed_at__isnull=False).exists())
    looks = world.platform.calls.count("archives_list")
    world.wait(39)
    assert world.platform.calls.count("archives_list") - looks <= 4


def test_who_stays_in_the_second_session_is_asked_to_leave_it(world: World) -> None:
    run = world.start()
    world.wait(10)
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    world.platform.publish("1_two", "Ann")
    world.poll_pages = lambda: None  # type: ignore[method-assign]
    world.until(lambda: not world.platform.people("1_two"), within_s=45)


def test_a_room_at_rest_is_swept_rarely(world: World) -> None:
    world.start()
    world.wait(60)
    calls = world.platform.calls.count("streams_list")
    world.wait(600)
    assert world.platform.calls.count("streams_list") - calls <= 1
