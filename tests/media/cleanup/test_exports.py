"""`cleanup` and exports: what nobody fetches goes, and only where it can be made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client

from archives import clock
from archives.media.cleanup import exports as unused
from archives.models import ArchiveRun, Export, Room
from archives.services import library
from archives.services.jobs import exports
from tests.support.media.stored_segments import START, keep_in, kept_bytes

pytestmark = pytest.mark.django_db
NONE = "0 exports (0 bytes) that nobody fetches removed"


@pytest.fixture
def run(settings: Any, tmp_path: Path) -> ArchiveRun:
    keep_in(tmp_path, settings)
    facts = {"status": "complete", "strategy": "dual_session", "ended_at": clock.now()}
    run = ArchiveRun.objects.create(room=Room.objects.get(slug="main"), name="Hearing", **facts)
    kept_bytes(run, created_at_ms=START)
    return run


@pytest.fixture
def made(run: ArchiveRun) -> Callable[..., Export]:
    """An export of the run as it stands, that nobody has fetched for so many days."""

    def make(days: float, **facts: Any) -> Export:
        export = exports.request(run=run).export
        file = storages["archives"].save("main/export.mp4", ContentFile(b"export!"))
        values = {"status": "done", "file": file, "size": 7, "ended_at": clock.now() - timedelta(days=days)}
        Export.objects.filter(pk=export.pk).update(**{**values, **facts})
        return again(export)

    return make


def again(export: Export) -> Export:
    return Export.objects.select_related("run").get(pk=export.pk)


def cleanup(*words: str) -> str:
    out = StringIO()
    call_command("cleanup", *words, stdout=out)
    return out.getvalue()


def is_there(export: Export) -> bool:
    export = again(export)
    there = storages["archives"].exists("main/export.mp4")
    assert (export.status == "done", bool(export.file)) == (there, there)
    return there


# --- what goes ---------------------------------------------------------------------------------------
def test_one_that_no_longer_fits_goes_after_thirty_days(run: ArchiveRun, made: Callable[..., Export]) -> None:
    export = made(29)
    library.rename(run=run, name="Hearing, day two", by="host")
    assert NONE in cleanup()
    Export.objects.update(ended_at=clock.now() - timedelta(days=31))
    told = cleanup()
    assert "1 exports (7 bytes) that nobody fetches removed" in told
    assert "main: Hearing, day two, export of " in told
    assert not is_there(export)
    assert (again(export).status, again(export).job_error) == ("removed", unused.WHY)
    assert NONE in cleanup()


def test_one_that_fits_goes_only_by_the_setting(made: Callable[..., Export], settings: Any) -> None:
    export = made(400)
    assert NONE in cleanup()
    settings.EXPORT_DAYS = 401
    assert NONE in cleanup()
    settings.EXPORT_DAYS = 399
    assert "1 exports" in cleanup()
    assert not is_there(export)


def test_an_age_for_this_time_is_for_exports_too(made: Callable[..., Export]) -> None:
    export = made(20)
    assert NONE in cleanup("--older-than", "21")
    assert "1 exports" in cleanup("--older-than", "19d")
    assert not is_there(export)


def test_a_dry_run_says_the_same_and_removes_nothing(made: Callable[..., Export]) -> None:
    export = made(20)
    told = cleanup("--older-than", "7", "--dry-run")
    assert "1 exports (7 bytes) that nobody fetches would be removed" in told
    assert "main: Hearing, export of " in told
    assert is_there(export)


def test_it_can_be_made_again(run: ArchiveRun, made: Callable[..., Export]) -> None:
    export = made(20)
    cleanup("--older-than", "7")
    asked = exports.request(run=run)
    assert (asked.created, asked.export == export) == (True, False)


# --- what stays --------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", sorted(set(ArchiveRun.Status.values) - {"complete"}))
def test_that_of_a_run_which_could_not_be_exported_now_stays(
    made: Callable[..., Export], status: str
) -> None:
    export = made(400)
    ArchiveRun.objects.update(status=status)
    assert NONE in cleanup("--older-than", "7")
    assert is_there(export)


def test_that_of_a_held_run_stays(run: ArchiveRun, made: Callable[..., Export]) -> None:
    export = made(400)
    library.hold(run=run, by="host")
    assert NONE in cleanup("--older-than", "7")
    assert is_there(export)


def test_what_lies_in_the_trash_is_left_to_the_trash(run: ArchiveRun, made: Callable[..., Export]) -> None:
    export = made(400)
    library.trash(run=run, by="host")
    assert NONE in cleanup("--older-than", "7")
    assert is_there(export)


@pytest.mark.parametrize("status", ["queued", "running"])
def test_what_is_being_made_stays(made: Callable[..., Export], status: str) -> None:
    made(400, status=status, file="", created_at=clock.now() - timedelta(days=400))
    assert NONE in cleanup("--older-than", "7")
    assert Export.objects.get().status == status


def test_what_was_fetched_or_asked_for_lately_stays(
    run: ArchiveRun, made: Callable[..., Export], admin_client: Client
) -> None:
    export = made(400)
    answer = admin_client.get(f"/media/exports/{export.pk}/", headers={"Range": "bytes=0-3"})
    assert answer.status_code == 206
    assert NONE in cleanup("--older-than", "7")
    Export.objects.update(used_at=clock.now() - timedelta(days=8))
    exports.request(run=run)
    assert NONE in cleanup("--older-than", "7")
    Export.objects.update(used_at=clock.now() - timedelta(days=8))
    assert "1 exports" in cleanup("--older-than", "7")


def test_what_may_be_fetched_at_this_moment_stays_whatever_is_asked(made: Callable[..., Export]) -> None:
    export = made(0.9)
    assert NONE in cleanup("--older-than", "0")
    assert is_there(export)


@pytest.mark.parametrize("loss", ["file", "row", "cut"])
def test_the_last_copy_stays_and_is_told(
    run: ArchiveRun, made: Callable[..., Export], tmp_path: Path, loss: str
) -> None:
    export = made(400)
    if loss == "file":
        (tmp_path / "main/piece.mp4").unlink()
    elif loss == "cut":
        (tmp_path / "main/piece.mp4").write_bytes(b"pie")
    else:
        run.segments.update(file="")
    told = cleanup("--older-than", "7")
    assert NONE in told
    assert "1 exports stay, because not every piece of their recordings is there" in told
    assert is_there(export)


# --- meanwhile ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("what", ["hold", "trash", "use"])
def test_what_comes_in_between_counts(
    run: ArchiveRun, made: Callable[..., Export], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    export = made(400)
    digest = unused.fingerprint

    def meanwhile(*given: Any) -> str:
        if what == "use":
            exports.record_use(export)
        else:
            {"hold": library.hold, "trash": library.trash}[what](run=run, by="host")
        return digest(*given)

    monkeypatch.setattr(unused, "fingerprint", meanwhile)
    assert NONE in cleanup("--older-than", "7")
    assert is_there(export)


def test_one_that_a_killed_clean_up_left_half_way_is_finished(
    made: Callable[..., Export], tmp_path: Path
) -> None:
    export = made(400)
    assert exports.remove(export=export, why=unused.WHY)
    assert (tmp_path / "main/export.mp4").exists()
    assert "1 exports (7 bytes)" in cleanup("--older-than", "7")
    assert not is_there(export)


def test_two_clean_ups_at_once_count_it_once(
    made: Callable[..., Export], monkeypatch: pytest.MonkeyPatch
) -> None:
    made(400)
    told = []
    delete = storages["archives"].delete

    def another_cleans_up(name: str) -> None:
        monkeypatch.setattr(storages["archives"], "delete", delete)
        told.append(cleanup("--older-than", "7"))
        delete(name)

    monkeypatch.setattr(storages["archives"], "delete", another_cleans_up)
    told.append(cleanup("--older-than", "7"))
    assert sorted("1 exports (7 bytes)" in one for one in told) == [False, True]
