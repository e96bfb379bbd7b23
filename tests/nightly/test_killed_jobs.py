"""A job of each kind whose process is killed ten times, spread over its work: it is done in the end.

SIGKILL, in processes of `manage.py media`: nothing is handed back, each attempt is left as an interruption.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from archives.services.jobs.table import KINDS
from tests.support.media.jobs_to_do import Platform
from tests.support.media.killing import points

ROOT = Path(__file__).resolve().parents[2]
KILLS = 10
MAKE = """
import sys
import django; django.setup()
from tests.support.media.jobs_to_do import due_job
print(due_job(sys.argv[1]))
"""
# As if the lease of the attempt before had expired: queues the job, and does it or is killed in call `at`.
ATTEMPT = """
import os, signal, sys
import django; django.setup()
from django.core.management import call_command
from archives import clock
from archives.media import tasks
from archives.services.jobs.table import KINDS
from tests.support.media.killing import Kill
kind, pk, at = sys.argv[1:]
KINDS[kind].pending().filter(pk=pk).update(due_at=clock.now())
assert tasks.enqueue_due() == 1
kill = Kill(int(at), lambda: os.kill(os.getpid(), signal.SIGKILL)).install()
call_command("media", "--batch")
print(kill.calls)
"""
STATE = """
import sys
import django; django.setup()
from archives.services.jobs.table import KINDS
from tests.support.media.jobs_to_do import problem
kind, pk = sys.argv[1:]
job = KINDS[kind].rows().model._default_manager.get(pk=pk)
print(job.interruptions, problem(kind, pk), sep="|")
"""


class Site:
    """A database and a folder, and processes that work on what is in them."""

    def __init__(self, folder: Path) -> None:
        self.platform = Platform()
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "dualarchive.settings",
            "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "ARCHIVES_DIR": str(folder / "archives"),
            "KEEP_FILES": "true",
            "API_KEY": "100",
            "API_SECRET": "a secret that is long enough for HS256",
            "OPENTOK_API_URL": self.platform.url,
            "REDIS_URL": "",
        }

    def run(self, *words: str, ends: int = 0) -> str:
        """What a Python process prints last; it must end with this code (or by this signal, negative)."""
        command = [sys.executable, *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, timeout=120, capture_output=True, text=True, check=False
        )
        assert done.returncode == ends, done.stderr[-3000:]
        return done.stdout.strip().rpartition("\n")[2]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.run("manage.py", "migrate", "-v", "0")
    yield site
    site.platform.shutdown()
    site.platform.server_close()


@pytest.mark.media
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_done_though_ten_processes_were_killed(site: Site, kind: str) -> None:
    whole = int(site.run("-c", ATTEMPT, kind, site.run("-c", MAKE, kind), "0"))
    other = site.run("-c", MAKE, kind)
    site.run("-c", ATTEMPT, kind, other, str(round(whole * 0.9)), ends=-signal.SIGKILL)
    # An ingest continues where the one before was killed, so that less is left to be done.
    least = int(site.run("-c", ATTEMPT, kind, other, "0"))
    assert least > KILLS
    pk = site.run("-c", MAKE, kind)
    for killed, at in enumerate(points(least, KILLS), 1):
        site.run("-c", ATTEMPT, kind, pk, str(at), ends=-signal.SIGKILL)
        interruptions, state = site.run("-c", STATE, kind, pk).split("|")
        # An ingest that has brought a part of its file has made progress: earlier ones no longer count.
        assert 1 <= int(interruptions) <= killed
        assert state.startswith("due at "), state
    site.run("-c", ATTEMPT, kind, pk, "0")
    assert site.run("-c", STATE, kind, pk) == "0|"
