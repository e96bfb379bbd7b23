"""A file that the platform uploaded itself becomes as well known as one that was fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archives import clock
from archives.media import jobs
from archives.media.ingest import job as keep
from archives.media.ingest.uploaded import NOT_EXAMINED
from archives.models import Alarm, Segment
from archives.platform import gateway
from archives.services import retry
from archives.services.jobs import ingest, leases
from archives.timeline import account_for, timeline_for
from tests.support.media.stored_segments import START, keep_in, media, new_run

pytestmark = pytest.mark.django_db
# 60 frames of 40 ms.
FILE = media(0, 60)
LENGTH_MS = 2400
PLACE = "100/archive-1/archive.mp4"


class Platform:
    """Knows one archive, which it uploaded, and gives no link."""

    def __init__(self) -> None:
        self.archive: dict[str, Any] = {"status": "uploaded", "size": len(FILE), "url": None}

    def archive_get(self, archive_id: str) -> dict[str, Any]:
        return self.archive | {"id": archive_id}


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = Platform()
    gateway.use(platform)  # type: ignore[arg-type]
    yield platform
    gateway.use(None)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.API_KEY = "100"
    return keep_in(tmp_path, settings)


@pytest.fixture
def segment(folder: Path, platform: Platform) -> Segment:
    """What the platform says of its length is rounded to a second."""
    return Segment.objects.create(
        run=new_run(),
        ordinal=0,
        session="primary",
        session_id="s",
        archive_id="archive-1",
        status="uploaded",
        created_at_ms=START,
        duration_ms=3000,
    )


def upload(folder: Path, content: bytes = FILE) -> Path:
    path = folder / PLACE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def kept(segment: Segment) -> Segment:
    jobs.run(ingest.KIND, Segment.objects.select_related("run__room").get(pk=segment.pk))
    segment.refresh_from_db()
    return segment


def test_its_facts_are_those_of_a_fetched_file(segment: Segment, folder: Path) -> None:
    upload(folder)
    kept(segment)
    assert (segment.file, segment.size) == (PLACE, len(FILE))
    assert segment.sha256 == hashlib.sha256(FILE).hexdigest()
    assert (segment.media_begin_ms, segment.media_end_ms) == (0, LENGTH_MS)
    assert timeline_for(segment.run).duration_ms == LENGTH_MS


def test_one_that_cannot_be_read_is_not_offered_and_an_alarm_says_so(
    segment: Segment, folder: Path, platform: Platform
) -> None:
    path = upload(folder, b"no recording")
    platform.archive["size"] = len(b"no recording")
    kept(segment)
    assert not segment.has_media
    assert segment.media_note.startswith("the file cannot be opened as a recording")
    assert "archive.mp4" not in segment.media_note
    assert Alarm.objects.get().code == "file_unreadable"
    assert path.exists()


@pytest.mark.parametrize("digest", ["0" * 64, base64.b64encode(bytes(32)).decode()])
def test_another_file_than_the_platform_states_is_not_taken_and_not_touched(
    segment: Segment, folder: Path, platform: Platform, digest: str
) -> None:
    path = upload(folder)
    platform.archive["sha256sum"] = digest
    kept(segment)
    assert (segment.stored_at, segment.failures) == (None, 1)
    assert path.read_bytes() == FILE


@pytest.mark.parametrize("uploaded", [True, False])
def test_an_archive_without_media_is_a_fact(
    segment: Segment, folder: Path, platform: Platform, uploaded: bool
) -> None:
    platform.archive["size"] = 0
    if uploaded:
        upload(folder, b"")
    kept(segment)
    assert segment.given_up == keep.NO_MEDIA
    assert not segment.has_media


def test_one_in_a_bucket_of_others_is_not_called_good(segment: Segment) -> None:
    assert not segment.has_media
    kept(segment)
    assert (segment.file, segment.sha256, segment.media_note) == ("", "", NOT_EXAMINED)
    assert segment.is_settled
    assert not segment.has_media
    account = account_for(segment.run)
    [span] = account.timeline.spans
    assert (span.kind, span.causes, span.length_ms) == ("gap", ("elsewhere",), 3000)
    assert (account.duration_ms, account.playable) == (3000, False)
    assert account.gaps == (), "it was recorded"


def test_nor_if_only_the_platforms_answer_says_that_it_was_uploaded(segment: Segment) -> None:
    Segment.objects.update(status="available")
    kept(segment)
    assert (segment.status, segment.media_note) == ("available", NOT_EXAMINED)
    assert not segment.has_media


def test_until_it_was_looked_for_it_is_neither_shown_nor_missing(segment: Segment) -> None:
    assert timeline_for(segment.run).spans == ()


def test_it_can_be_looked_for_again(segment: Segment, folder: Path) -> None:
    kept(segment)
    upload(folder)
    assert retry.retry_run(run=segment.run, by="test") == ["files to be stored"]
    [due] = leases.due(ingest.KIND, clock.after(10))
    assert kept(due).media_end_ms == LENGTH_MS


def test_a_process_that_lost_the_job_writes_nothing(segment: Segment, folder: Path, monkeypatch: Any) -> None:
    upload(folder)
    stale = Segment.objects.select_related("run__room").get(pk=segment.pk)
    real = keep.examine

    def taken_over(*args: Any) -> Any:
        assert leases.renew(Segment.objects.get(pk=segment.pk), seconds=1000)
        return real(*args)

    monkeypatch.setattr(keep, "examine", taken_over)
    jobs.run(ingest.KIND, stale)
    segment.refresh_from_db()
    assert segment.stored_at is None
