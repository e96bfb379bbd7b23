"""Alarms reach the host, the log, and subscribers of events."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest

from archives import clock, errors
from archives.models import ArchiveRun
from archives.services import alarms, limits, restarts
from archives.timeline import account_for
from tests.support.recording.world import World

Status = ArchiveRun.Status


def open_codes(run: ArchiveRun) -> set[str]:
    return set(run.alarms.filter(cleared_at=None).values_list("code", flat=True))


def test_it_says_that_the_limit_is_near_and_no_restart_is_under_way(world: World) -> None:
    run = world.start()
    limit = limits.limit_at(run)
    assert limit
    ArchiveRun.objects.update(restart_due_at=limit + timedelta(hours=1))
    world.platform.advance((limit - clock.now()).total_seconds() - 601)
    world.tick()
    assert "limit_near" not in open_codes(run)
    world.wait(7)
    assert "limit_near" in open_codes(run)
    restarts.request(run=run, by="host")
    world.until_status(run, Status.RECORDING)
    assert "limit_near" not in open_codes(run)


def test_a_run_whose_files_nobody_keeps_says_what_to_do(world: World, settings: Any) -> None:
    settings.KEEP_FILES = True
    run = world.start()
    world.stop(run)
    world.until_status(run, Status.PROCESSING)
    world.wait(400)
    assert "manage.py media" in run.alarms.get(code="files_not_kept", cleared_at=None).message
    settings.KEEP_FILES = False
    world.until_status(run, Status.COMPLETE)
    assert not open_codes(run)


def test_each_gap_is_an_alarm_with_its_bounds(world: World) -> None:
    run = world.start()
    for _ in range(2):
        world.wait(10)
        world.platform.end(world.platform.live()[0], "maximum duration exceeded")
        world.wait(10)
    gaps = run.alarms.filter(code="gap")
    assert (gaps.count(), gaps.filter(cleared_at=None).count()) == (2, 1)
    assert all("length limit" in alarm.message for alarm in gaps)
    begins = {f"{segment.stopped_at:%H:%M:%S}" for segment in run.segments.exclude(ended_at=None)}
    assert len(begins) == 2
    assert {re.search(r"(?:since|from) ([\d:]{8})", alarm.message)[1] for alarm in gaps} == begins  # type: ignore[index]


def test_a_gap_that_goes_on_over_failed_archives_is_one_alarm(world: World) -> None:
    """What a failed archive had recorded is lost with it: the gap began before and goes on."""
    run = world.start()
    for _ in range(2):
        world.wait(10)
        world.platform.end(world.platform.live()[0], "failure", status="failed")
        world.wait(10)
    (gap,) = account_for(run).gaps
    (alarm,) = run.alarms.filter(code="gap")
    assert f"{clock.from_ms(account_for(run).began_at_ms + gap.start_ms):%H:%M:%S}" in alarm.message
    assert "recorder failed" in alarm.message


def test_the_story_says_who_is_missing_and_from_when_to_when(world: World) -> None:
    world.stay_away = {"Ben"}
    run = world.start()
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    steps = run.transitions.filter(subject="restart", why="without Ben").values_list("old", flat=True)
    assert list(steps) == ["CONFIRM_SECONDARY", "STOP_PRIMARY"]
    assert "publisher_missing" in open_codes(run), "it stays to be read"


def test_a_restart_that_succeeds_takes_back_what_stood_in_its_way(world: World) -> None:
    world.stay_away = {"Ann", "Ben"}
    run = world.start()
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    assert open_codes(run) == {"no_secondary"}
    world.stay_away = set()
    world.wait(90)
    assert open_codes(run) == set()


def test_refused_credentials_are_said(world: World) -> None:
    run = world.start()
    world.platform.fail("archives_list", errors.PlatformRefused(), times=2)
    world.wait(6)
    assert "credentials_refused" in set(run.alarms.values_list("code", flat=True))


def test_it_is_logged_at_error_with_the_run(world: World, caplog: pytest.LogCaptureFixture) -> None:
    run = world.start()
    with caplog.at_level(logging.ERROR):
        alarms.open(room=world.room, run=run, code="gap", message="A gap.")
    assert str(run.pk) in caplog.text


def test_opened_and_cleared_are_one_event_each(world: World) -> None:
    run = world.start()
    for _ in range(2):
        alarm = alarms.open(room=world.room, run=run, code="gap", message="A gap.")
    for _ in range(2):
        alarms.clear_all(run=run)
    assert list(alarm.events.order_by("pk").values_list("type", flat=True)) == [
        "alarm.opened",
        "alarm.cleared",
    ]
