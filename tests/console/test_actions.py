"""What operators do from the console, and what it takes: retry, reconcile, hold, trash, clean up."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archives import clock, errors
from archives.management.commands import cleanup
from archives.media import jobs
from archives.media.cleanup import removal
from archives.media.cleanup.removal import run_purge
from archives.media.previews import job as previewing
from archives.models import ArchiveRun, Callback, Export, Preview, Restart, Room, Seam, Segment
from archives.models.captions import Captions
from archives.services import callbacks, library, restarts, retry
from archives.services.jobs import previews
from archives.services.retry import NothingFailed
from tests.support.media.stored_segments import keep_in, kept_bytes
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
RUNS = "/admin/archives/archiverun/"
ACTIONS = {
    "retry": "change_archiverun",
    "reconcile": "change_archiverun",
    "trash": "change_archiverun",
    "restore": "change_archiverun",
    "hold": "hold_archiverun",
    "release": "hold_archiverun",
    "clean_up": "purge_archiverun",
}


@pytest.fixture
def run(world: World, settings: Any, tmp_path: Path) -> ArchiveRun:
    """A complete run with a kept piece, an export and a preview."""
    keep_in(tmp_path, settings)
    kept = storages["archives"]
    room = Room.objects.get(slug="main")
    run = ArchiveRun.objects.create(room=room, name="Hearing", status="complete", strategy="dual_session")
    kept_bytes(run, created_at_ms=1_000_000)
    export = kept.save("main/export.mp4", ContentFile(b"export!"))
    Export.objects.create(run=run, status="done", file=export, size=7, digest="0")
    for name in previews.FILES:
        kept.save(f"previews/{name}", ContentFile(b"preview"))
    Preview.objects.create(run=run, folder="previews", digest="0")
    return run


def files(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in found}


def client_with(*permissions: str) -> Client:
    user = User.objects.create_user("operator", is_staff=True)
    names = ("view_archiverun", *permissions)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, action: str, run: ArchiveRun, **more: str) -> str:
    client.post(RUNS, {"action": action, "_selected_action": [str(run.pk)], **more})
    return client.get(RUNS).content.decode()


# --- permission and question -------------------------------------------------------------------------
@pytest.mark.parametrize(("action", "permission"), ACTIONS.items())
def test_each_action_takes_its_permission_and_asks_first(
    run: ArchiveRun, action: str, permission: str
) -> None:
    others = set(ACTIONS.values()) - {permission}
    without = client_with(*others)
    assert f'<option value="{action}">' not in without.get(RUNS).content.decode()
    User.objects.all().delete()
    allowed = client_with(permission)
    assert f'<option value="{action}">' in allowed.get(RUNS).content.decode()
    asked = allowed.post(RUNS, {"action": action, "_selected_action": [str(run.pk)]})
    assert "Are you sure?" in asked.content.decode()
    assert not run.transitions.exists()


def test_who_lacks_the_permission_does_nothing_by_a_made_up_form(run: ArchiveRun) -> None:
    client = client_with("change_archiverun")
    act(client, "hold", run, confirmed="yes")
    library.trash(run=run, by="test")
    act(client, "clean_up", run, confirmed="yes")
    run.refresh_from_db()
    assert (run.legal_hold, run.segments.get().file) == (False, "main/piece.mp4")


def test_hold_trash_and_clean_up_from_the_console(run: ArchiveRun, tmp_path: Path) -> None:
    client = client_with(*ACTIONS.values())
    assert "stays as it is until an operator ends the hold" in act(
        client, "hold", run, confirmed="yes"
    ) + act(client, "trash", run, confirmed="yes")
    act(client, "release", run, confirmed="yes")
    assert "Only what lies in the trash" in act(client, "clean_up", run, confirmed="yes")
    act(client, "trash", run, confirmed="yes")
    assert len(files(tmp_path)) == 6
    act(client, "clean_up", run, confirmed="yes")
    assert files(tmp_path) == set()


# --- cleaning up -------------------------------------------------------------------------------------
def test_what_is_removed_is_said_by_its_rows_and_may_be_removed_twice(
    run: ArchiveRun, tmp_path: Path
) -> None:
    library.trash(run=run, by="test")
    assert run_purge(run=run, by="test") == (2, 12)
    assert files(tmp_path) == set()
    piece, export = run.segments.get(), run.exports.get()
    assert (piece.status, piece.file, piece.has_media) == ("deleted", "", False)
    assert (export.status, export.file) == ("removed", "")
    assert run.transitions.filter(subject="segment", new="deleted").exists()
    assert run_purge(run=run, by="test") == (0, 0)


def test_a_hold_that_comes_meanwhile_stops_it(run: ArchiveRun, tmp_path: Path) -> None:
    library.trash(run=run, by="test")
    library.hold(run=run, by="test")
    with pytest.raises(errors.OnHold):
        run_purge(run=run, by="test")
    assert len(files(tmp_path)) == 6


def test_a_hold_that_comes_after_the_pieces_keeps_the_export(
    run: ArchiveRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.trash(run=run, by="test")

    def held(piece: Any, by: str) -> int:
        ArchiveRun.objects.update(legal_hold=True)
        return 0

    monkeypatch.setattr(removal, "_segment", held)
    with pytest.raises(errors.OnHold):
        run_purge(run=run, by="test")
    assert run.exports.get().file
    assert len(files(tmp_path)) == 6


@pytest.mark.parametrize(("last", "left"), [("main/export.mp4", 4), ("previews/cover.jpg", 0)])
def test_a_hold_that_comes_after_the_export_keeps_the_rest(
    run: ArchiveRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str, left: int
) -> None:
    """Captions are what somebody gave, and nobody can make them again."""
    Captions.objects.create(run=run, text="WEBVTT", digest="0", cues=1)
    library.trash(run=run, by="test")
    delete = storages["archives"].delete

    def held_after(name: str) -> None:
        delete(name)
        if name == last:
            ArchiveRun.objects.update(legal_hold=True)

    monkeypatch.setattr(storages["archives"], "delete", held_after)
    with pytest.raises(errors.OnHold):
        run_purge(run=run, by="test")
    assert Captions.objects.exists()
    assert len(files(tmp_path)) == left


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")
def test_no_hold_comes_while_captions_go(run: ArchiveRun) -> None:
    """Whoever has asked whether a run is held may act on the answer: its row is locked, held or not."""
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        library.require_unheld(run)
    (query,) = [each["sql"] for each in asked if each["sql"].startswith("SELECT")]
    assert query.endswith("FOR UPDATE")
    assert "legal_hold" not in query.partition("WHERE")[2]


def test_what_a_hold_kept_goes_once_it_has_ended(
    run: ArchiveRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A removal that a hold has stopped in the middle may have left no piece and no export."""
    Captions.objects.create(run=run, text="WEBVTT", digest="0", cues=1)
    run.segments.update(file="")
    run.exports.update(file="")
    ArchiveRun.objects.update(trashed_at=clock.now() - timedelta(days=31))
    call_command("cleanup")
    assert "of 1 recordings in the trash removed" in capsys.readouterr().out
    assert not Captions.objects.exists()
    assert not list(tmp_path.glob("previews/*"))
    call_command("cleanup")
    assert "of 0 recordings in the trash removed" in capsys.readouterr().out


def test_two_removals_at_once_count_each_file_once(run: ArchiveRun, monkeypatch: pytest.MonkeyPatch) -> None:
    library.trash(run=run, by="test")
    counted = []
    delete = storages["archives"].delete

    def another_removes_it_all(name: str) -> None:
        monkeypatch.setattr(storages["archives"], "delete", delete)
        counted.append(run_purge(run=run, by="another"))
        delete(name)

    monkeypatch.setattr(storages["archives"], "delete", another_removes_it_all)
    counted.append(run_purge(run=run, by="test"))
    assert sorted(counted) == [(0, 0), (2, 12)]


def test_an_export_that_is_being_made_is_called_off(run: ArchiveRun) -> None:
    Export.objects.create(run=run, gaps="close", status="running", digest="1", due_at=clock.after(60))
    library.trash(run=run, by="test")
    run_purge(run=run, by="test")
    assert run.exports.get(gaps="close").status == "cancelled"


def test_a_preview_that_was_being_made_leaves_no_picture(
    run: ArchiveRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def removed_meanwhile(*_: Any) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(spans=[])
        library.trash(run=run, by="test")
        run_purge(run=run, by="test")

    monkeypatch.setattr(previewing, "planned", removed_meanwhile)
    Preview.objects.update(due_at=clock.now())
    jobs.run(previews.KIND, Preview.objects.get())
    assert files(tmp_path) == set()


def test_cleanup_empties_the_trash_after_thirty_days_but_nothing_held(
    run: ArchiveRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def cleaned(*arguments: str) -> str:
        call_command("cleanup", *arguments)
        return capsys.readouterr().out

    library.trash(run=run, by="test")
    assert "of 0 recordings in the trash" in cleaned("--older-than", "0")
    ArchiveRun.objects.update(trashed_at=clock.now() - timedelta(days=31), legal_hold=True)
    assert "of 0 recordings in the trash" in cleaned()
    ArchiveRun.objects.update(legal_hold=False)
    assert "2 files (12 bytes) of 1 recordings in the trash would be removed" in cleaned("--dry-run")
    assert len(files(tmp_path)) == 6
    assert "2 files (12 bytes) of 1 recordings in the trash removed" in cleaned()
    assert "of 0 recordings in the trash" in cleaned()


def test_a_bucket_that_refuses_does_not_end_the_clean_up(
    run: ArchiveRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library.trash(run=run, by="test")
    ArchiveRun.objects.update(trashed_at=clock.now() - timedelta(days=31))

    def refuse(**given: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteObject")

    monkeypatch.setattr(cleanup, "run_purge", refuse)
    call_command("cleanup")
    told = capsys.readouterr()
    assert "was not removed" in told.err
    assert "AccessDenied" in told.err
    assert "of 0 recordings in the trash removed" in told.out


# --- retry and reconcile -----------------------------------------------------------------------------
def test_it_retries_all_that_failed(run: ArchiveRun) -> None:
    later = clock.after(3600)
    piece = Segment.objects.create(
        run=run,
        ordinal=1,
        session="secondary",
        session_id="1_two",
        archive_id="b",
        status="available",
        job_error="gone",
        due_at=later,
    )
    seam = Seam.objects.create(
        run=run,
        earlier=run.segments.get(ordinal=0),
        later=piece,
        job_error="no",
        failures=4,
        settled_at=clock.now(),
    )
    failed = Export.objects.create(run=run, gaps="close", status="failed", job_error="disk full", digest="1")
    Preview.objects.update(job_error="no picture", failures=4, due_at=None)
    tried = retry.retry_run(run=run, by="test")
    assert tried == ["files to be stored", "seams to be measured", "exports", "the preview"]
    for row in (piece, seam, failed):
        row.refresh_from_db()
    assert (piece.job_error, piece.due_at < later) == ("", True)
    assert (seam.failures, seam.due_at is not None, failed.status) == (0, True, "queued")
    assert run.transitions.get(field="retry").why == ", ".join(tried)


def test_it_retries_the_step_that_waits_and_the_change_over_that_was_given_up(world: World) -> None:
    run = world.start()
    restart = restarts.request(run=run, by="test")
    Restart.objects.filter(pk=restart.pk).update(attempts=3, due_at=clock.after(600))
    assert retry.retry_run(run=run, by="test") == ["the step of the change-over"]
    restart.refresh_from_db()
    assert restart.due_at <= clock.now()
    Restart.objects.filter(pk=restart.pk).update(status="failed", ended_at=clock.now())
    ArchiveRun.objects.filter(pk=run.pk).update(status="recording", restart_due_at=clock.after(60))
    run.refresh_from_db()
    assert retry.retry_run(run=run, by="test") == ["the change-over"]
    world.until_status(run, "restarting")


def test_where_nothing_failed_it_says_so(run: ArchiveRun) -> None:
    with pytest.raises(NothingFailed):
        retry.retry_run(run=run, by="test")
    assert not run.transitions.exists()


def test_reconciling_has_the_worker_look_at_once(world: World) -> None:
    run = world.start()
    later = clock.after(900)
    ArchiveRun.objects.update(due_at=later)
    Room.objects.update(due_at=later)
    act(client_with("change_archiverun"), "reconcile", run, confirmed="yes")
    run.refresh_from_db()
    assert run.due_at <= clock.now()
    assert run.room.due_at <= clock.now()


def test_a_runs_page_tells_how_far_its_thumbnails_are(run: ArchiveRun) -> None:
    Preview.objects.update(progress=0.4375, job_error="no space is left")
    page = client_with("view_preview").get(f"{RUNS}{run.pk}/change/").content.decode()
    for told in ("Thumbnails and sound levels", "0.4375", "no space is left"):
        assert told in page


# --- raw callbacks -----------------------------------------------------------------------------------
def test_a_runs_page_shows_its_raw_callbacks(world: World) -> None:
    run = world.start()
    archive = run.segments.get().raw | {"id": run.segments.get().archive_id, "odd": "<b>"}
    callbacks.receive(source="archive", body=json.dumps(archive).encode())
    callbacks.receive(source="archive", body=b'{"id": "elsewhere", "sessionId": "x"}')
    assert list(Callback.objects.order_by("pk").values_list("run", flat=True)) == [run.pk, None]
    page = client_with("view_callback").get(f"{RUNS}{run.pk}/change/").content.decode()
    assert "&quot;odd&quot;: &quot;&lt;b&gt;&quot;" in page
    assert "elsewhere" not in page
