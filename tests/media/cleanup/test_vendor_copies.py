"""`cleanup` and the platform's own copies: deleted by a setting, and only what is whole here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from archives import clock, errors
from archives.media.cleanup import removal
from archives.models import ArchiveRun, Segment
from archives.platform import gateway
from archives.services import library, segments
from tests.support.media.stored_segments import keep_in, new_run, piece

pytestmark = pytest.mark.django_db


class Platform:
    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.fail_with: list[errors.PlatformError] = []

    def archive_delete(self, archive_id: str) -> None:
        if self.fail_with:
            raise self.fail_with.pop(0)
        self.deleted.append(archive_id)


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = Platform()
    gateway.use(platform)  # type: ignore[arg-type]
    yield platform
    gateway.use(None)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DELETE_VENDOR_COPIES = True
    return keep_in(tmp_path, settings)


@pytest.fixture
def kept(folder: Path) -> Segment:
    """A piece of a complete run, as ingest leaves it."""
    segment = piece(new_run(status="complete"), folder, 0, 10)
    content = (folder / segment.file).read_bytes()
    segment.size, segment.sha256 = len(content), hashlib.sha256(content).hexdigest()
    segment.save(update_fields=["size", "sha256"])
    return segment


def cleanup(*words: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("cleanup", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_deletes_the_copy_once_and_keeps_ours(kept: Segment, platform: Platform, folder: Path) -> None:
    assert f"1 copies at the platform ({kept.size} bytes) removed" in cleanup()[0]
    assert "0 copies" in cleanup()[0]
    assert platform.deleted == [kept.archive_id]
    kept.refresh_from_db()
    assert (kept.status, kept.has_media) == ("deleted", True)
    assert (folder / kept.file).exists()
    told = kept.run.transitions.get(subject_id=kept.pk)
    assert (told.old, told.new, told.by) == ("available", "deleted", "cleanup")


def test_it_does_nothing_unless_it_is_told_to(kept: Segment, platform: Platform, settings: Any) -> None:
    settings.DELETE_VENDOR_COPIES = False
    assert "copies at the platform" not in cleanup()[0]
    assert platform.deleted == []


def test_a_dry_run_says_the_same_and_deletes_nothing(kept: Segment, platform: Platform) -> None:
    assert f"1 copies at the platform ({kept.size} bytes) would be removed" in cleanup("--dry-run")[0]
    assert platform.deleted == []
    kept.refresh_from_db()
    assert kept.status == "available"


@pytest.mark.parametrize("damage", ["changed", "shorter", "gone"])
@pytest.mark.parametrize("words", [[], ["--dry-run"]])
def test_a_kept_file_that_is_not_what_was_fetched_keeps_the_copy_alive(
    kept: Segment, platform: Platform, folder: Path, damage: str, words: list[str]
) -> None:
    content = (folder / kept.file).read_bytes()
    if damage == "gone":
        (folder / kept.file).unlink()
    else:
        (folder / kept.file).write_bytes(content[:-1] + (b"x" if damage == "changed" else b""))
    out, err = cleanup(*words)
    assert "0 copies" in out
    assert "not what was fetched" in err
    assert platform.deleted == []


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"stored_at": None}, id="not kept yet"),
        pytest.param({"file": ""}, id="lies elsewhere"),
        pytest.param({"sha256": ""}, id="never compared"),
        pytest.param({"media_end_ms": None}, id="cannot be played"),
        pytest.param({"job_error": "lost"}, id="given up"),
        pytest.param({"status": "uploaded"}, id="in the user's bucket"),
    ],
)
def test_it_leaves_what_is_not_kept_for_certain(
    kept: Segment, platform: Platform, values: dict[str, Any]
) -> None:
    Segment.objects.update(**values)
    assert "0 copies" in cleanup()[0]
    assert platform.deleted == []


@pytest.mark.parametrize("status", sorted(set(ArchiveRun.Status.values) - {"complete", "failed"}))
def test_it_leaves_a_run_that_is_not_over(kept: Segment, platform: Platform, status: str) -> None:
    ArchiveRun.objects.update(status=status)
    assert "0 copies" in cleanup()[0]
    assert platform.deleted == []


def test_it_leaves_what_is_on_hold(kept: Segment, platform: Platform) -> None:
    library.hold(run=kept.run, by="host")
    assert "0 copies" in cleanup()[0]
    assert platform.deleted == []


def test_a_hold_that_comes_while_the_file_is_read_counts(
    kept: Segment, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archives.media.cleanup import vendor_copies

    def read_slowly(segment: Segment) -> bool:
        library.hold(run=segment.run, by="host")
        return True

    monkeypatch.setattr(vendor_copies, "_is_whole", read_slowly)
    assert "0 copies" in cleanup()[0]
    assert platform.deleted == []


def test_a_platform_that_refuses_is_asked_again_next_time(kept: Segment, platform: Platform) -> None:
    platform.fail_with = [errors.PlatformUnavailable()]
    out, err = cleanup()
    assert "0 copies" in out
    assert "cannot be reached" in err
    assert "1 copies" in cleanup()[0]


def test_a_copy_that_is_gone_already_is_settled(kept: Segment, platform: Platform) -> None:
    platform.fail_with = [errors.NotFound()]
    assert "1 copies" in cleanup()[0]
    kept.refresh_from_db()
    assert kept.status == "deleted"


def test_what_the_platform_says_of_it_later_changes_nothing(kept: Segment, platform: Platform) -> None:
    cleanup()
    for status in ("deleted", "expired", "available"):
        segments.sync(archive={"id": kept.archive_id, "status": status, "size": 0})
    kept.refresh_from_db()
    assert (kept.status, kept.has_media, kept.is_settled) == ("deleted", True, True)


def test_the_trash_takes_our_file_too(kept: Segment, platform: Platform, folder: Path) -> None:
    cleanup()
    ArchiveRun.objects.update(trashed_at=clock.now())
    assert removal.run_purge(run=kept.run, by="host") == (1, kept.size)
    assert not (folder / kept.file).exists()
    kept.refresh_from_db()
    assert (kept.status, kept.file) == ("deleted", "")
