"""The content check as a job: queued when a file is stored, done once, and nothing waits for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from archives import clock
from archives.media import jobs
from archives.media.content import job as work
from archives.media.content.check import Expected
from archives.media.content.findings import VERSION, Finding
from archives.models import Alarm, ArchiveRun, ContentCheck, Remark, Segment
from archives.services.jobs import content, ingest, leases
from archives.timeline import remarks_for, timeline_for
from tests.support.media.planted_faults import Planted, plant
from tests.support.media.stored_segments import keep_in, new_run, piece

pytestmark = [pytest.mark.django_db, pytest.mark.media]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    return keep_in(tmp_path, settings)


@pytest.fixture
def run() -> ArchiveRun:
    return new_run()


def checked(segment: Segment) -> ContentCheck:
    content.plan(segment=segment)
    check = content.KIND.pending().get(segment=segment)
    jobs.run(content.KIND, check)
    return ContentCheck.objects.get(segment=segment)


def found(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    monkeypatch.setattr(work, "check", lambda path, expected, hold_on: list(findings))


def of_planted(run: ArchiveRun, folder: Path, fault: str) -> tuple[Planted, Segment]:
    planted = plant(folder / "planted.mp4", fault, seed=3)
    return planted, piece(run, folder, 0, 0, content=planted.path.read_bytes())


def test_a_stored_file_is_checked_and_the_run_shows_it(run: ArchiveRun, folder: Path) -> None:
    planted, segment = of_planted(run, folder, "silent")
    Segment.objects.filter(pk=segment.pk).update(duration_ms=60_160)
    check = checked(segment)
    assert (check.version, check.due_at, check.job_error) == (VERSION, None, "")
    (remark,) = segment.remarks.all()
    assert remark.code == Remark.Code.SILENT
    assert [remark.from_ms, remark.until_ms] == pytest.approx([planted.from_ms, planted.until_ms], abs=100)
    (shown,) = remarks_for(run, timeline_for(run))
    assert (shown.start_ms, shown.end_ms) == (remark.from_ms, remark.until_ms)
    assert shown.text == "Nothing can be heard."


def test_storing_a_file_queues_its_check(run: ArchiveRun, folder: Path) -> None:
    segment = piece(run, folder, 0, 100)
    Segment.objects.filter(pk=segment.pk).update(stored_at=None, due_at=clock.now())
    segment.refresh_from_db()
    assert ingest.done(segment, file=segment.file, size=1, sha256="", media_end_ms=4000)
    assert content.KIND.pending().filter(segment=segment, run=run).count() == 1


@pytest.mark.parametrize("facts", [{"file": ""}, {"file": "0.mp4", "media_end_ms": None}])
def test_what_cannot_be_read_is_not_queued(run: ArchiveRun, folder: Path, facts: dict[str, Any]) -> None:
    segment = piece(run, folder, 0, 100)
    Segment.objects.filter(pk=segment.pk).update(stored_at=None, due_at=clock.now())
    segment.refresh_from_db()
    assert ingest.done(segment, size=1, sha256="", **facts)
    assert not ContentCheck.objects.exists()


def test_a_check_that_fails_leaves_the_file_stored(
    run: ArchiveRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[Finding]:
        raise RuntimeError("a defect")

    segment = piece(run, folder, 0, 100)
    monkeypatch.setattr(work, "check", broken)
    check = checked(segment)
    assert (check.failures, check.version) == (1, 0)
    assert "a defect" in check.job_error
    segment.refresh_from_db()
    assert (segment.has_media, segment.job_error, segment.stored_at is None) == (True, "", False)
    assert not Alarm.objects.exists()


@pytest.mark.parametrize(
    ("content_of_it", "why"), [(b"no recording at all" * 9, "not finished"), (b"", "empty")]
)
def test_what_is_no_recording_is_given_up(
    run: ArchiveRun, folder: Path, content_of_it: bytes, why: str
) -> None:
    check = checked(piece(run, folder, 0, 100, content=content_of_it))
    assert check.due_at is None
    assert why in check.given_up


def test_a_file_that_is_gone_is_given_up(run: ArchiveRun, folder: Path) -> None:
    segment = piece(run, folder, 0, 100)
    (folder / segment.file).unlink()
    assert "gone" in checked(segment).given_up


def test_a_later_check_replaces_what_was_found(
    run: ArchiveRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = piece(run, folder, 0, 100)
    found(monkeypatch, Finding("black", 0, 4000), Finding("skew", 100, 4000, {"skew_ms": 140}))
    checked(segment)
    assert segment.remarks.get(code="skew").values == {"skew_ms": 140}
    found(monkeypatch, Finding("frozen", 500, 3000))
    checked(segment)
    assert list(segment.remarks.values_list("code", "from_ms", "until_ms")) == [("frozen", 500, 3000)]


def test_a_process_that_has_lost_the_job_writes_nothing(
    run: ArchiveRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = piece(run, folder, 0, 100)

    def taken_over(*_: object) -> list[Finding]:
        leases.restart(content.KIND, ContentCheck.objects.all())
        return [Finding("black", 0, 4000)]

    monkeypatch.setattr(work, "check", taken_over)
    check = checked(segment)
    assert (check.version, check.due_at is None) == (0, False)
    assert not Remark.objects.exists()


# --- alarms ------------------------------------------------------------------------------------------
def test_codes_of_the_setting_raise_an_alarm_until_they_are_gone(
    run: ArchiveRun, folder: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CONTENT_ALARMS = ["no_audio"]
    segment = piece(run, folder, 0, 100)
    found(monkeypatch, Finding("no_audio", 0, 4000), Finding("black", 0, 4000))
    checked(segment)
    (alarm,) = Alarm.objects.filter(cleared_at=None)
    assert (alarm.code, alarm.run_id) == ("content", run.pk)
    assert alarm.message == "No sound (segment 1)."
    found(monkeypatch, Finding("black", 0, 4000))
    checked(segment)
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_without_the_setting_nothing_is_an_alarm(
    run: ArchiveRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, Finding("no_audio", 0, 4000))
    checked(piece(run, folder, 0, 100))
    assert not Alarm.objects.exists()


# --- what the platform says of the file --------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({}, Expected(None, 4000)),
        ({"resolution": "1280x720"}, Expected((1280, 720), 4000)),
        ({"resolution": "wide", "hasAudio": False}, Expected(None, 4000, audio=False)),
        ({"resolution": None, "hasVideo": False}, Expected(None, 4000, video=False)),
    ],
)
def test_it_is_compared_with_the_archive(
    run: ArchiveRun, folder: Path, raw: dict[str, Any], wanted: Expected
) -> None:
    segment = piece(run, folder, 0, 100)
    segment.raw = raw
    assert work.expected(segment) == wanted


# --- manage.py check_content -------------------------------------------------------------------------
def test_the_command_queues_what_no_check_of_this_version_has_seen(
    run: ArchiveRun, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found(monkeypatch)
    seen, unseen = piece(run, folder, 0, 100), piece(run, folder, 75, 175)
    piece(new_run("Another"), folder, 0, 100)
    checked(seen)
    call_command("check_content", str(run.pk))
    assert capsys.readouterr().out == "1 segments will be checked\n"
    assert [check.segment for check in content.KIND.pending()] == [unseen]
    ContentCheck.objects.filter(segment=seen).update(version=VERSION - 1)
    call_command("check_content")
    assert capsys.readouterr().out == "2 segments will be checked\n"
    call_command("check_content")
    assert capsys.readouterr().out == "0 segments will be checked\n"


def test_the_command_refuses_an_unknown_run() -> None:
    with pytest.raises(CommandError, match="no such recording"):
        call_command("check_content", "00000000-0000-0000-0000-000000000000")
