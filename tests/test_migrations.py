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

get = lambda name, model=migrated("0018_one_job"): model("archives", name)
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

# Two runs: in one an unsure measurement had replaced a gap by an overlap; in the other, in order: a sure one,
# a gap whose offset was known, one whose was not, an overlap still to be measured, and a gap until the stop.
VERDICTS_BEFORE = """
from datetime import timedelta
get = lambda name, model=migrated("0019_no_old_errors"): model("archives", name)
START = 1_700_000_000_123
def at(s): return clock.from_ms(START + round(s * 1000))
room = get("Room").objects.get(slug="main")
def run_of(name, ends, stop):
    run = get("ArchiveRun").objects.create(
        room=room, name=name, status="complete", strategy="dual_session", started_at=at(0),
        stop_requested_at=at(stop), ended_at=at(stop),
    )
    return run, [
        get("Segment").objects.create(
            run=run, ordinal=number, session="primary", session_id="s", archive_id=f"{name}{number}",
            status="available", file=f"{number}.mp4", stored_at=at(stop), created_at_ms=START + begin * 1000,
            duration_ms=60_000, media_begin_ms=0, media_end_ms=60_000, ended_at=at(begin + 60),
            confirmed_at=at(begin + 1), reason=reason,
            stop_requested_at=at(begin + 60) if reason == "user initiated" else None,
        )
        for number, (begin, reason) in enumerate(ends)
    ]
def seam(run, earlier, later, kind, **facts):
    get("Seam").objects.create(run=run, earlier=earlier, later=later, kind=kind, **facts)

erased, (one, two) = run_of("Erased", [(0, "failure"), (61.451, "user initiated")], 121.451)
seam(erased, one, two, "overlap", offset_ms=59_379, overlap_ms=621, confidence=0.527, method="audio",
     measured_at=at(200))
CLOSED, LIMIT = "user initiated", "maximum duration exceeded"
begins = [(0, CLOSED), (56, LIMIT), (120, "failure"), (185, CLOSED), (240, LIMIT)]
run, (a, b, c, d, e) = run_of("Run", begins, 303)
seam(run, a, b, "overlap", offset_ms=56_000, overlap_ms=4000, confidence=0.97, method="audio", residual=8.5,
     measured_at=at(400))
seam(run, b, c, "gap", offset_ms=64_000, overlap_ms=-4000, confidence=0.3, method="times", cause=LIMIT,
     gap_from=at(116), gap_until=at(120))
seam(run, c, d, "gap", cause="failure", gap_from=at(180), gap_until=at(185))
seam(run, d, e, "overlap", due_at=at(500))
seam(run, e, None, "gap", cause=LIMIT, gap_from=at(300), gap_until=at(303))
gone = dict(run=run, participant="ann", name="Ann", absent_until=at(40), source="page")
for number, cause in enumerate(["the connection was lost", "was at lunch", ""]):
    get("Absence").objects.create(**gone, absent_from=at(30 + number), cause=cause)

migrated(None)
from archives.models import Absence, ArchiveRun, Estimate, Seam
from archives.timeline import account_for
def account(name):
    made = account_for(ArchiveRun.objects.get(name=name))
    return {
        "duration_ms": made.duration_ms,
        "gaps": [[gap.start_ms, gap.end_ms, *gap.causes] for gap in made.gaps],
        "seams": [[v.kind, v.source, round(v.overlap_ms)] for v in (seam.verdict for seam in made.seams)],
    }
print(json.dumps({
    "seams": [[s.settled_at and s.settled_at.timestamp() - at(0).timestamp(), s.due_at is not None]
              for s in Seam.objects.order_by("pk")],
    "estimates": [[e.seam.earlier.archive_id, e.source, e.offset_ms, e.high_ms - e.low_ms, e.confidence,
                   e.residual_av_ms, e.former, e.detail] for e in Estimate.objects.order_by("pk")],
    "absences": [[a.cause, a.detail] for a in Absence.objects.order_by("absent_from")],
    "erased": account("Erased"), "run": account("Run"),
}))
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


def test_former_verdicts_hold_until_they_are_measured_again(database_url: str) -> None:
    (after,) = moved(database_url, VERDICTS_BEFORE)
    assert [due for _, due in after["seams"]] == [False, False, False, False, True, False], "every row stays"
    settled = [at for at, _ in after["seams"]]
    assert settled[:2] == [200, 400]
    assert settled[2] is not None, "its measurement had ended"
    assert settled[4] is None
    limit = "maximum duration exceeded"
    assert after["estimates"] == [
        ["Erased0", "audio", 59_379, 40, 0.527, None, True, ""],
        ["Run0", "audio", 56_000, 40, 0.97, 8.5, True, ""],
        ["Run1", "times", 64_000, 3000, 0.3, None, True, limit],
    ]
    assert after["absences"] == [["connection_lost", ""], ["", "was at lunch"], ["", ""]]
    assert after["erased"] == {
        "duration_ms": 119_379,
        "gaps": [],
        "seams": [["overlap", "audio", 621]],
    }
    assert after["run"] == {
        "duration_ms": 303_000,
        "gaps": [
            [116_000, 120_000, "length_limit"],
            [180_000, 185_000, "recorder_failed"],
            [300_000, 303_000, "length_limit"],
        ],
        "seams": [
            ["overlap", "audio", 4000],
            ["gap", "times", -4000],
            ["gap", "times", -5000],
            ["overlap", "times", 5000],
            ["gap", "times", -3000],
        ],
    }
