"""Outputs with a digest of a former format: kept by an upgrade, unless what they show has changed since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command

from archives import clock
from archives.models import ArchiveRun, Export, Preview, Segment
from archives.services import library
from archives.services.jobs import digests, exports, previews
from archives.timeline import timeline_for
from tests.support.media.stored_segments import START, keep_in, kept_bytes, new_run

pytestmark = pytest.mark.django_db
# As the first format: 64 hexadecimal digits.
FORMER = "3f" * 32
FILE = "main/export.mp4"


@pytest.fixture
def run(settings: Any, tmp_path: Path) -> ArchiveRun:
    keep_in(tmp_path, settings)
    run = new_run(status="complete")
    kept_bytes(run, created_at_ms=START)
    Segment.objects.update(stored_at=days_ago(60), synced_at=days_ago(60))
    return run


@pytest.fixture
def former(run: ArchiveRun) -> Export:
    """An export that was made before the upgrade, and that nobody has fetched for 40 days."""
    storages["archives"].save(FILE, ContentFile(b"export!"))
    made = {"created_at": days_ago(40), "started_at": days_ago(40), "ended_at": days_ago(40)}
    return Export.objects.create(run=run, digest=FORMER, status="done", file=FILE, size=7, **made)


def days_ago(days: float) -> Any:
    return clock.now() - timedelta(days=days)


def stored(run: ArchiveRun) -> None:
    """Another try has fetched a file."""
    run.segments.update(stored_at=days_ago(35))


def measured(run: ArchiveRun) -> None:
    one = run.segments.get(ordinal=0)
    facts = {"session": "secondary", "session_id": "s", "status": "available", "media_end_ms": 1000}
    two = run.segments.create(
        ordinal=1, archive_id="b", created_at_ms=START + 900, file=one.file, size=one.size, **facts,
        stored_at=days_ago(60), synced_at=days_ago(60),
    )  # fmt: skip
    seam = run.seams.create(earlier=one, later=two, settled_at=days_ago(35))
    found = {"offset_ms": 950, "low_ms": 930, "high_ms": 970, "confidence": 0.99}
    seam.estimates.create(source="audio", measured_at=days_ago(35), **found)


def renamed(run: ArchiveRun) -> None:
    library.rename(run=run, name="Another", by="host")
    run.refresh_from_db()


CHANGES = [stored, measured, renamed]


def test_a_digest_says_of_which_format_it_is(run: ArchiveRun) -> None:
    digest = exports.request(run=run).export.digest
    assert (digest[:2], len(digest)) == (digests.FORMAT, 64)
    assert not FORMER.startswith(digests.FORMAT)


def test_it_depends_on_nothing_but_what_is_shown(run: ArchiveRun) -> None:
    digest = exports.request(run=run).export.digest
    run.segments.update(reason="user initiated", stop_requested_at=clock.now(), synced_at=clock.now())
    assert exports.request(run=run).export.digest == digest
    run.segments.update(sha256="another file")
    assert exports.request(run=run).export.digest != digest


# --- exports ---
def test_an_export_is_not_made_again_after_the_upgrade(run: ArchiveRun, former: Export) -> None:
    found, created = exports.request(run=run)
    assert (found, created) == (former, False)
    former.refresh_from_db()
    assert former.digest.startswith(digests.FORMAT)
    assert exports.request(run=run) == (former, False)


@pytest.mark.parametrize("change", CHANGES)
def test_one_that_shows_something_else_is(
    run: ArchiveRun, former: Export, change: Callable[[ArchiveRun], None]
) -> None:
    change(run)
    found, created = exports.request(run=run)
    assert created
    assert found != former
    former.refresh_from_db()
    assert former.digest == FORMER


def test_each_treatment_of_gaps_is_kept_and_the_newest_of_each(run: ArchiveRun, former: Export) -> None:
    facts = {"run": run, "digest": "4a" * 32, "status": "done", "file": FILE, "started_at": days_ago(39)}
    closed = Export.objects.create(gaps="close", created_at=days_ago(39), **facts)
    newer = Export.objects.create(gaps="black", created_at=days_ago(39), **facts)
    assert exports.request(run=run) == (newer, False)
    assert exports.request(run=run, gaps="close") == (closed, False)
    former.refresh_from_db()
    assert former.digest == FORMER


def test_the_clean_up_leaves_it(run: ArchiveRun, former: Export) -> None:
    call_command("cleanup", stdout=StringIO())
    former.refresh_from_db()
    assert (former.status, former.file, storages["archives"].exists(FILE)) == ("done", FILE, True)


@pytest.mark.parametrize("change", CHANGES)
def test_the_clean_up_removes_one_that_shows_something_else(
    run: ArchiveRun, former: Export, change: Callable[[ArchiveRun], None]
) -> None:
    change(run)
    call_command("cleanup", stdout=StringIO())
    former.refresh_from_db()
    assert (former.status, former.file, storages["archives"].exists(FILE)) == ("removed", "", False)


# --- previews ---
def test_a_preview_is_not_made_again_after_the_upgrade(run: ArchiveRun) -> None:
    Preview.objects.create(run=run, digest=FORMER, folder="previews", made_at=days_ago(40))
    preview = previews.plan(run=run)
    assert preview
    preview.refresh_from_db()
    assert (preview.due_at, preview.folder) == (None, "previews")
    assert preview.digest.startswith(digests.FORMAT)


@pytest.mark.parametrize("change", CHANGES)
def test_a_preview_that_shows_something_else_is(
    run: ArchiveRun, change: Callable[[ArchiveRun], None]
) -> None:
    Preview.objects.create(run=run, digest=FORMER, folder="previews", made_at=days_ago(40))
    change(run)
    preview = previews.plan(run=run)
    assert preview
    preview.refresh_from_db()
    assert preview.due_at is not None


@pytest.mark.parametrize(("early_ms", "same"), [(0, True), (-80, False)])
def test_only_pictures_that_are_moved_change_a_digest(run: ArchiveRun, early_ms: int, same: bool) -> None:
    timeline = timeline_for(run)
    spans = tuple(replace(span, pictures_early_ms=early_ms) for span in timeline.spans)
    moved = digests.fingerprint(run, replace(timeline, spans=spans))
    assert (moved == digests.fingerprint(run, timeline)) is same
