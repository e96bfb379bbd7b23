"""Media work through either queue, with real processes and a real Redis."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import django_rq
import pytest
from django.conf import settings as django_settings
from redis import Redis as Connection
from redis.exceptions import ConnectionError

from archives import clock
from archives.media import tasks
from archives.media.queues import queue_of
from archives.models import Preview
from archives.services.jobs.table import KINDS
from dualarchive.addons import QUEUES, redis_queues
from tests.support.media.stored_segments import new_run
from tests.support.servers.redis_server import Redis, is_available

ROOT = Path(__file__).resolve().parents[2]
FILE = random.Random(7).randbytes(100_000)
# As `manage.py media`, but whoever has to end does not let its task go on for 20 s.
MEDIA = """
import django; django.setup()
from django.core.management import call_command
from archives.media import queues, renewal
renewal.DRAIN_S = queues.MediaWorker.imminent_shutdown_delay = 1
call_command("media")
"""


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    if not is_available():
        pytest.skip("LEFT OUT: no redis-server here (Debian: apt install redis-server)")
    server = Redis()
    yield server
    server.close()


@pytest.fixture
def queued(redis: Redis, settings: Any) -> Any:
    """Tasks of this process wait in Redis."""
    settings.REDIS_URL = redis.url
    settings.RQ_QUEUES = redis_queues(redis.url, verify=True)
    settings.TASKS = {"default": {"BACKEND": "archives.media.queues.RedisQueues", "QUEUES": []}}
    Connection.from_url(redis.url).flushall()
    return lambda: {name: len(django_rq.get_queue(name).job_ids) for name in QUEUES}


def test_a_queue_is_served_before_what_is_less_urgent() -> None:
    urgent_first = [kind.priority for kind in KINDS.values()]
    assert tuple(dict.fromkeys(map(queue_of, urgent_first))) == QUEUES


def test_the_queue_brings_no_pages_into_the_console() -> None:
    code = (
        "import django; django.setup(); from django.contrib import admin; from django.core import checks;"
        "print({model._meta.app_label for model in admin.site._registry} & {'django_rq'},"
        "[said.msg for said in checks.run_checks(tags=['tasks']) if said.is_serious()])"
    )
    environment = {"REDIS_URL": "redis://127.0.0.1:1/0", "DJANGO_SETTINGS_MODULE": "dualarchive.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout.strip() == "set() []", done


@pytest.mark.django_db
def test_work_that_is_due_waits_in_its_own_queue(queued: Any) -> None:
    Preview.objects.create(run=new_run(), due_at=clock.now())
    assert tasks.enqueue_due() == 1
    assert queued() == {"keep": 0, "measure": 0, "export": 0, "preview": 1}
    assert tasks.enqueue_due() == 0, "a queued row is held"


@pytest.mark.django_db
def test_without_redis_the_work_stays_due(queued: Any, redis: Redis) -> None:
    preview = Preview.objects.create(run=new_run(), due_at=clock.now())
    redis.stop()
    try:
        assert tasks.enqueue_due() == 0
    finally:
        redis.start()
    preview.refresh_from_db()
    assert preview.due_at
    assert preview.due_at <= clock.after(tasks.QUEUE_PAUSE_S)
    Preview.objects.update(due_at=clock.now())
    assert tasks.enqueue_due() == 1


def test_a_certificate_of_its_own_is_taken_only_where_allowed(redis: Redis, settings: Any) -> None:
    settings.RQ_QUEUES = redis_queues(redis.tls_url, verify=False)
    assert django_rq.get_connection("keep").ping()
    settings.RQ_QUEUES = redis_queues(redis.tls_url, verify=True)
    with pytest.raises(ConnectionError, match=r"(?i)certificate"):
        django_rq.get_connection("keep").ping()


# --- real processes ----------------------------------------------------------------------------------
class Platform(ThreadingHTTPServer):
    """One archive, whose file comes a byte at a time until `hurry` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked_for, self.hurry = threading.Event(), threading.Event()
        self.ranges: list[str | None] = []
        self.sent = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who is ended hangs up in the middle."""


class _Handler(BaseHTTPRequestHandler):
    server: Platform

    def do_GET(self) -> None:
        if self.path == "/file":
            self._file()
            return
        archive = {"id": "archive", "status": "available", "createdAt": 1_700_000_000_000}
        archive |= {"size": len(FILE), "sha256sum": hashlib.sha256(FILE).hexdigest()}
        said = json.dumps(archive | {"url": f"{self.server.url}/file"}).encode()
        self._head(200, len(said))
        self.wfile.write(said)

    def _file(self) -> None:
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        begin = int((asked or "bytes=0-")[6:].rstrip("-"))
        self._head(206 if begin else 200, len(FILE) - begin, f"bytes {begin}-{len(FILE) - 1}/{len(FILE)}")
        self.server.asked_for.set()
        for number in range(begin, len(FILE)):
            if self.server.hurry.is_set():
                self.wfile.write(FILE[number:])
                return
            self.wfile.write(FILE[number : number + 1])
            self.server.sent = number + 1
            time.sleep(0.05)

    def _head(self, status: int, length: int, content_range: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


class Site:
    """A database with one piece to keep, and the processes that keep it."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.platform, self.log, self.folder = Platform(), folder / "log", folder / "archives"
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "dualarchive.settings",
            "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "REDIS_URL": redis_url,
            "ARCHIVES_DIR": str(self.folder),
            "API_KEY": "100",
            "API_SECRET": "a secret that is long enough for HS256",
            "OPENTOK_API_URL": self.platform.url,
        }
        self.run("manage.py", "migrate", "-v", "0")
        self.shell(
            "from tests.support.media.stored_segments import new_run; from archives.models import Segment;"
            "run = new_run(status='complete');"
            "Segment.objects.create(run=run, ordinal=0, session='primary', session_id='s',"
            "archive_id='archive', status='available', duration_ms=1000, created_at_ms=1)"
        )

    def run(self, *words: str) -> str:
        command = [sys.executable, *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, timeout=60, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def shell(self, code: str) -> str:
        return self.run("manage.py", "shell", "--no-imports", "-v", "0", "-c", code).strip()

    def start(self) -> subprocess.Popen[bytes]:
        """Sweeps for what is due, so that it is queued, and starts a process that does it."""
        self.run("manage.py", "runworker", "--once")
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", MEDIA],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def piece(self) -> dict[str, Any]:
        told = self.shell(
            "import json; from archives.models import Segment; from archives import clock;"
            "one = Segment.objects.get();"
            "print(json.dumps({'kept': bool(one.stored_at),"
            "'due': bool(one.due_at and one.due_at <= clock.now()),"
            "'failures': one.failures}))"
        )
        return dict(json.loads(told.splitlines()[-1]))


@pytest.fixture(params=["database", "redis"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    redis: Redis | None = request.getfixturevalue("redis") if request.param == "redis" else None
    if redis:
        Connection.from_url(redis.url).flushall()
    site = Site(tmp_path, redis.url if redis else "")
    yield site
    site.platform.shutdown()
    site.platform.server_close()


def test_a_task_that_is_ended_half_way_is_carried_on_by_the_next_process(site: Site) -> None:
    first = site.start()
    try:
        assert site.platform.asked_for.wait(30), site.log.read_text()
        # To every process of the group, as a dyno's are asked to end.
        os.killpg(first.pid, signal.SIGTERM)
        assert first.wait(25) == 0, site.log.read_text()
        assert site.piece() == {"kept": False, "due": True, "failures": 0}
    finally:
        first.poll() is None and os.killpg(first.pid, signal.SIGKILL)
    site.platform.hurry.set()
    second = site.start()
    try:
        _wait(lambda: site.piece()["kept"], site)
    finally:
        os.killpg(second.pid, signal.SIGTERM)
        assert second.wait(25) == 0, site.log.read_text()


@pytest.mark.parametrize("site", ["database"], indirect=True)
def test_a_transfer_that_is_killed_half_way_goes_on_from_there(site: Site) -> None:
    first = site.start()
    try:
        _wait(lambda: site.platform.sent >= 5, site)
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait(10)
    [part] = (site.folder / ".parts").iterdir()
    came = part.stat().st_size
    assert 0 < came < len(FILE)
    # Nobody could give the row back: it is held for its two minutes, which are over here.
    site.shell(
        "from archives.models import Segment; from archives import clock;"
        "Segment.objects.update(due_at=clock.now())"
    )
    site.platform.hurry.set()
    second = site.start()
    try:
        _wait(lambda: site.piece()["kept"], site)
    finally:
        os.killpg(second.pid, signal.SIGTERM)
        assert second.wait(25) == 0, site.log.read_text()
    assert site.platform.ranges == [None, f"bytes={came}-"]
    [kept] = site.folder.rglob("*.mp4")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == hashlib.sha256(FILE).hexdigest()
    assert not part.exists()


def _wait(reached: Callable[[], bool], site: Site) -> None:
    deadline = time.monotonic() + 40
    while not reached():
        assert time.monotonic() < deadline, site.log.read_text()[-3000:]
        time.sleep(0.2)


def test_the_tasks_wait_in_the_database_where_there_is_no_redis() -> None:
    assert not django_settings.REDIS_URL
    assert django_settings.TASKS["default"]["BACKEND"] == "django_tasks_db.DatabaseBackend"
