"""Exports of a run: asked for, made, called off, taken up again, and handed over by the command."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult

from archives import clock, errors
from archives.management.commands import export_run
from archives.media import jobs, tasks
from archives.media.cleanup.removal import run_purge
from archives.media.export import job as exporting
from archives.media.files import copies
from archives.models import ArchiveRun, Estimate, Export, Preview, Seam
from archives.services import library
from archives.services.jobs import exports, leases
from tests.support.media.segment_files import see
from tests.support.media.stored_segments import keep_in, measured, new_run, piece

pytestmark = [pytest.mark.django_db, pytest.mark.media]
# Renews its lease whenever it can.
AT_EVERY_STEP = replace(exports.KIND, renew_every_s=-1)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    return keep_in(tmp_path, settings)


@pytest.fixture
def run(folder: Path) -> ArchiveRun:
    """Pictures 0 to 299 in three pieces that overlap, as the platform's clock does not quite say."""
    run = new_run(status="complete")
    piece(run, folder, 0, 150)
    piece(run, folder, 100, 230, wrong_ms=600)
    piece(run, folder, 180, 300, wrong_ms=-300)
    measured(run)
    # Made anew with every seam; not what is tested here.
    Preview.objects.all().delete()
    return run


@pytest.fixture
def run_with_gap(folder: Path) -> ArchiveRun:
    run = new_run(status="complete")
    piece(run, folder, 0, 100)
    piece(run, folder, 150, 250)
    measured(run)
    return run


def make(export: Export) -> Export:
    jobs.run(exports.KIND, Export.objects.select_related("run__room").get(pk=export.pk))
    return again(export)


def again(export: Export) -> Export:
    return Export.objects.get(pk=export.pk)


def parts(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / ".parts").rglob("*"))


def test_a_slow_bucket_does_not_start_the_export_twice(
    run: ArchiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload tells nothing while it lasts: the hold is as long as it may take."""
    due_meanwhile: list[list[Export]] = []

    def store(path: Path, name: str) -> str:
        due_meanwhile.append(list(leases.due(exports.KIND, clock.after(leases.LEASE_S + 4900))))
        return copies.store(path, name)

    monkeypatch.setattr(exporting, "storing_s", lambda size: 5000.0)
    monkeypatch.setattr(exporting, "store", store)
    export = make(exports.request(run=run).export)
    assert (export.status, due_meanwhile) == ("done", [[]])


def test_every_picture_stands_in_the_export_once_and_in_order(run: ArchiveRun, folder: Path) -> None:
    export = make(exports.request(run=run).export)
    assert (export.status, export.progress, export.job_error) == ("done", 1.0, "")
    path = Path(storages["archives"].path(export.file))
    assert see(path).numbers == list(range(300))
    assert export.size == path.stat().st_size
    assert export.duration_ms == pytest.approx(12_000, abs=30)
    assert len(export.report["seams"]) == 3
    assert parts(folder) == []


def test_a_gap_is_black_or_closed_up(run_with_gap: ArchiveRun) -> None:
    lengths = {}
    for gaps in ("black", "close"):
        lengths[gaps] = make(exports.request(run=run_with_gap, gaps=gaps).export).duration_ms
    assert lengths["black"] == pytest.approx(10_000, abs=50)
    assert lengths["close"] == pytest.approx(8000, abs=50)


def test_the_same_is_made_once(run: ArchiveRun) -> None:
    first = exports.request(run=run)
    again = exports.request(run=run)
    other = exports.request(run=run, gaps="close")
    assert (first.created, again.created, other.created) == (True, False, True)
    assert first.export == again.export != other.export
    make(first.export)
    assert exports.request(run=run).export == first.export
    run.name = "Renamed"
    assert exports.request(run=run).created


def test_an_export_whose_file_is_gone_is_made_again(run: ArchiveRun) -> None:
    export = make(exports.request(run=run).export)
    storages["archives"].delete(export.file)
    asked = exports.request(run=run)
    assert asked.created
    assert again(export).job_error == "Its file was removed from the storage."


def test_what_cannot_be_exported_says_why(run: ArchiveRun, folder: Path) -> None:
    with pytest.raises(errors.InvalidInput, match="black or close"):
        exports.request(run=run, gaps="white")
    with pytest.raises(errors.NothingToExport):
        exports.request(run=new_run(status="complete"))
    with pytest.raises(errors.NotComplete):
        exports.request(run=new_run())
    run.segments.filter(ordinal=1).update(file="", stored_at=None)
    with pytest.raises(errors.FilesNotKept):
        exports.request(run=run)


def test_the_sweep_queues_it_once_and_the_task_makes_it(run: ArchiveRun) -> None:
    export = exports.request(run=run).export
    assert (tasks.enqueue_due(), tasks.enqueue_due()) == (1, 0)
    tasks.run_job.call(*DBTaskResult.objects.get().args_kwargs["args"])
    assert again(export).status == "done"


def test_a_cancel_ends_it_on_the_way_and_leaves_nothing(run: ArchiveRun, folder: Path) -> None:
    export = exports.request(run=run).export
    shares: list[float] = []

    def cancel_half_way(share: float) -> None:
        shares.append(share)
        exports.cancel(export=again(export))

    jobs.run(AT_EVERY_STEP, Export.objects.select_related("run__room").get(pk=export.pk), cancel_half_way)
    assert shares
    assert shares[-1] < 1
    assert again(export).status == "cancelled"
    assert parts(folder) == []
    assert not list(folder.rglob("exports/*"))
    assert exports.request(run=run).created, "it can be asked for again"


def test_one_that_is_removed_while_it_is_stored_leaves_no_file(
    run: ArchiveRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_it_is_removed(path: Path, name: str) -> str:
        library.trash(run=run, by="test")
        run_purge(run=run, by="test")
        return copies.store(path, name)

    monkeypatch.setattr(exporting, "store", and_it_is_removed)
    assert make(exports.request(run=run).export).status == "cancelled"
    assert not list(folder.rglob("exports/*"))


def test_what_has_ended_is_not_cancelled(run: ArchiveRun) -> None:
    export = make(exports.request(run=run).export)
    assert exports.cancel(export=export).status == "done"


def test_progress_is_written_on_the_way(run: ArchiveRun) -> None:
    export = exports.request(run=run).export
    seen: list[float] = []
    task = Export.objects.select_related("run__room").get(pk=export.pk)
    jobs.run(AT_EVERY_STEP, task, lambda share: seen.append(again(export).progress))
    assert sorted(set(seen)) == list(dict.fromkeys(seen)), "it only grows"
    assert len(set(seen)) > 2


def test_a_process_that_is_killed_costs_a_wait(run: ArchiveRun, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exports.request(run=run).export
    assert leases.claim(exports.KIND, export), "begun, then killed: nothing more is written"
    assert tasks.enqueue_due() == 0
    Export.objects.update(due_at=clock.after(-1))
    assert tasks.enqueue_due() == 1
    tasks.run_job.call(*DBTaskResult.objects.get().args_kwargs["args"])
    assert (again(export).status, again(export).failures, again(export).interruptions) == ("done", 0, 0)


def test_whoever_has_lost_the_job_writes_nothing(run: ArchiveRun, folder: Path) -> None:
    export = exports.request(run=run).export
    slow = Export.objects.select_related("run__room").get(pk=export.pk)
    Export.objects.update(due_at=clock.after(60))
    jobs.run(exports.KIND, slow)
    assert again(export).status == "queued"
    assert not list(folder.rglob("exports/*"))


def test_trouble_is_tried_again_but_not_for_ever(run: ArchiveRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*args: object, **options: object) -> None:
        raise OSError("the bucket does not answer")

    monkeypatch.setattr(exporting, "export_media", crash)
    export = exports.request(run=run).export
    for _ in range(3):
        assert make(export).status == "queued"
    export = make(export)
    assert export.status == "failed"
    assert export.job_error == "Given up after 4 failed attempts. OSError: the bucket does not answer"


def test_a_run_that_has_changed_since_says_so_by_a_code(run: ArchiveRun) -> None:
    export = exports.request(run=run).export
    Export.objects.filter(pk=export.pk).update(digest="of another run")
    export = make(again(export))
    assert (export.status, export.job_error_code) == ("failed", "changed")


def test_a_missing_file_fails_with_what_to_do(run: ArchiveRun, folder: Path) -> None:
    export = exports.request(run=run).export
    (folder / "1.mp4").unlink()
    export = make(export)
    assert export.status == "failed"
    assert "is missing" in export.job_error


def test_a_storage_that_is_no_folder_is_read_by_copies_and_written_to(
    run: ArchiveRun, folder: Path, settings: Any
) -> None:
    pieces = [(path.name, path.read_bytes()) for path in folder.glob("*.mp4")]
    for path in folder.glob("*.mp4"):
        path.unlink()
    remote = {"BACKEND": "tests.support.media.stored_segments.Bucket"}
    settings.STORAGES = {**settings.STORAGES, "archives": remote}
    for name, content in pieces:
        storages["archives"].save(name, ContentFile(content))
    Estimate.objects.all().delete()
    Seam.objects.update(settled_at=None)
    for seam in measured(run):
        assert ([each.source for each in seam.estimates.all()], seam.job_error) == (["audio", "video"], "")
    export = make(exports.request(run=run).export)
    assert (export.status, export.job_error) == ("done", "")
    copy = folder / "copy.mp4"
    copy.write_bytes(storages["archives"].open(export.file).read())
    assert see(copy).numbers == list(range(300))
    assert parts(folder) == []


# --- the command -------------------------------------------------------------------------------------
def test_the_command_writes_the_file_and_the_report(run: ArchiveRun, tmp_path: Path) -> None:
    told = StringIO()
    call_command("export_run", str(run.pk), "--output", str(tmp_path / "day.mp4"), "--json", stdout=told)
    report = json.loads(told.getvalue())
    assert see(tmp_path / "day.mp4").numbers == list(range(300))
    assert report["size"] == (tmp_path / "day.mp4").stat().st_size
    assert len(report["report"]["seams"]) == 3
    call_command("export_run", "Hearing", stdout=StringIO())
    assert Export.objects.count() == 1


def test_the_command_waits_for_the_process_that_makes_it(
    run: ArchiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = exports.request(run=run).export
    assert leases.claim(exports.KIND, export)
    lease = export.due_at

    def the_other_ends(seconds: float) -> None:
        assert again(export).due_at == lease, "not taken over"
        assert leases.give_up(exports.KIND, export, "no space")

    monkeypatch.setattr(export_run.time, "sleep", the_other_ends)
    with pytest.raises(CommandError, match="no space"):
        call_command("export_run", str(run.pk))


@pytest.mark.parametrize(("name", "code"), [("Nobody", 3), ("Hearing", 4)])
def test_the_command_says_what_is_wrong_by_its_exit_code(name: str, code: int) -> None:
    new_run()
    with pytest.raises(CommandError) as refused:
        call_command("export_run", name)
    assert refused.value.returncode == code
