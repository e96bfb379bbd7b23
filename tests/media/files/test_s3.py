"""Recordings in a bucket: kept there, used where the platform put them, served by signed links."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client

from archives import clock
from archives.media import jobs
from archives.media.cleanup import removal
from archives.media.files import copies
from archives.media.ingest import job as keep
from archives.models import Alarm, ArchiveRun, Export, Preview, Segment
from archives.platform import gateway
from archives.services import library
from archives.services.jobs import exports, ingest, leases, previews
from archives.timeline.verdicts import SURE
from dualarchive.addons import IN_MEMORY
from tests.support.media.stored_segments import measured, media, new_run
from tests.support.servers.file_server import (
    BODY,
    DIGEST,
    Answer,
    FileServer,
    answers,
    cut_after,
    whole,
)
from tests.support.servers.s3_server import S3

pytestmark = pytest.mark.django_db
# The pictures of two pieces of one call.
FIRST, SECOND = (0, 60), (40, 100)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    server = S3()
    yield server
    server.close()


@pytest.fixture
def bucket(s3: S3, settings: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """Recordings lie in a bucket of their own; only what is under way lies in the folder."""
    name = "b" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]
    settings.KEEP_FILES, settings.API_KEY = True, "100"
    settings.ARCHIVES_DIR = str(tmp_path)
    settings.STORAGES = {**settings.STORAGES, "archives": s3.storage(name)}
    return s3.bucket(name)


class Platform:
    """One archive; each time it is asked it gives another link."""

    def __init__(self, files: FileServer) -> None:
        self.files, self.links = files, 0
        self.archive: dict[str, Any] = {"status": "available", "size": len(BODY), "sha256sum": DIGEST}

    def archive_get(self, archive_id: str) -> dict[str, Any]:
        self.links += 1
        return self.archive | {"id": archive_id, "url": f"{self.files.url}&link={self.links}"}


@pytest.fixture
def platform() -> Iterator[Platform]:
    with FileServer(whole) as files:
        platform = Platform(files)
        gateway.use(platform)  # type: ignore[arg-type]
        yield platform
        gateway.use(None)


@pytest.fixture
def segment() -> Segment:
    return Segment.objects.create(
        run=new_run(),
        ordinal=0,
        session="primary",
        session_id="s",
        archive_id="archive-1",
        status="available",
        ended_at=clock.now(),
        duration_ms=60_000,
    )


def again(segment: Segment) -> Segment:
    return Segment.objects.select_related("run__room").get(pk=segment.pk)


def lying(bucket: Any) -> dict[str, int]:
    return {entry.key: entry.size for entry in bucket.objects.all()}


def content(bucket: Any, name: str) -> bytes:
    return bytes(bucket.Object(name).get()["Body"].read())


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(User.objects.create_user("viewer", is_staff=True))
    return client


def test_a_piece_is_kept_in_the_bucket(
    bucket: Any, segment: Segment, platform: Platform, tmp_path: Path
) -> None:
    jobs.run(ingest.KIND, segment)
    segment = again(segment)
    assert content(bucket, segment.file) == BODY
    assert (segment.size, segment.sha256) == (len(BODY), DIGEST)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("trouble", "tries", "ranges"),
    [
        pytest.param([cut_after(300_000), whole], 1, [None, "bytes=300000-"], id="cut"),
        pytest.param(
            [cut_after(300_000), answers(403), whole],
            2,
            [None, "bytes=300000-", "bytes=300000-"],
            id="the link expires",
        ),
        pytest.param(
            [cut_after(300_000), answers(503), answers(503), whole],
            3,
            [None, *["bytes=300000-"] * 3],
            id="503",
        ),
    ],
)
def test_it_is_whole_and_verified_in_the_end(
    bucket: Any, segment: Segment, platform: Platform, trouble: list[Answer], tries: int, ranges: list[str]
) -> None:
    platform.files.answers = trouble
    for _ in range(tries):
        assert again(segment).stored_at is None
        Segment.objects.update(due_at=clock.now())
        jobs.run(ingest.KIND, again(segment))
    segment = again(segment)
    assert platform.files.ranges == ranges
    assert platform.files.paths[-1].endswith(f"link={tries}")
    assert hashlib.sha256(content(bucket, segment.file)).hexdigest() == segment.sha256 == DIGEST


def test_links_that_end_during_a_slow_transfer_are_no_failures(
    bucket: Any, segment: Segment, platform: Platform
) -> None:
    slow = [cut_after(200_000), answers(403)]
    platform.files.answers = [*slow * 4, whole]
    for _ in range(4):
        jobs.run(ingest.KIND, again(segment))
        assert again(segment).failures == 0
        assert again(segment) in leases.due(ingest.KIND, clock.now())
    jobs.run(ingest.KIND, again(segment))
    assert content(bucket, again(segment).file) == BODY
    assert not Alarm.objects.filter(code="file_not_kept").exists()


def test_links_that_end_before_anything_came_are_failures(
    bucket: Any, segment: Segment, platform: Platform
) -> None:
    platform.files.answers = [cut_after(200_000), answers(403)]
    for failures in range(4):
        Segment.objects.update(due_at=clock.now())
        jobs.run(ingest.KIND, again(segment))
        assert again(segment).failures == failures
    assert Alarm.objects.get().code == "file_not_kept"


def test_a_bucket_that_refuses_is_tried_again_and_an_alarm_says_so(
    s3: S3, bucket: Any, segment: Segment, platform: Platform, settings: Any
) -> None:
    whole_bucket = settings.STORAGES
    settings.STORAGES = {**settings.STORAGES, "archives": s3.storage("nobody-made-this-bucket")}
    for tries in (1, 2, 3):
        Segment.objects.update(due_at=clock.now())
        jobs.run(ingest.KIND, again(segment))
        assert again(segment).failures == tries
        assert again(segment).due_at > clock.now()
    alarm = Alarm.objects.get()
    assert (alarm.code, alarm.cleared_at) == ("file_not_kept", None)
    assert "NoSuchBucket" in alarm.message
    settings.STORAGES = whole_bucket
    jobs.run(ingest.KIND, again(segment))
    assert content(bucket, again(segment).file) == BODY
    assert len(platform.files.paths) == 1, "what came is not fetched again"
    assert Alarm.objects.get(code="file_not_kept").cleared_at is not None


def test_a_slow_bucket_does_not_lose_the_job_to_another_process(
    bucket: Any, segment: Segment, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload tells nothing while it lasts: the hold is as long as it may take."""
    held: list[Any] = []
    monkeypatch.setattr(copies, "SLOWEST_BYTES_PER_S", 1000)
    monkeypatch.setattr(
        keep, "store", lambda *given: held.append(again(segment).due_at) or copies.store(*given)
    )
    jobs.run(ingest.KIND, segment)
    assert held[0] - clock.now() > timedelta(seconds=len(BODY) / 1000 - 5)
    assert again(segment).stored_at is not None


def test_it_is_served_by_a_signed_link_that_ends(
    bucket: Any, segment: Segment, platform: Platform, viewer: Client
) -> None:
    jobs.run(ingest.KIND, segment)
    answer = viewer.get(f"/media/segments/{segment.pk}/")
    assert (answer.status_code, answer["Cache-Control"]) == (302, "no-store")
    link = answer["Location"]
    asked = parse_qs(urlsplit(link).query)
    assert asked["X-Amz-Expires"] == ["14400"]
    assert asked["X-Amz-Signature"]
    part = requests.get(link, headers={"Range": "bytes=1000-1999"}, timeout=10)
    assert (part.status_code, part.headers["Content-Range"]) == (206, f"bytes 1000-1999/{len(BODY)}")
    assert part.content == BODY[1000:2000]


def test_who_may_not_watch_gets_no_link(
    bucket: Any, segment: Segment, platform: Platform, client: Client
) -> None:
    jobs.run(ingest.KIND, segment)
    assert client.get(f"/media/segments/{segment.pk}/").status_code == 401


def test_what_the_platform_uploaded_is_used_where_it_lies(
    bucket: Any, segment: Segment, platform: Platform, viewer: Client
) -> None:
    bucket.put_object(Key="100/archive-1/archive.mp4", Body=BODY)
    platform.archive["status"] = "uploaded"
    jobs.run(ingest.KIND, segment)
    assert again(segment).file == "100/archive-1/archive.mp4"
    assert platform.files.paths == []
    assert list(lying(bucket)) == ["100/archive-1/archive.mp4"]
    link = viewer.get(f"/media/segments/{segment.pk}/")["Location"]
    assert requests.get(link, headers={"Range": "bytes=-10"}, timeout=10).content == BODY[-10:]


def test_what_is_not_all_there_yet_is_looked_at_again(
    bucket: Any, segment: Segment, platform: Platform
) -> None:
    bucket.put_object(Key="100/archive-1/archive.mp4", Body=BODY[:1000])
    platform.archive["status"] = "uploaded"
    jobs.run(ingest.KIND, segment)
    assert (again(segment).stored_at, again(segment).failures) == (None, 1)
    bucket.put_object(Key="100/archive-1/archive.mp4", Body=BODY)
    jobs.run(ingest.KIND, again(segment))
    assert again(segment).stored_at is not None


def pieces_in(bucket: Any, run: ArchiveRun) -> list[Segment]:
    """Two pieces of one call, as the platform uploaded them."""
    found = []
    for number, (first, end) in enumerate((FIRST, SECOND)):
        name = f"100/archive-{number}/archive.mp4"
        bucket.upload_fileobj(io.BytesIO(media(first, end)), name)
        found.append(
            Segment.objects.create(
                run=run,
                ordinal=number,
                session="secondary" if number else "primary",
                session_id="s",
                archive_id=f"archive-{number}",
                status="uploaded",
                created_at_ms=1_700_000_000_000 + first * 40 + 120 * number,
                duration_ms=(end - first) * 40,
                file=name,
                size=len(media(first, end)),
                stored_at=clock.now(),
            )
        )
    return found


def test_pieces_in_the_bucket_become_one_file_in_the_bucket(
    bucket: Any, viewer: Client, tmp_path: Path
) -> None:
    run = new_run(status="complete")
    pieces_in(bucket, run)
    [seam] = measured(run)
    estimate = seam.estimates.get(source="audio")
    assert estimate.confidence >= SURE
    assert estimate.offset_ms == pytest.approx(1600, abs=20)
    export = exports.request(run=run).export
    jobs.run(exports.KIND, export)
    export.refresh_from_db()
    assert (export.status, export.job_error) == ("done", "")
    assert export.duration_ms == pytest.approx(4000, abs=40)
    link = viewer.get(f"/media/exports/{export.pk}/")["Location"]
    assert "Hearing.mp4" in parse_qs(urlsplit(link).query)["response-content-disposition"][0]
    assert len(requests.get(link, timeout=10).content) == export.size == lying(bucket)[export.file]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_is_removed_for_good_is_gone_from_the_bucket(bucket: Any) -> None:
    run = new_run(status="complete")
    pieces_in(bucket, run)
    there = lying(bucket)
    library.trash(run=run, by="host")
    assert removal.run_purge(run=run, by="host") == (2, sum(there.values()))
    assert lying(bucket) == {}


@pytest.mark.parametrize("lost", [False, True])
def test_an_unused_export_goes_from_the_bucket_while_its_pieces_are_there(bucket: Any, lost: bool) -> None:
    run = new_run(status="complete")
    pieces_in(bucket, run)
    measured(run)
    bucket.put_object(Key="main/export.mp4", Body=b"export!")
    old = {"status": "done", "file": "main/export.mp4", "ended_at": clock.now() - timedelta(days=31)}
    Export.objects.create(run=run, digest="as it was", **old)
    if lost:
        bucket.delete_objects(Delete={"Objects": [{"Key": "100/archive-1/archive.mp4"}]})
    call_command("cleanup", stdout=io.StringIO())
    assert ("main/export.mp4" in lying(bucket)) == lost


def test_a_preview_in_the_bucket_makes_room_for_the_next(bucket: Any, viewer: Client) -> None:
    run = new_run(status="complete")
    pieces_in(bucket, run)
    measured(run)
    for name in ("Hearing", "Hearing, day two"):
        ArchiveRun.objects.update(name=name)
        previews.plan(run=ArchiveRun.objects.get())
        jobs.run(previews.KIND, Preview.objects.select_related("run__room").get())
        folder = Preview.objects.get().folder
        assert {key for key in lying(bucket) if "/preview/" in key} == {
            f"{folder}/{file}" for file in previews.FILES
        }
    answer = viewer.get(f"/media/runs/{run.pk}/cover.jpg")
    assert b"".join(answer.streaming_content).startswith(b"\xff\xd8")  # type: ignore[attr-defined]


def test_a_long_piece_is_read_from_the_disk(bucket: Any) -> None:
    """django-storages holds a whole object in memory unless it is told otherwise."""
    bucket.put_object(Key="long", Body=b"0" * (IN_MEMORY + 1))
    with storages["archives"].open("long") as file:
        assert not isinstance(file.file._file, io.BytesIO)
        assert len(file.read()) == IN_MEMORY + 1
