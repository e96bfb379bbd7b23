"""A database as an installation has it after some years: rooms, runs, pieces, their stories, callbacks.

`DATABASE_URL=postgres://… python -m benchmarks.rows [--rooms 2000 --runs 20000 --pieces 10]` migrates that
database and fills it: 1.2 million rows by default. Refuses one that holds runs already.

On PostgreSQL by COPY, elsewhere by bulk_create; both write what the models' defaults and field types say.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dualarchive.settings")
# Rows can be imported once Django is set up.
import django
from django.apps import apps

if not apps.ready:
    django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.models.fields import NOT_PROVIDED

from archives import clock
from archives.models import (
    DEFAULT_ROOM,
    Alarm,
    ArchiveRun,
    Callback,
    Estimate,
    Export,
    Preview,
    Restart,
    Room,
    RunAccount,
    Seam,
    Segment,
    StreamPresence,
    Transition,
)
from archives.models.access import Invitation, RoomRole, Share
from archives.services.stamps import account_stamp, with_account_stamp
from archives.timeline import VERSION

PIECE_S, OVERLAP_MS = 13_500, 4_000
BATCH = 500
YEAR = timedelta(days=365)
WORDS = ("Hearing", "Lesson", "Consultation", "Watch", "Council", "Interview", "Seminar", "Rehearsal")
STEPS = ("SIGNAL_JOIN", "AWAIT_PUBLISHERS", "START_SECONDARY", "CONFIRM_SECONDARY", "STOP_PRIMARY",
         "START_PRIMARY", "CONFIRM_PRIMARY", "STOP_SECONDARY", "SIGNAL_LEAVE", "DONE")  # fmt: skip
# What the platform says of an archive, as segments keep it.
RAW = {"status": "available", "hasVideo": True, "hasAudio": True, "outputMode": "composed",
       "resolution": "1280x720", "event": "archive", "partnerId": 100, "url": None}  # fmt: skip

Values = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Shape:
    """`pieces` of each run; the newest `live` runs are being recorded now, each in a room of its own."""

    rooms: int = 10_000
    runs: int = 20_000
    pieces: int = 10
    live: int = 50


def fill(shape: Shape) -> Counter[str]:
    """Fill an empty database; how many rows of each kind. One transaction for each kind of row."""
    made: Counter[str] = Counter()
    rooms = [_room(number) for number in range(shape.rooms)]
    made["Room"] = insert(Room, rooms)
    main = Room.objects.get(slug=DEFAULT_ROOM).pk
    ids = [main, *Room.objects.exclude(pk=main).order_by("pk").values_list("pk", flat=True)]
    now = clock.now()
    for chunk in batched(_runs(shape, ids, now), 2_000):
        for model, rows in _of_runs(chunk, shape.pieces).items():
            made[model.__name__] += insert(model, rows)
    made["Estimate"] = insert(Estimate, _estimates())
    made["RunAccount"] = insert(RunAccount, _accounts(shape.pieces))
    made["Callback"] = insert(Callback, (_callback(n, now) for n in range(shape.runs * 2)))
    made["StreamPresence"] = insert(StreamPresence, (_presence(n, ids, now) for n in range(shape.runs * 3)))
    made["RoomRole"] = insert(RoomRole, list(_roles(ids)))
    made["Invitation"] = insert(Invitation, (_invitation(n, ids, now) for n in range(shape.rooms * 3)))
    analyze()
    return made


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(rows)
    while batch := list(itertools.islice(rest, size)):
        yield batch


def analyze() -> None:
    """Have the planner know the tables, as autovacuum would have done by now."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def insert(model: type[models.Model], rows: Iterable[Values]) -> int:
    """Insert rows, given by their fields' attribute names (`run_id`); what is left out has its default."""
    if connection.vendor == "postgresql":
        return _copy(model, rows)
    count = 0
    with transaction.atomic():
        for batch in batched(rows, BATCH):
            model._default_manager.bulk_create([model(**row) for row in batch])
            count += len(batch)
    return count


def _copy(model: type[models.Model], rows: Iterable[Values]) -> int:
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    usual = {field.attname: field.default for field in fields if field.default is not NOT_PROVIDED}
    count = 0
    connection.ensure_connection()
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row([_value(field, row, usual) for field in fields])
            count += 1
    return count


def _value(field: models.Field[Any, Any], row: Values, usual: Values) -> object:
    if field.attname in row:
        value = row[field.attname]
    else:
        value = usual.get(field.attname)
        value = value() if callable(value) else value
        if value is None and not field.null:
            value = ""
    return field.get_db_prep_save(value, connection) if isinstance(field, models.JSONField) else value


# --- rooms and runs -----------------------------------------------------------------------------------
def _room(number: int) -> Values:
    return {
        "slug": f"room-{number:06}",
        "name": f"{WORDS[number % 8]} room {number}",
        "session_id_primary": f"1_primary-{number}",
        "session_id_secondary": f"1_secondary-{number}",
        "due_at": clock.now() + timedelta(seconds=900 * (number % 97) / 97),
    }


def _runs(shape: Shape, rooms: list[int], now: Any) -> Iterator[Values]:
    """Oldest first over three years, a twentieth of them in the default room; the newest are live."""
    for number in range(shape.runs):
        live = number >= shape.runs - shape.live
        age = timedelta(hours=3 * (number % 7)) if live else 3 * YEAR * (1 - number / shape.runs)
        begun = now - age - timedelta(seconds=shape.pieces * PIECE_S if live else 86_400 * 2)
        # A room has one live run at most.
        room = shape.runs - number if live else (0 if number % 20 == 0 else 1 + number * 7)
        yield {
            "id": uuid.uuid4(),
            "room_id": rooms[room % len(rooms)],
            "name": f"{WORDS[number % 8]} {number}",
            "status": "recording" if live else ("failed" if number % 200 == 7 else "complete"),
            "strategy": "dual_session",
            "created_at": begun,
            "started_at": begun,
            "ended_at": None if live else begun + timedelta(seconds=shape.pieces * PIECE_S),
            "restart_due_at": now + timedelta(hours=1) if live else None,
            "due_at": now + timedelta(hours=1) if live else begun,
        }


def _of_runs(runs: list[Values], pieces: int) -> dict[type[models.Model], list[Values]]:
    """The runs and everything that belongs to them, in an order that their references allow."""
    rows: dict[type[models.Model], list[Values]] = {ArchiveRun: runs}
    restarts = {run["id"]: [_restart(run, n) for n in range(pieces // 2)] for run in runs}
    segments = {
        run["id"]: [_segment(run, n, pieces, restarts[run["id"]]) for n in range(pieces)] for run in runs
    }
    ended = [run for run in runs if run["status"] == "complete"]
    rows[Restart] = _flat(restarts)
    rows[Segment] = _flat(segments)
    rows[Seam] = [s for run in runs for s in _seams(segments[run["id"]])]
    rows[Transition] = [t for run in runs for t in _story(run, segments[run["id"]], restarts[run["id"]])]
    rows[Alarm] = [_alarm(run) for run in runs[::10]]
    rows[Preview] = [_preview(run) for run in ended[::2]]
    rows[Export] = [_export(run) for run in ended[::5]]
    rows[Share] = [_share(run) for run in ended[::5]]
    return rows


def _flat(rows: dict[Any, list[Values]]) -> list[Values]:
    return list(itertools.chain.from_iterable(rows.values()))


def _restart(run: Values, number: int) -> Values:
    at = run["created_at"] + timedelta(seconds=PIECE_S * (2 * number + 1))
    failed = number % 97 == 41
    return {
        "id": uuid.uuid4(),
        "run_id": run["id"],
        "strategy": "dual_session",
        "step": "START_SECONDARY" if failed else "DONE",
        "status": "failed" if failed else "done",
        "automatic": True,
        "created_at": at,
        "step_since": at,
        "due_at": at,
        "expected": [{"key": "a1b2c3", "name": "Guest"}],
        "arrived": [{"key": "a1b2c3", "name": "Guest"}],
        "ended_at": at + timedelta(seconds=9),
    }


def _segment(run: Values, ordinal: int, pieces: int, restarts: list[Values]) -> Values:
    at = run["created_at"] + timedelta(seconds=PIECE_S * ordinal)
    records = run["ended_at"] is None and ordinal == pieces - 1
    key = uuid.uuid4()
    ended = {} if records else {
        "stop_requested_at": at + timedelta(seconds=PIECE_S),
        "ended_at": at + timedelta(seconds=PIECE_S),
        "duration_ms": PIECE_S * 1000 + OVERLAP_MS,
        "size": 1_350_000_000,
        "reason": "user initiated",
        "file": f"{run['id']}/{ordinal:05}.mp4",
        "sha256": key.hex * 2,
        "stored_at": at + timedelta(seconds=PIECE_S + 600),
        "due_at": None,
        "media_begin_ms": 0,
        "media_end_ms": PIECE_S * 1000 + OVERLAP_MS,
    }  # fmt: skip
    return {
        "id": key,
        "run_id": run["id"],
        "restart_id": restarts[(ordinal - 1) // 2]["id"] if ordinal else None,
        "ordinal": ordinal,
        "session": "primary" if records or ordinal % 2 == 0 else "secondary",
        "session_id": f"1_session-{run['room_id']}",
        "archive_id": str(key),
        "status": "started" if records else "available",
        "intent_at": at,
        "created_at_ms": clock.to_ms(at),
        "confirmed_at": at + timedelta(seconds=2),
        "synced_at": at + timedelta(seconds=PIECE_S),
        "due_at": at + timedelta(seconds=PIECE_S),
        "raw": RAW | {"id": str(key), "createdAt": clock.to_ms(at), "name": run["name"]},
        **ended,
    }


def _seams(segments: list[Values]) -> Iterator[Values]:
    for one, two in itertools.pairwise(segments):
        if "ended_at" not in two:
            continue
        yield {
            "run_id": one["run_id"],
            "earlier_id": one["id"],
            "later_id": two["id"],
            "settled_at": two["intent_at"],
        }


def _estimates() -> Iterator[Values]:
    """One for each seam."""
    offset_ms = PIECE_S * 1000
    for seam, at in Seam.objects.order_by("pk").values_list("pk", "settled_at").iterator():
        bounds = {"low_ms": offset_ms - 20, "high_ms": offset_ms + 20, "confidence": 0.99}
        yield {"seam_id": seam, "source": "audio", "offset_ms": offset_ms, "measured_at": at, **bounds}


def _accounts(pieces: int) -> Iterator[Values]:
    """Those of ended runs; a live run's is made again and again."""
    ended = with_account_stamp(ArchiveRun.objects.filter(status__in=ArchiveRun.ENDED).order_by())
    for run in ended.iterator():
        yield {
            "run_id": run.pk,
            "version": VERSION,
            "stamp": account_stamp(run),
            "result": RunAccount.Result.COMPLETE,
            "began_at_ms": clock.to_ms(run.created_at),
            "duration_ms": pieces * PIECE_S * 1000 + OVERLAP_MS,
            "measured": pieces - 1,
            "playable": True,
        }


def _story(run: Values, segments: list[Values], restarts: list[Values]) -> Iterator[Values]:
    yield from _told(run, "run", run["id"], ("", "starting", "recording"), run["created_at"])
    for segment in segments:
        states = ("", "starting", "started", "stopped", "available")
        upto = len(states) if "ended_at" in segment else 3
        yield from _told(run, "segment", segment["id"], states[:upto], segment["intent_at"])
    for restart in restarts:
        yield from _told(run, "restart", restart["id"], ("", "running", restart["status"]), restart["due_at"])
        yield from _told(run, "restart", restart["id"], STEPS, restart["due_at"], "step")
    if run["ended_at"]:
        states = ("recording", "stopping", "processing", run["status"])
        yield from _told(run, "run", run["id"], states, run["ended_at"])


def _told(
    run: Values, subject: str, key: Any, states: tuple[str, ...], at: Any, field: str = "status"
) -> Iterator[Values]:
    for old, new in itertools.pairwise(states):
        told = {"run_id": run["id"], "subject": subject, "subject_id": key, "field": field}
        yield told | {"old": old, "new": new, "at": at, "by": "worker:host:1"}


# --- what else there is -------------------------------------------------------------------------------
def _alarm(run: Values) -> Values:
    open_still = run["ended_at"] is None
    return {
        "room_id": run["room_id"],
        "run_id": run["id"],
        "code": "publisher_missing",
        "message": "Ann was not in the second session.",
        "since": run["created_at"],
        "cleared_at": None if open_still else run["ended_at"],
        "sent_at": run["created_at"],
    }


def _preview(run: Values) -> Values:
    return {
        "run_id": run["id"],
        "folder": f"{run['id']}/preview",
        "progress": 1.0,
        "made_at": run["ended_at"],
    }


def _export(run: Values) -> Values:
    return {"run_id": run["id"], "status": "done", "digest": run["id"].hex * 2, "file": f"{run['id']}.mp4",
            "size": 13_500_000_000, "progress": 1.0, "created_at": run["ended_at"]}  # fmt: skip


def _share(run: Values) -> Values:
    return {"run_id": run["id"], "created_at": run["ended_at"], "expires_at": run["ended_at"] + YEAR}


def _callback(number: int, now: Any) -> Values:
    at = now - timedelta(days=30) * (number % 9973) / 9973
    return {
        "source": "archive" if number % 3 else "session",
        "body": f'{{"id": "{number}", "more": "{"x" * 400}"}}',
        "digest": f"{number:064x}",
        "received_at": at,
        "handled_at": at,
        "outcome": "segment is stopped",
    }


def _presence(number: int, rooms: list[int], now: Any) -> Values:
    at = now - 3 * YEAR * (number % 9973) / 9973
    return {"room_id": rooms[number % len(rooms)], "session": "primary", "stream_id": f"stream-{number}",
            "participant": f"p-{number}", "name": "Guest", "created_at": at,
            "destroyed_at": at + timedelta(hours=1)}  # fmt: skip


def _roles(rooms: list[int]) -> Iterator[Values]:
    """In every fifth room a host and a reviewer are named; each person in ten rooms or so."""
    named = rooms[5::5]
    User.objects.bulk_create(User(username=f"person-{n}") for n in range(max(2, len(named) // 5)))
    people = list(User.objects.filter(username__startswith="person-").order_by("pk"))
    for number, room in enumerate(named):
        for role, after in (("host", 0), ("reviewer", 1)):
            user = people[(number + after) % len(people)]
            yield {"room_id": room, "user_id": user.pk, "role": role}


def _invitation(number: int, rooms: list[int], now: Any) -> Values:
    return {"room_id": rooms[number % len(rooms)], "person": "Guest" if number % 3 else "",
            "created_at": now, "expires_at": now + timedelta(days=number % 9)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, usual in vars(Shape()).items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    shape = Shape(**vars(parser.parse_args()))
    begun = time.monotonic()
    call_command("migrate", verbosity=0)
    migrated = time.monotonic()
    if ArchiveRun.objects.exists():
        raise SystemExit("This database holds recordings already. Give an empty one.")
    made = fill(shape)
    print("| rows of | number |\n|---|---|")
    for name, count in (made | Counter({"all": made.total()})).items():
        print(f"| {name} | {count:,} |")
    print(f"\nmigrated in {migrated - begun:.0f} s, filled in {time.monotonic() - migrated:.0f} s")


if __name__ == "__main__":
    main()
