"""Backup and restore as docs/operations.md says: the database by pg_dump, the files by a copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.recording.real_site import ROOT
from tests.support.servers.postgres import Postgres
from tests.support.servers.s3_server import KEY, REGION, S3, SECRET

RECORDED = """
from pathlib import Path
from django.conf import settings
from django.contrib.auth.models import User
from archives import clock
from archives.models import Segment, Transition
from archives.services.people.links import share_create
from tests.support.media.stored_segments import new_run, piece
run = new_run("Hearing", "complete")
one = piece(run, Path(settings.ARCHIVES_DIR), 0, 50)
two = piece(run, Path(settings.ARCHIVES_DIR), 40, 90)
share_create(run=run)
User.objects.create_superuser("operator", password="a password of tests")
"""
# Every row of every table, and what a viewer gets of each piece.
SEEN = """
import hashlib, json, requests
from django.apps import apps
from django.test import Client
from django.contrib.auth.models import User
from archives.models import Segment
counts = {model._meta.label: model.objects.count() for model in apps.get_models()}
client = Client()
client.force_login(User.objects.get())
files = {}
for segment in Segment.objects.order_by("ordinal"):
    answer = client.get(f"/media/segments/{segment.pk}/", headers={"host": "localhost"})
    status, body = answer.status_code, b""
    if status == 302:
        found = requests.get(answer["Location"], timeout=30)
        status, body = found.status_code, found.content
    elif status == 200:
        body = answer.getvalue()
    files[str(segment.pk)] = [status, len(body), hashlib.sha256(body).hexdigest()]
counts.pop("sessions.Session")
print(json.dumps([counts, files]))
"""


class Folder:
    """Recordings in a folder; its copy is another folder."""

    def __init__(self, scratch: Path) -> None:
        self.files, self.copy = scratch / "archives", scratch / "backup"
        self.files.mkdir()
        self.environment = {"ARCHIVES_DIR": str(self.files), "S3_BUCKET": ""}

    def recorded(self) -> None:
        """The files lie where they belong."""

    def back_up(self) -> None:
        shutil.copytree(self.files, self.copy)

    def lose(self) -> None:
        shutil.rmtree(self.files)

    def restore(self) -> None:
        shutil.copytree(self.copy, self.files)

    def close(self) -> None:
        pass


class InBucket(Folder):
    """Recordings in a bucket; its copy is another bucket, as `aws s3 sync` makes one."""

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self.s3 = S3()
        self.bucket, self.spare = self.s3.bucket("recordings"), self.s3.bucket("recordings-backup")
        self.environment |= {
            "S3_BUCKET": "recordings",
            "S3_REGION": REGION,
            "S3_ENDPOINT_URL": self.s3.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def recorded(self) -> None:
        for path in self.files.rglob("*.mp4"):
            self.bucket.upload_file(str(path), path.relative_to(self.files).as_posix())
        shutil.rmtree(self.files)

    def back_up(self) -> None:
        _synchronize(self.bucket, self.spare)

    def lose(self) -> None:
        self.bucket.objects.delete()

    def restore(self) -> None:
        _synchronize(self.spare, self.bucket)

    def close(self) -> None:
        self.s3.close()


def _synchronize(one: Any, other: Any) -> None:
    for found in one.objects.all():
        other.copy({"Bucket": one.name, "Key": found.key}, found.key)


@pytest.fixture(params=[Folder, InBucket])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    kept: Folder = request.param(tmp_path)
    yield kept
    kept.close()


def manage(database: str, kept: Folder, *words: str) -> str:
    environment = os.environ | kept.environment | {"DATABASE_URL": database, "DEBUG": "true"}
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shell(database: str, kept: Folder, code: str) -> str:
    return manage(database, kept, "shell", "--no-imports", "-v", "0", "-c", code)


def test_what_was_saved_comes_back_whole(postgres: Postgres, kept: Folder, tmp_path: Path) -> None:
    name = uuid.uuid4().hex[:8]
    database = postgres.create(f"before_{name}")
    manage(database, kept, "migrate", "-v", "0")
    shell(database, kept, RECORDED)
    kept.recorded()
    before = json.loads(shell(database, kept, SEEN).splitlines()[-1])
    assert [status for status, size, _ in before[1].values() if size > 1000] == [200, 200]

    dump = tmp_path / "dualarchive.dump"
    tool = [f"{postgres.bin}pg_dump", "--format=custom", "--no-owner", "-f", str(dump), database]
    subprocess.run(tool, check=True, timeout=60)
    kept.back_up()
    kept.lose()

    restored = postgres.create(f"after_{name}")
    tool = [f"{postgres.bin}pg_restore", "--no-owner", "--exit-on-error", "-d", restored, str(dump)]
    subprocess.run(tool, check=True, timeout=60)
    assert json.loads(shell(restored, kept, SEEN).splitlines()[-1]) != before, "the files are not there yet"
    kept.restore()
    manage(restored, kept, "migrate", "--check")
    assert json.loads(shell(restored, kept, SEEN).splitlines()[-1]) == before
