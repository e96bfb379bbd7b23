"""The example of docs/client.py does what it says, against the site as processes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User

from archives.models import ArchiveRun
from tests.e2e.processes import free_port, wait_for
from tests.real_site import Site

ROOT = Path(__file__).resolve().parents[1]
CLIENT = ROOT / "docs/client.py"
PASSWORD = "a password of the example's test"


@pytest.fixture
def site(tmp_path: Path, django_db_blocker: Any, django_db_setup: None) -> Any:
    with django_db_blocker.unblock():
        site = Site(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, DEBUG="true")
        with site.opened():
            site.room(1, "overlap")
            User.objects.create_superuser("script", password=PASSWORD)
            site.start_worker()
            yield site


@pytest.fixture
def url(site: Site, tmp_path: Path) -> Any:
    port = free_port()
    web = ["gunicorn", "dualarchive.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    environment = site.environment | {"OPENTOK_API_URL": f"{site.platform.url}/web"}
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *web, "--threads", "2"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: _answers(url), "the site answers", 40)
        yield url
    finally:
        # Nothing of it is needed any more, and a busy machine would wait for its graceful end.
        process.kill()
        process.wait(15)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/accounts/login/", timeout=20).ok
    except requests.RequestException:
        return False


def run(url: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    told = {
        "ARCHIVE_URL": url,
        "ARCHIVE_USER": "script",
        "ARCHIVE_PASSWORD": PASSWORD,
        "ARCHIVE_SECONDS": "1",
    }
    return subprocess.run(
        [sys.executable, str(CLIENT)],
        env=os.environ | told | environment,
        capture_output=True,
        text=True,
        timeout=90,
    )


def test_it_records_changes_over_and_prints_the_pieces(site: Site, url: str) -> None:
    done = run(url, ARCHIVE_ROOM="room1")
    assert done.returncode == 0, done.stderr
    recorded = ArchiveRun.objects.get(name="Made by a script")
    assert (recorded.status, recorded.segments.count()) == ("complete", 2)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == ["segment", "segment"]
    assert [line[3] for line in lines] == [
        f"/media/segments/{s.pk}/" for s in recorded.segments.order_by("ordinal")
    ]
    refused = run(url, ARCHIVE_ROOM="nowhere")
    assert (refused.returncode, refused.stderr.strip()) == (1, "unknown_room: There is no such room.")


def test_it_is_short() -> None:
    lines = [
        line for line in CLIENT.read_text().splitlines() if line and not line.startswith(('"', "import"))
    ]
    assert len(lines) <= 20
