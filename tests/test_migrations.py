"""Migrations that move what rows say: run over rows of the state before, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Brings a database to `before`, fills it there, goes on to the newest state and prints what the rows say.
MOVE = """
import json, sys
import django; django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from archives import clock

def migrated(name):
    executor = MigrationExecutor(connection)
    targets = [("archives", name)] if name else executor.loader.graph.leaf_nodes("archives")
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps.get_model
"""
JOBS_BEFORE = """
get = lambda name, model=migrated("0017_export_use"): model("archives", name)
now = clock.now()
room = get("Room").objects.get(slug="main")
run = get("ArchiveRun").objects.create(room=room, name="Hearing", status="complete", strategy="dual_session")
common = {"run": run, "session": "primary", "session_id": "s", "status": "available"}
segments = [
    get("Segment").objects.create(ordinal=number, archive_id=f"a{number}", **common, **values)
    for number, values in enumerate([
        {"kept_at": now, "file": "stored.mp4", "keep_due_at": now},
        {"keep_error": "lost", "keep_due_at": now, "keep_failures": 3},
        {"keep_due_at": now, "keep_failures": 2},
    ])
]
for number, status in enumerate(["queued", "running", "done", "failed", "cancelled", "removed"]):
    get("Export").objects.create(
        run=run, digest=str(number), status=status, due_at=now, attempts=number + 1,
        error="said" if status in ("failed", "queued") else "",
    )
seam = {"run": run, "kind": "overlap", "earlier": segments[0], "later": segments[1]}
get("Seam").objects.create(**seam, due_at=now, attempts=3, error="the disk was full")
second = seam | {"earlier": segments[1], "later": segments[2]}
get("Seam").objects.create(**second, attempts=5, error="gave up")
get("Seam").objects.create(**seam | {"earlier": segments[2], "later": None, "kind": "gap"}, attempts=1)
get("Preview").objects.create(run=run, attempts=2, due_at=now)

get = lambda name, model=migrated(None): model("archives", name)
def told(name, order):
    rows = get(name).objects.order_by(order)
    return [[row.due_at == now or row.due_at, row.failures, row.interruptions, row.job_error] for row in rows]
print(json.dumps({
    "segments": told("Segment", "ordinal"), "exports": told("Export", "digest"),
    "seams": told("Seam", "pk"), "previews": told("Preview", "pk"),
    "stored": [row.stored_at == now for row in get("Segment").objects.order_by("ordinal")],
}))
migrated("0017_export_use")
print(migrated("0017_export_use")("archives", "Segment").objects.get(keep_error="lost").keep_failures)
"""


def moved(database_url: str, script: str) -> list[Any]:
    """What `script` prints, a JSON value a line, on a database of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MOVE + script],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "dualarchive.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_row_that_is_a_job_stays_one(database_url: str) -> None:
    """Due, failures, interruptions and error: what waits begins at zero, what was given up says why."""
    after, failures_again = moved(database_url, JOBS_BEFORE)
    assert after == {
        "segments": [[None, 0, 0, ""], [None, 3, 0, "lost"], [True, 2, 0, ""]],
        "exports": [
            [True, 0, 0, "said"],
            [True, 0, 0, ""],
            [None, 0, 0, ""],
            [None, 4, 0, "said"],
            [None, 0, 0, ""],
            [None, 0, 0, ""],
        ],
        "seams": [[True, 0, 0, "the disk was full"], [None, 5, 0, "gave up"], [None, 0, 0, ""]],
        "previews": [[True, 0, 0, ""]],
        "stored": [True, False, False],
    }
    assert failures_again == 3
