"""A site of real processes: a database, the platform over HTTP, and workers that may be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import environ
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.utils import ConnectionHandler

from archives.models import ArchiveRun, Room
from archives.platform import gateway
from archives.platform.gateway import OpenTokPlatform
from archives.services import rooms
from archives.services import runs as run_service
from tests.support.platform.fake_platform import FakeArchive
from tests.support.platform.platform_server import PlatformServer
from tests.support.recording import invariants

ROOT = Path(__file__).parents[3]
KEY, SECRET = "100", "a secret that is long enough for HS256"


class Site:
    def __init__(self, database_url: str, folder: Path, **environment: str) -> None:
        self.database_url, self.folder = database_url, folder
        self.platform = PlatformServer()
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "API_KEY": KEY,
            "API_SECRET": SECRET,
            "OPENTOK_TIMEOUT": "1",
            "SESSION_STOP_DELAY_PRIMARY": "0.2",
            "SESSION_STOP_DELAY_SECONDARY": "0.2",
            "KEEP_FILES": "false",
            "LOG_LEVEL": "WARNING",
            **environment,
        }
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.started = 0
        self.lock = threading.Lock()
        # What the platform saw that must never be: it answers in threads, where nothing can end a test.
        self.broken: list[str] = []
        self.platform.fake.on_stop = self._watch_cover

    # --- the database, in this process too ---
    def use_database(self) -> None:
        """This thread's rows are the site's from now on."""
        database = environ.Env.db_url_config(self.database_url)
        if database["ENGINE"].endswith("sqlite3"):
            database["OPTIONS"] = settings.DATABASES["default"]["OPTIONS"]
        connections["default"] = ConnectionHandler({"default": database})["default"]

    @contextmanager
    def opened(self) -> Iterator[Site]:
        before = connections["default"]
        self.use_database()
        gateway.use(OpenTokPlatform(KEY, SECRET, f"{self.platform.url}/host", 10.0))
        try:
            call_command("migrate", verbosity=0)
            yield self
        finally:
            gateway.use(None)
            for name in list(self.workers):
                self.kill(name)
            self.platform.close()
            connections["default"].close()
            connections["default"] = before

    # --- what must hold ---
    def _watch_cover(self, archive: FakeArchive) -> None:
        """I2 at the very moment of each stop."""
        seen = SimpleNamespace(platform=self.platform.fake, story=lambda: "")
        self.use_database()
        try:
            invariants.cover_holds(seen, archive)  # type: ignore[arg-type]
        except AssertionError as error:
            self.broken.append(str(error))
        except DatabaseError:
            pass  # It is away on purpose; who stops something then was told what covers it before.
        finally:
            connections["default"].close()

    # --- workers ---
    def start_worker(self) -> str:
        with self.lock:
            self.started += 1
            name = f"worker{self.started}"
        environment = self.environment | {"OPENTOK_API_URL": f"{self.platform.url}/{name}"}
        with (self.folder / f"{name}.log").open("wb") as log:
            self.workers[name] = subprocess.Popen(
                [sys.executable, "manage.py", "runworker"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        return name

    def kill(self, name: str) -> None:
        """SIGKILL, and not a moment later does anything of it run."""
        worker = self.workers.pop(name, None)
        if worker:
            worker.kill()
            worker.wait(10)

    # --- rooms ---
    def room(self, number: int, strategy: str) -> Room:
        slug = f"room{number}"
        self.platform.fake.publish(f"{slug}_one", "Ann", "Ben")
        return rooms.create(
            slug=slug,
            strategy=strategy,
            session_id_primary=f"{slug}_one",
            session_id_secondary=f"{slug}_two",
        )

    def wait_for(self, reached: Callable[[], bool], within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while not _true(reached):
            assert time.monotonic() < deadline, self.trouble()
            time.sleep(0.1)

    def trouble(self) -> str:
        runs = list(
            ArchiveRun.objects.values_list("room__slug", "status", "restarts__step", "restarts__status")
        )
        logs = {path.name: path.read_text()[-2000:] for path in self.folder.glob("worker*.log")}
        return f"too late: {runs}\n{logs}"

    def mistakes(self) -> str:
        """Ours, which cost a worker a pause: nothing that a test does may lead to one."""
        logs = [path.read_text() for path in self.folder.glob("worker*.log")]
        return "\n".join(text for text in logs if "the visit failed" in text or "a mistake of ours" in text)

    def stop_all(self, within_s: float = 60) -> None:
        for run in ArchiveRun.objects.live():
            run_service.stop(run=run, by="host")
        ended = ArchiveRun.Status.COMPLETE
        self.wait_for(lambda: not ArchiveRun.objects.exclude(status=ended).exists(), within_s)

    def check_end(self) -> None:
        fake = self.platform.fake
        assert not self.broken, self.broken
        assert not self.mistakes(), self.mistakes()
        invariants.story_tells_the_states()
        invariants.one_restart_and_one_live_run()
        invariants.nothing_is_left_running(fake)
        invariants.every_archive_has_one_segment(fake.archives)
        for run in ArchiveRun.objects.all():
            invariants.holes_are_stated(fake, run)


def _true(reached: Callable[[], Any]) -> bool:
    try:
        return bool(reached())
    except DatabaseError:
        # The database is away on purpose in some tests; the next look makes a new connection.
        connections["default"].close()
        return False
