"""Keeping the files of segments, and serving them to those who may watch."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django_tasks_db.models import DBTaskResult
from rest_framework.authtoken.models import Token

from archives import clock, errors
from archives.api.reasons import SENTENCES
from archives.media import jobs, tasks
from archives.media.cleanup.removal import run_purge
from archives.media.files import copies
from archives.media.ingest import job as keep
from archives.models import Alarm, ArchiveRun, Room, Segment
from archives.platform import gateway
from archives.services import library, retry
from archives.services.jobs import ingest, leases
from archives.web import access

pytestmark = pytest.mark.django_db
BODY = bytes(range(256)) * 2000


class FileServer:
    """The platform's file server: serves BODY under every path; fails as often as it is told to."""

    def __init__(self) -> None:
        self.fail_with: list[int] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status = owner.fail_with.pop(0) if owner.fail_with else 200
                body = BODY if status == 200 else b""
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def link(self, number: int) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/archive.mp4?link={number}"


class Platform:
    """Knows one archive; gives a new link each time it is asked."""

    def __init__(self, files: FileServer) -> None:
        self.files = files
        self.asked = 0
        self.archive: dict[str, Any] = {
            "id": "archive-1",
            "status": "available",
            "size": len(BODY),
            "sha256sum": hashlib.sha256(BODY).hexdigest(),
        }

    def archive_get(self, archive_id: str) -> dict[str, Any]:
        self.asked += 1
        return {"url": self.files.link(self.asked), **self.archive}


@pytest.fixture
def files() -> Iterator[FileServer]:
    server = FileServer()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def platform(files: FileServer) -> Iterator[Platform]:
    platform = Platform(files)
    gateway.use(platform)  # type: ignore[arg-type]
    yield platform
    gateway.use(None)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.ARCHIVES_DIR = str(tmp_path)
    settings.KEEP_FILES = True
    settings.STORAGES = {
        **settings.STORAGES,
        "archives": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    return tmp_path


@pytest.fixture
def segment() -> Segment:
    run = ArchiveRun.objects.create(
        room=Room.objects.get(),
        name="A hearing",
        status="processing",
        strategy="dual_session",
        due_at=clock.after(3600),
    )
    return Segment.objects.create(
        run=run,
        ordinal=0,
        session="primary",
        session_id="session-1",
        archive_id="archive-1",
        status="available",
        ended_at=clock.now(),
        duration_ms=60_000,
    )


def again(segment: Segment) -> Segment:
    return Segment.objects.select_related("run__room").get(pk=segment.pk)


def make_due(segment: Segment) -> Segment:
    Segment.objects.filter(pk=segment.pk).update(due_at=clock.now())
    return again(segment)


# --- keeping -----------------------------------------------------------------------------------------
def test_it_keeps_the_file_and_says_where(segment: Segment, platform: Platform, folder: Path) -> None:
    jobs.run(ingest.KIND, segment)
    segment = again(segment)
    assert (folder / segment.file).read_bytes() == BODY
    assert segment.file == f"main/{segment.run_id}/0000-primary-archive-1.mp4"
    assert (segment.size, segment.sha256) == (len(BODY), hashlib.sha256(BODY).hexdigest())
    assert segment.stored_at is not None
    assert list((folder / ".parts").iterdir()) == []


def test_the_run_is_looked_at_once_its_piece_is_kept(segment: Segment, platform: Platform) -> None:
    jobs.run(ingest.KIND, segment)
    assert again(segment).run.due_at <= clock.now()


def test_the_sweep_queues_it_once_and_the_task_keeps_it(segment: Segment, platform: Platform) -> None:
    assert [tasks.enqueue_due(), tasks.enqueue_due()] == [1, 0]
    queued = DBTaskResult.objects.get()
    queued.task.call(*queued.task_result.args, **queued.task_result.kwargs)
    assert again(segment).stored_at is not None
    assert tasks.enqueue_due() == 0


def test_nothing_is_queued_where_files_are_not_kept(segment: Segment, settings) -> None:
    settings.KEEP_FILES = False
    assert tasks.enqueue_due() == 0


def test_a_task_that_was_lost_is_queued_again_and_its_older_copy_does_nothing(
    segment: Segment, platform: Platform
) -> None:
    tasks.enqueue_due()
    older = again(segment).due_at
    make_due(segment)
    assert tasks.enqueue_due() == 1
    tasks.run_job.call("ingest", str(segment.pk), older.isoformat())
    assert platform.asked == 0


def test_a_fresh_link_is_asked_for_on_each_try(
    segment: Segment, platform: Platform, files: FileServer
) -> None:
    files.fail_with = [403, 410]
    for _ in range(3):
        jobs.run(ingest.KIND, make_due(segment))
    assert platform.asked == 3
    assert again(segment).stored_at is not None


def test_it_waits_longer_after_each_failure_and_raises_an_alarm_after_three(
    segment: Segment, platform: Platform, files: FileServer
) -> None:
    files.fail_with = [503] * 3
    waits = []
    for _ in range(3):
        assert not Alarm.objects.exists()
        jobs.run(ingest.KIND, make_due(segment))
        waits.append(again(segment).due_at - clock.now())
    assert timedelta() < waits[0] < waits[1] < waits[2]
    assert Alarm.objects.get().code == "file_not_kept"
    assert again(segment).given_up == ""


def test_the_alarm_is_over_when_the_file_is_kept_after_all(
    segment: Segment, platform: Platform, files: FileServer
) -> None:
    files.fail_with = [503] * 3
    for _ in range(4):
        jobs.run(ingest.KIND, make_due(segment))
    assert again(segment).stored_at is not None
    assert Alarm.objects.get(code="file_not_kept").cleared_at is not None


def test_a_platform_that_is_down_is_tried_again(segment: Segment, platform: Platform, monkeypatch) -> None:
    def down(archive_id: str) -> None:
        raise errors.PlatformUnavailable

    monkeypatch.setattr(platform, "archive_get", down)
    jobs.run(ingest.KIND, segment)
    assert again(segment).failures == 1


def test_the_vendor_states_a_digest_in_base64(segment: Segment, platform: Platform) -> None:
    platform.archive["sha256sum"] = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    jobs.run(ingest.KIND, segment)
    assert again(segment).sha256 == hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize("digest", ["0" * 64, base64.b64encode(bytes(32)).decode(), "not a digest"])
def test_a_wrong_file_is_never_kept(segment: Segment, platform: Platform, folder: Path, digest: str) -> None:
    platform.archive["sha256sum"] = digest
    jobs.run(ingest.KIND, segment)
    assert again(segment).stored_at is None
    assert not list(folder.rglob("*.mp4"))


def test_a_file_that_is_no_recording_is_kept_and_an_alarm_says_so(
    segment: Segment, platform: Platform
) -> None:
    jobs.run(ingest.KIND, segment)
    segment = again(segment)
    assert segment.media_end_ms is None
    assert segment.media_note.startswith("the file cannot be opened as a recording")
    assert Alarm.objects.get().code == "file_unreadable"


def test_a_file_without_a_byte_is_a_fact(segment: Segment, platform: Platform) -> None:
    platform.archive["size"] = 0
    jobs.run(ingest.KIND, segment)
    assert (again(segment).job_error_code, again(segment).job_error) == ("empty", keep.NO_MEDIA)
    assert not Alarm.objects.exists()


def test_an_archive_that_is_not_ready_after_all_is_tried_again(segment: Segment, platform: Platform) -> None:
    platform.archive |= {"status": "stopped", "size": 0}
    jobs.run(ingest.KIND, segment)
    assert (again(segment).given_up, again(segment).failures) == ("", 1)


def test_an_expired_archive_is_given_up_with_an_alarm(segment: Segment, platform: Platform) -> None:
    platform.archive["status"] = "expired"
    jobs.run(ingest.KIND, segment)
    assert "expired" in again(segment).job_error
    assert Alarm.objects.exists()
    assert not leases.due(ingest.KIND, clock.after(10**6)).exists()


def test_a_lost_piece_that_is_stored_after_all_ends_its_alarm(segment: Segment, platform: Platform) -> None:
    platform.archive["status"] = "expired"
    jobs.run(ingest.KIND, segment)
    assert Alarm.objects.get(code="file_lost").cleared_at is None
    platform.archive["status"] = "available"
    retry.retry_run(run=segment.run, by="test")
    jobs.run(ingest.KIND, again(segment))
    assert Alarm.objects.get(code="file_lost").cleared_at is not None


def test_a_link_that_stays_dead_is_given_up_after_72_hours(
    segment: Segment, platform: Platform, files: FileServer
) -> None:
    files.fail_with = [404]
    Segment.objects.update(ended_at=clock.now() - timedelta(hours=73))
    jobs.run(ingest.KIND, again(segment))
    assert "72 hours" in again(segment).job_error


def test_a_file_left_by_a_process_that_died_is_replaced(
    segment: Segment, platform: Platform, folder: Path
) -> None:
    storages["archives"].save(keep.file_name(segment), ContentFile(b"half"))
    jobs.run(ingest.KIND, segment)
    assert (folder / again(segment).file).read_bytes() == BODY


def test_who_has_lost_the_job_writes_nothing(segment: Segment, platform: Platform) -> None:
    mine = again(segment)
    assert leases.renew(again(segment))
    jobs.run(ingest.KIND, mine)
    assert platform.asked == 0
    assert again(segment).stored_at is None


def test_a_job_lost_half_way_ends_the_transfer(segment: Segment, platform: Platform, monkeypatch) -> None:
    real = platform.archive_get

    def and_another_takes_it(archive_id: str) -> dict[str, Any]:
        Segment.objects.filter(pk=segment.pk).update(due_at=clock.after(500))
        return real(archive_id)

    monkeypatch.setattr(platform, "archive_get", and_another_takes_it)
    jobs.run(replace(ingest.KIND, renew_every_s=-1), segment)
    assert again(segment).stored_at is None
    assert again(segment).failures == 0


def test_one_that_is_removed_while_it_is_stored_leaves_no_file(
    segment: Segment, platform: Platform, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_it_is_removed(path: Path, name: str) -> str:
        ArchiveRun.objects.update(status="complete")
        library.trash(run=segment.run, by="test")
        run_purge(run=segment.run, by="test")
        return copies.store(path, name)

    monkeypatch.setattr(keep, "store", and_it_is_removed)
    jobs.run(ingest.KIND, segment)
    assert (again(segment).status, again(segment).file, again(segment).due_at) == ("deleted", "", None)
    assert not list(folder.rglob("*.mp4"))


# --- serving -----------------------------------------------------------------------------------------
@pytest.fixture
def kept(segment: Segment) -> Segment:
    segment.file = storages["archives"].save("main/piece.mp4", ContentFile(BODY))
    segment.stored_at, segment.sha256 = clock.now(), hashlib.sha256(BODY).hexdigest()
    segment.save(update_fields=["file", "stored_at", "sha256"])
    return segment


@pytest.fixture
def host(client: Client) -> Client:
    user = User.objects.create_user("host")
    user.groups.add(Group.objects.get_or_create(name=access.HOSTS)[0])
    client.force_login(user)
    return client


def address(segment: Segment) -> str:
    return f"/media/segments/{segment.pk}/"


def test_a_host_gets_a_range_of_the_kept_file(kept: Segment, host: Client) -> None:
    answer = host.get(address(kept), headers={"Range": "bytes=100-199"})
    assert answer.status_code == 206
    assert b"".join(answer.streaming_content) == BODY[100:200]
    assert answer["ETag"] == f'"{kept.sha256}"'


def test_a_range_outside_is_416(kept: Segment, host: Client) -> None:
    assert host.get(address(kept), headers={"Range": "bytes=99999999-"}).status_code == 416


def test_head_is_answered(kept: Segment, host: Client) -> None:
    assert host.head(address(kept))["Content-Length"] == str(len(BODY))


def test_a_stranger_gets_nothing_and_learns_nothing(kept: Segment, client: Client) -> None:
    assert client.get(address(kept)).status_code == 401
    assert client.get("/media/segments/00000000-0000-0000-0000-000000000000/").status_code == 401
    client.force_login(User.objects.create_user("somebody"))
    assert client.get(address(kept)).status_code == 403


def test_a_signed_link_opens_its_own_piece_only(kept: Segment, client: Client) -> None:
    link = access.media_link(kept)
    assert client.get(link).status_code == 200
    other = Segment.objects.create(
        run=kept.run,
        ordinal=1,
        session="primary",
        session_id="session-1",
        archive_id="archive-2",
        file=kept.file,
    )
    assert client.get(link.replace(str(kept.pk), str(other.pk))).status_code == 401
    assert client.get(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 401


def test_a_script_fetches_a_piece_with_its_api_token(kept: Segment, client: Client) -> None:
    token = Token.objects.create(user=User.objects.create_user("script", is_staff=True))
    assert client.get(address(kept), headers={"authorization": f"Token {token.key}"}).status_code == 200
    wrong = client.get(address(kept), headers={"authorization": "Token wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "not_signed_in")


def test_a_signed_link_ends(kept: Segment, client: Client, monkeypatch) -> None:
    link = access.media_link(kept)
    monkeypatch.setattr(access, "MEDIA_HOURS", -1)
    assert client.get(link).status_code == 401


def test_until_it_is_kept_the_platforms_fresh_link_is_given(
    segment: Segment, host: Client, platform: Platform
) -> None:
    links = [host.get(address(segment))["Location"] for _ in range(2)]
    assert links == [platform.files.link(1), platform.files.link(2)]


def test_a_piece_that_is_still_recorded_says_so(segment: Segment, host: Client) -> None:
    Segment.objects.update(status="started")
    answer = host.get(address(segment))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_file_yet")


def test_a_piece_without_a_file_says_why(segment: Segment, host: Client) -> None:
    Segment.objects.update(due_at=None, job_error=keep.NO_MEDIA, job_error_code=keep.EMPTY)
    answer = host.get(address(segment))
    assert (answer.status_code, answer.json()["message"]) == (404, SENTENCES["empty"])


def test_a_platform_that_is_down_is_503(
    segment: Segment, host: Client, platform: Platform, monkeypatch
) -> None:
    def down(archive_id: str) -> None:
        raise errors.PlatformUnavailable

    monkeypatch.setattr(platform, "archive_get", down)
    assert host.get(address(segment)).status_code == 503
