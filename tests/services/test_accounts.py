"""Stored accounts: made when rows or rules change, and not otherwise; each gap raises one alarm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archives import clock
from archives.models import Alarm, ArchiveRun, Room, RunAccount, Segment, StreamPresence
from archives.reconciler import worker as working
from archives.reconciler.worker import Worker
from archives.services import accounts, callbacks
from archives.services.jobs import seams
from archives.timeline import account_for
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
START = 1_700_000_000_123
RECORDS = {"status": "started", "file": "", "media_end_ms": None, "duration_ms": 0, "ended_at": None}


def new_run(**values: Any) -> ArchiveRun:
    facts = {"name": "Hearing", "status": "complete", "strategy": "dual_session"} | values
    return ArchiveRun.objects.create(room=Room.objects.get(slug="main"), **facts)


def recorded(run: ArchiveRun, begin_ms: int, length_ms: int = 10_000, **values: Any) -> Segment:
    number, began = run.segments.count(), START + begin_ms
    facts = {"session": "primary", "session_id": "1_one", "status": "available", "file": f"{number}.mp4"}
    facts |= {"media_begin_ms": 0, "media_end_ms": length_ms, "duration_ms": length_ms}
    facts |= {"ended_at": clock.from_ms(began + length_ms)} | values
    return Segment.objects.create(
        run=run, ordinal=number, archive_id=f"{run.pk}-{number}", created_at_ms=began, **facts
    )


def in_two_parts(**values: Any) -> ArchiveRun:
    """10 s, 2 s of nothing, 10 s."""
    run = new_run(**values)
    recorded(run, 0)
    recorded(run, 12_000)
    return run


def numbers(account: RunAccount) -> tuple[int, int, int, str]:
    return account.duration_ms, account.missing_ms, account.gap_count, account.result


# --- when one is made ---
def test_it_is_stored_once_and_then_read() -> None:
    run = in_two_parts()
    first = accounts.current(run)
    assert numbers(first) == (22_000, 2000, 1, "complete_with_losses")
    with CaptureQueriesContext(connection) as asked:
        assert accounts.current(run) == first
    assert len(asked) == 1


def test_a_change_of_its_rows_makes_it_again() -> None:
    run = in_two_parts()
    accounts.current(run)
    run.segments.filter(ordinal=0).update(media_end_ms=11_000)
    assert numbers(accounts.current(run)) == (22_000, 1000, 1, "complete_with_losses")
    assert RunAccount.objects.count() == 1


def test_a_measured_seam_makes_it_again() -> None:
    run = new_run()
    one, two = recorded(run, 0), recorded(run, 9000)
    assert (accounts.current(run).measured, accounts.current(run).estimated) == (0, 1)
    seam = run.seams.create(earlier=one, later=two)
    seam.estimates.create(source="audio", offset_ms=9500, low_ms=9480, high_ms=9520, confidence=0.99)
    assert (accounts.current(run).measured, accounts.current(run).estimated) == (1, 0)
    assert accounts.current(run).duration_ms == 19_500


def test_other_rules_make_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    run = in_two_parts()
    accounts.current(run)
    RunAccount.objects.update(missing_ms=77)
    assert accounts.current(run).missing_ms == 77, "it is read as it is stored"
    monkeypatch.setattr(accounts, "VERSION", accounts.VERSION + 1)
    assert accounts.current(run).missing_ms == 2000


def test_that_of_a_live_run_grows_with_time(world: World) -> None:
    run = world.start()
    world.wait(10)
    world.leave("Ann", "Ben")
    world.platform.end(world.platform.live()[0], "session ended")
    world.tick()
    run.refresh_from_db()
    before = accounts.current(run)
    assert before.gaps[-1]["open"]
    world.platform.advance(60)
    after = accounts.current(run)
    assert after.missing_ms - before.missing_ms == pytest.approx(60_000, abs=2000)


def test_a_stream_that_is_reported_late_makes_it_again(world: World) -> None:
    """Whether somebody published distinguishes a break from a loss."""
    run = world.start()
    world.wait(10)
    account = accounts.current(run)
    assert account.stamp
    stream = {"id": "late", "createdAt": clock.to_ms(clock.now()), "connection": {"id": "c", "data": "{}"}}
    body = {"sessionId": "1_one", "event": "streamCreated", "timestamp": clock.to_ms(clock.now())}
    callbacks.receive(source="session", body=json.dumps(body | {"stream": stream}).encode())
    account.refresh_from_db()
    assert account.stamp == ""


# --- the alarm of the result ---
def test_the_alarm_says_why_nothing_can_be_played() -> None:
    run = new_run()
    recorded(run, 0, file="", due_at=None, job_error="The bucket is full.", stored_at=None)
    accounts.refresh(run_id=run.pk)
    alarm = Alarm.objects.get(run=run, code="nothing_recorded")
    assert alarm.message.startswith("Nothing of this recording can be played. Ingest gave this file up")


def test_the_alarm_says_what_is_lost() -> None:
    run = in_two_parts()
    accounts.refresh(run_id=run.pk)
    message = Alarm.objects.get(run=run, code="complete_with_losses").message
    assert message == "This recording is complete with losses: 1 gap, 2.0 s lost."


# --- in the background ---
def test_the_worker_makes_those_of_old_runs_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(accounts.BATCH + 2):
        in_two_parts()
    worker, now = Worker("one"), 1000.0
    monkeypatch.setattr(working.clock, "steady", lambda: now)
    assert worker.make_accounts()
    assert RunAccount.objects.count() == accounts.BATCH
    assert worker.make_accounts()
    assert RunAccount.objects.count() == accounts.BATCH + 2
    assert {numbers(account) for account in RunAccount.objects.all()} == {
        (22_000, 2000, 1, "complete_with_losses")
    }
    assert not worker.make_accounts()
    in_two_parts()
    assert not worker.make_accounts(), "not looked for again so soon"
    now += working.ACCOUNTS_S
    assert worker.make_accounts()


def test_the_workers_round_makes_them() -> None:
    run = in_two_parts()
    Worker("one").work_once()
    assert RunAccount.objects.get().run == run


def test_those_of_other_rules_are_made_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    run = in_two_parts()
    accounts.current(run)
    assert accounts.make_missing() == 0
    RunAccount.objects.update(version=0, missing_ms=77)
    assert accounts.make_missing() == 1
    assert (RunAccount.objects.get().missing_ms, accounts.make_missing()) == (2000, 0)


# --- alarms ---
def test_a_gap_raises_its_alarm_also_if_somebody_has_read_the_account_before() -> None:
    run = in_two_parts(status="recording")
    recorded(run, 21_000, **RECORDS)
    accounts.current(run)
    assert not Alarm.objects.exists()
    for _ in range(2):
        accounts.refresh(run_id=run.pk)
        assert Alarm.objects.get().code == "gap"
    run.segments.filter(ordinal=1).update(media_end_ms=11_000)
    accounts.current(run)
    accounts.refresh(run_id=run.pk)
    assert Alarm.objects.count() == 1, "the same gap"
    run.segments.filter(ordinal=2).update(created_at_ms=START + 25_000)
    accounts.current(run)
    accounts.refresh(run_id=run.pk)
    assert Alarm.objects.count() == 2


def test_the_gaps_of_old_runs_are_no_news() -> None:
    old, live = in_two_parts(), new_run(status="recording", name="Live")
    recorded(live, 0)
    recorded(live, 15_000, **RECORDS)
    assert accounts.make_missing() == 2
    for run in (old, live):
        accounts.refresh(run_id=run.pk)
    assert Alarm.objects.get().run == live


def test_a_measured_seam_of_an_old_run_tells_of_its_new_gap_only() -> None:
    run = in_two_parts()
    accounts.make_missing()
    one, two = recorded(run, 21_500), recorded(run, 30_500)
    seam = run.seams.create(earlier=one, later=two, due_at=clock.now())
    found = {"source": "audio", "offset_ms": 11_000, "low_ms": 10_980, "high_ms": 11_020, "confidence": 0.99}
    assert seams.settle(seam, found=[seam.estimates.model(seam=seam, **found)])
    assert account_for(run).gaps[-1].length_ms == 1000
    assert Alarm.objects.count() == 1


def after_a_break(world: World, reason: str) -> ArchiveRun:
    """Both streams end for `reason` (the platform's word) and both people publish again 10 s later."""
    run = world.start()
    world.wait(10)
    world.leave("Ann", "Ben")
    world.wait(10)
    world.join("Ann", "Ben")
    world.wait(10)
    for source, body in world.platform.callbacks:
        why = {"reason": reason} if source == "session" else {}
        callbacks.receive(source=source, body=json.dumps(body | why).encode())
    world.stop(run)
    world.until_status(run, "complete")
    return run


@pytest.mark.parametrize(
    ("reason", "result", "is_lost"),
    [("clientDisconnected", "complete", False), ("networkDisconnected", "complete_with_losses", True)],
)
def test_a_break_stays_what_it_was_when_the_notes_of_streams_are_removed(
    world: World, reason: str, result: str, is_lost: bool
) -> None:
    """Who leaves misses nothing; those whose connections are all lost at once have not left."""
    run = after_a_break(world, reason)
    before = accounts.current(run)
    assert (before.result, before.gap_count) == (result, 1)
    assert before.lost_ms == (before.missing_ms if is_lost else 0)
    world.platform.advance(40 * 86_400)
    StreamPresence.objects.all().delete()
    RunAccount.objects.update(stamp="")
    after = accounts.current(ArchiveRun.objects.get(pk=run.pk))
    assert (after.result, after.lost_ms, after.missing_ms) == (result, before.lost_ms, before.missing_ms)
