"""Backup and restore as docs/operations.md says: the database by pg_dump, the files by a copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

from tests.postgres import Postgres
from tests.real_site import ROOT

RECORDED = """
from pathlib import Path
from django.conf import settings
from django.contrib.auth.models import User
from archives import clock
from archives.models import Segment, Transition
from archives.services.links import share_create
from tests.kept import new_run, piece
run = new_run("Hearing", "complete")
one = piece(run, Path(settings.ARCHIVES_DIR), 0, 50)
two = piece(run, Path(settings.ARCHIVES_DIR), 40, 90)
share_create(run=run)
User.objects.create_superuser("operator", password="a password of tests")
"""
# Every row of every table, and what a viewer gets of each piece.
SEEN = """
import hashlib, json
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
    body = answer.getvalue() if answer.status_code == 200 else b""
    files[str(segment.pk)] = [answer.status_code, len(body), hashlib.sha256(body).hexdigest()]
counts.pop("sessions.Session")
print(json.dumps([counts, files]))
"""


def manage(database: str, files: Path, *words: str) -> str:
    environment = os.environ | {"DATABASE_URL": database, "ARCHIVES_DIR": str(files), "DEBUG": "true"}
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shell(database: str, files: Path, code: str) -> str:
    return manage(database, files, "shell", "--no-imports", "-v", "0", "-c", code)


def test_what_was_saved_comes_back_whole(postgres: Postgres, tmp_path: Path) -> None:
    files, name = tmp_path / "archives", uuid.uuid4().hex[:8]
    files.mkdir()
    database = postgres.create(f"before_{name}")
    manage(database, files, "migrate", "-v", "0")
    shell(database, files, RECORDED)
    before = json.loads(shell(database, files, SEEN).splitlines()[-1])
    assert [status for status, size, _ in before[1].values() if size > 1000] == [200, 200]

    dump = tmp_path / "dualarchive.dump"
    tool = [f"{postgres.bin}pg_dump", "--format=custom", "--no-owner", "-f", str(dump), database]
    subprocess.run(tool, check=True, timeout=60)
    shutil.copytree(files, tmp_path / "backup")
    shutil.rmtree(files)

    restored = postgres.create(f"after_{name}")
    tool = [f"{postgres.bin}pg_restore", "--no-owner", "--exit-on-error", "-d", restored, str(dump)]
    subprocess.run(tool, check=True, timeout=60)
    assert json.loads(shell(restored, files, SEEN).splitlines()[-1]) != before, "the files are not there yet"
    shutil.copytree(tmp_path / "backup", files)
    manage(restored, files, "migrate", "--check")
    assert json.loads(shell(restored, files, SEEN).splitlines()[-1]) == before
