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
VERDICT_ROWS = """
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

"""
VERDICTS_BEFORE = (
    VERDICT_ROWS
    + """
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
)

# The same rows, and what the present version adds, brought back to the state before: twice, each way.
BACK = (
    VERDICT_ROWS
    + """
migrated(None)
from archives.models import Absence, ArchiveRun, Estimate, Pause, Seam
seams = list(Seam.objects.order_by("pk"))
common = dict(former=False, measured_at=at(900))
Estimate.objects.create(seam=seams[0], source="video", offset_ms=59_400, low_ms=59_360, high_ms=59_440,
                        confidence=0.91, residual_av_ms=-4.0, **common)
Estimate.objects.create(seam=seams[4], source="audio", offset_ms=55_020, low_ms=55_000, high_ms=55_040,
                        confidence=0.99, **common)
of_ben = dict(run=ArchiveRun.objects.get(name="Run"), participant="ben", name="Ben", source="page")
Absence.objects.create(absent_from=at(50), absent_until=at(60), cause="page_stood_still", **of_ben)
def counts(get):
    return [get(name).objects.count() for name in ("ArchiveRun", "Segment", "Seam", "Absence")]
def seconds(instant):
    return instant and round(instant.timestamp() - at(0).timestamp(), 3)
for state in (None, "0022_verdicts_derived", "0021_former_verdicts", "0019_no_old_errors"):
    model = migrated(state)
    print(json.dumps(counts(lambda name: model("archives", name))))
print(json.dumps([
    [s.kind, s.method, s.offset_ms, s.overlap_ms, s.confidence, s.residual, s.cause, seconds(s.measured_at),
     seconds(s.gap_from), seconds(s.gap_until)]
    for s in model("archives", "Seam").objects.order_by("pk")
]))
absences = model("archives", "Absence").objects.order_by("absent_from")
print(json.dumps(list(absences.values_list("cause", flat=True))))
migrated(None)
estimates = Estimate.objects.order_by("seam_id", "source")
print(json.dumps([[e.source, e.offset_ms, e.confidence, e.former] for e in estimates]))
print(json.dumps(list(Absence.objects.order_by("absent_from").values_list("cause", flat=True))))
"""
)
# Texts as versions before stored them; what is in no table has no code.
ERRORS_BEFORE = """
get = lambda name, model=migrated("0024_remarks"): model("archives", name)
room = get("Room").objects.get(slug="main")
def run_of(error, **facts):
    return get("ArchiveRun").objects.create(
        room=room, name="Hearing", status="failed", strategy="dual_session", error=error, **facts
    )
TEXTS = {
    "ArchiveRun": ["", "Nothing was recorded.", "The video platform never started it.", "KeyError: 'id'",
                   "The video platform cannot be reached. Try again in a moment."],
    "Segment": ["", "The video platform does not know this archive any more.", "a text of nobody",
                "Nobody is connected to this room yet. Join it first, then start recording."],
}
FILES = ["", "The archive has no media: its file is 0 bytes long.", "[Errno 28] No space left",
         "The platform has no file any more: the archive is expired."]
SEAMS = ["", "Piece 0 lies in your own bucket.", "Given up after 4 tries. Segment 2 has no file. Lost.",
         "segment 1 cannot be opened as a recording", "Nothing follows this piece.", "the disk was full"]
EXPORTS = ["", "The recording has changed since this export was asked for. Ask for another.",
           "Pieces of this recording are not kept here. Set KEEP_FILES and let the worker fetch them.",
           "No piece of this recording has a file.", "MemoryError"]
for error in TEXTS["ArchiveRun"]:
    run = run_of(error)
common = {"run": run, "session": "primary", "session_id": "s", "due_at": None}
segments = [
    get("Segment").objects.create(ordinal=n, error=error, job_error=job, **common)
    for n, (error, job) in enumerate(zip(TEXTS["Segment"], FILES, strict=True))
]
more = [get("Segment").objects.create(ordinal=n, **common) for n in range(10, 10 + len(SEAMS))]
for n, job in enumerate(SEAMS):
    get("Seam").objects.create(run=run, earlier=segments[0], later=more[n], job_error=job)
for n, job in enumerate(EXPORTS):
    get("Export").objects.create(run=run, digest=str(n), status="failed", job_error=job)

get = lambda name, model=migrated(None): model("archives", name)
def codes(name, order, *columns):
    return list(get(name).objects.order_by(order).values_list(*columns))
print(json.dumps({
    "runs": codes("ArchiveRun", "created_at", "error_code"),
    "segments": codes("Segment", "ordinal", "error_code", "job_error_code")[:4],
    "seams": codes("Seam", "pk", "job_error_code"),
    "exports": codes("Export", "digest", "job_error_code"),
    "texts kept": [
        sorted(get("ArchiveRun").objects.values_list("error", flat=True)) == sorted(TEXTS["ArchiveRun"]),
        [error for error, in codes("Segment", "ordinal", "error")][:4] == TEXTS["Segment"],
        [error for error, in codes("Segment", "ordinal", "job_error")][:4] == FILES,
        [error for error, in codes("Seam", "pk", "job_error")] == SEAMS,
        [error for error, in codes("Export", "digest", "job_error")] == EXPORTS,
    ],
}))
model = migrated("0024_remarks")
texts = model("archives", "ArchiveRun").objects.values_list("error", flat=True)
print(json.dumps(sorted(texts) == sorted(TEXTS["ArchiveRun"])))
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


def test_going_back_keeps_every_row(database_url: str) -> None:
    """What a former version reads is made from the estimates, or from the platform's times."""
    *counts, seams, absences, again, absences_again = moved(database_url, BACK)
    assert counts == [[2, 7, 6, 4]] * 4
    limit = "maximum duration exceeded"
    assert seams == [
        ["overlap", "video", 59_400, 600, 0.91, -4.0, "", 900, None, None],
        ["overlap", "audio", 56_000, 4000, 0.97, 8.5, "", 400, None, None],
        ["gap", "times", 64_000, -4000, 0.3, None, limit, None, 116, 120],
        ["gap", "platform", None, -5000, 0.0, None, "failure", None, 180, 185],
        ["overlap", "audio", 55_020, 4980, 0.99, None, "", 900, None, None],
        ["gap", "platform", None, -3000, 0.0, None, limit, None, 300, 303],
    ]
    assert absences == ["the connection was lost", "was at lunch", "", "page_stood_still"]
    assert again == [
        ["video", 59_400, 0.91, True],
        ["audio", 56_000, 0.97, True],
        ["times", 64_000, 0.3, True],
        ["audio", 55_020, 0.99, True],
    ]
    assert absences_again == ["connection_lost", "", "", "page_stood_still"]


def test_stored_texts_get_codes_and_stay(database_url: str) -> None:
    after, back = moved(database_url, ERRORS_BEFORE)
    assert after == {
        "runs": [[""], ["nothing_recorded"], ["never_started"], [""], ["platform_unavailable"]],
        "segments": [["", ""], ["archive_lost", "empty"], ["", ""], ["no_clients", "file_gone"]],
        "seams": [[""], ["no_file"], ["no_file"], ["unreadable"], ["nothing_follows"], [""]],
        "exports": [[""], ["changed"], ["files_not_kept"], ["nothing_to_export"], [""]],
        "texts kept": [True] * 5,
    }
    assert back, "and going back"
