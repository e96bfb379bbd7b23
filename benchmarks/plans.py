"""What each page, call and tick of the worker asks of the database, and how the database answers it.

`DATABASE_URL=postgres://… python -m benchmarks.plans` walks every address, and a worker through a
whole recording, on a database that `benchmarks.rows` has filled. A line each: time, number of queries, the
most rows that one step of a plan reads, and the tables that no index helps to read.

PostgreSQL only. What is written is rolled back.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dualarchive.settings")
os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")
# Rows can be imported once Django is set up.
import django
from django.apps import apps

if not apps.ready:
    django.setup()

from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test import Client, override_settings

from archives import clock
from archives.models import Alarm, ArchiveRun, Callback, Room, StreamPresence, Transition
from archives.models.access import RoomRole
from archives.platform import gateway
from archives.reconciler.worker import Worker
from archives.services import callbacks, counters, restarts, rooms, runs
from archives.services.people.links import share_create
from archives.web import access
from tests.support.platform.fake_platform import FakePlatform

# Tables that stay small however long an installation runs are read as PostgreSQL likes it.
SMALL = re.compile(
    r"^(auth_|django_content_type|django_session|django_admin_log|authtoken_|axes_|archives_subscriber)"
)
ADMIN = "/admin/archives/"
Plan = dict[str, Any]


@dataclass
class Asked:
    """One statement and its plan, as the nodes that read a table: (kind, table, rows read).

    `unindexed`: tables that it reads from end to end although the planner was to avoid that at any cost. A
    small table is rightly read whole as long as it is small.
    """

    sql: str
    reads: list[tuple[str, str, int]]
    unindexed: set[str]


@dataclass
class Visit:
    name: str
    ms: float = 0.0
    status: int = 0
    asked: list[Asked] = field(default_factory=list)

    def whole_tables(self) -> set[str]:
        return set().union(*(asked.unindexed for asked in self.asked))

    def most_rows(self) -> int:
        """Read by the step that reads most, of a table that grows."""
        return max(
            (rows for a in self.asked for _, table, rows in a.reads if not SMALL.match(table)), default=0
        )

    def heaviest(self) -> Asked | None:
        return max(self.asked, key=lambda a: max((read[2] for read in a.reads), default=0), default=None)


# --- plans --------------------------------------------------------------------------------------------
class Watch:
    """Has each statement that Django sends explained, beside sending it."""

    def __init__(self) -> None:
        self.sent: set[str] = set()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Each statement once: a worker asks the same again and again.
        if re.match(r"\s*\(?(SELECT|UPDATE|DELETE)", sql) and not many and sql not in self.sent:
            self.sent.add(sql)
            with context["cursor"].db.cursor() as cursor:
                self.plans.append(asked(cursor.cursor, sql, params))
        return execute(sql, params, many, context)

    plans: list[Asked]


def asked(cursor: Any, sql: str, params: Any) -> Asked:
    """A read is carried out to count its rows; a write is only planned, and reads as many as planned."""
    analyze = "ANALYZE, TIMING OFF, " if "SELECT" in sql[:8] and "FOR UPDATE" not in sql else ""
    reads = list(_reads(_explained(cursor, analyze, sql, params)))
    if not any(kind == "Seq Scan" for kind, _, _ in reads):
        return Asked(sql, reads, set())
    cursor.execute("SET enable_seqscan = off")
    forced = list(_reads(_explained(cursor, "", sql, params)))
    cursor.execute("SET enable_seqscan = on")
    return Asked(sql, reads, {t for kind, t, _ in forced if kind == "Seq Scan" and not SMALL.match(t)})


def _explained(cursor: Any, analyze: str, sql: str, params: Any) -> Plan:
    cursor.execute(f"EXPLAIN ({analyze}FORMAT JSON) {sql}", params)
    told = cursor.fetchone()[0]
    found: Plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return found


def _reads(plan: Plan) -> Iterator[tuple[str, str, int]]:
    loops = plan.get("Actual Loops", 1)
    rows = plan.get("Actual Rows", plan["Plan Rows"])
    dropped = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    kind = plan["Node Type"]
    if "Relation Name" in plan and loops:
        yield kind, plan["Relation Name"], round((rows + dropped) * loops)
    if kind == "Bitmap Index Scan":
        yield kind, plan["Index Name"], round(rows * loops)
    for part in plan.get("Plans", []):
        yield from _reads(part)


@contextmanager
def watched(name: str) -> Iterator[Visit]:
    """Everything that is asked of the database meanwhile."""
    visit, watch = Visit(name), Watch()
    watch.plans = visit.asked
    with connection.execute_wrapper(watch):
        yield visit


# --- what is visited ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class People:
    operator: Client
    host: Client
    reviewer: Client
    guest: Client


def people(room: Room) -> People:
    """An operator, a host and a reviewer of everything, a reviewer of one room, and nobody."""
    host = User.objects.create_user("plans-host")
    host.groups.add(Group.objects.get_or_create(name=access.HOSTS)[0])
    reviewer = User.objects.create_user("plans-reviewer")
    RoomRole.objects.create(room=room, user=reviewer, role="reviewer")
    found = [Client() for _ in range(4)]
    for client, user in zip(
        found, (User.objects.create_superuser("plans-operator"), host, reviewer), strict=False
    ):
        client.force_login(user)
    return People(*found)


LISTS = (
    "/api/runs/", "/api/runs/?page_size=200", "/api/runs/?name={name}", "/api/runs/?search=hearing",
    "/api/runs/?search={number}", "/api/runs/?search=never+said", "/api/runs/?search=room+le",
    "/api/runs/?status=failed", "/api/runs/?status=recording", "/api/runs/?room={room}",
    "/api/runs/?room=main",
)  # fmt: skip
WATCHED = (
    "/api/runs/{run}/", "/api/runs/{run}/offsets/", "/api/runs/{run}/seams/", "/api/runs/{run}/exports/",
    "/player/", "/player/?run={run}", "/player/?name={name}",
)  # fmt: skip
HOSTED = (
    "/api/runs/{run}/shares/", "/api/rooms/", "/api/rooms/?page_size=200", "/api/rooms/{room}/",
    "/api/rooms/{room}/state/", "/api/rooms/{room}/invitations/", "/host/", "/rooms/{room}/host/", "/",
    "/rooms/{room}/",
)  # fmt: skip
SEED = (
    "/apiKey", "/sessionIds", "/tokens", "/archives/offset", "/archives/{archive}/offset", "/archives",
    "/archives?name={name}",
)  # fmt: skip
CONSOLE = tuple(
    f"/admin/{path}" if path in ("", "overview/") else f"{ADMIN}{path}" for path in (
        "", "overview/", "archiverun/", "archiverun/?p=10", "archiverun/?q=hearing", "archiverun/?q={number}",
        "archiverun/?q=never+said", "archiverun/?status__exact=failed", "archiverun/?status__exact=recording",
        "archiverun/?room__id__exact={room_id}", "archiverun/?strategy__exact=overlap",
        "archiverun/?created_at__year={year}",
        "archiverun/?created_at__year={year}&created_at__month={month}",
        "archiverun/{run}/change/", "archiverun/{live}/change/", "room/", "room/?q=lesson",
        "room/{room_id}/change/", "alarm/", "alarm/?cleared_at__isempty=1", "alarm/?code=publisher_missing",
        "event/", "event/?type__exact=alarm.opened", "delivery/", "delivery/?status__exact=waiting",
        "subscriber/",
        "alarm/{alarm}/change/", "callback/", "callback/?q=available", "callback/{callback}/change/",
        "transition/", "transition/?run__id__exact={run}", "transition/{transition}/change/", "segment/",
        "segment/?run__id__exact={run}", "seam/", "seam/?run__id__exact={run}", "restart/",
        "restart/?run__id__exact={run}", "streampresence/", "streampresence/{streampresence}/change/",
    )
)  # fmt: skip
OPEN_TO_ALL = ("/", "/player/", "/accounts/login/", "/api/schema/", "/healthz")
VISITED = {
    "operator": (*CONSOLE, *LISTS, *WATCHED, *HOSTED, *SEED),
    "host": (*LISTS, *WATCHED, *HOSTED),
    "reviewer": LISTS,
    "guest": OPEN_TO_ALL,
}


def names(run: ArchiveRun, live: ArchiveRun) -> dict[str, Any]:
    """What stands in addresses."""
    piece = run.segments.order_by("ordinal").first()
    rows = (Alarm, Callback, Transition, StreamPresence)
    newest = {kind._meta.model_name: kind._default_manager.order_by("-pk").first() for kind in rows}
    return {
        **{str(kind): row and row.pk for kind, row in newest.items()},
        "run": run.pk, "live": live.pk, "name": run.name, "number": run.name.split()[-1],
        "room": run.room.slug, "room_id": run.room_id, "year": run.created_at.year,
        "month": run.created_at.month, "archive": piece and piece.archive_id,
    }  # fmt: skip


def pages(shown: Callable[[Visit], None], only: str) -> None:
    ended = ArchiveRun.objects.filter(status="complete").exclude(room__slug="main").order_by("-created_at")
    live = ArchiveRun.objects.live().order_by("-created_at").first()
    if live is None or not ended.exists():
        raise SystemExit("Fill this database first: python -m benchmarks.rows")
    run = ended[ended.count() // 2]
    share_create(run=run)
    everybody, standing_for = people(live.room), names(run, live)
    for who, paths in VISITED.items():
        for path in paths:
            if only in path:
                shown(_opened(getattr(everybody, who), who, path.format(**standing_for)))


def _opened(client: Client, who: str, path: str) -> Visit:
    """Once to see the plans, then for the time, the best of three."""
    with watched(f"{who} {path}") as visit:
        visit.status = client.get(path).status_code
    visit.ms = min(_ms(client, path) for _ in range(3))
    return visit


def _ms(client: Client, path: str) -> float:
    begun = time.perf_counter()
    client.get(path)
    return (time.perf_counter() - begun) * 1000


def recording(platform: FakePlatform, shown: Callable[[Visit], None]) -> None:
    """A recording from start to end, with everything that services and worker ask for it."""
    # Every ten minutes, over all processes, the sizes of what is kept are summed up from an index.
    counters.weigh_storage()
    room = rooms.get()
    Room.objects.filter(pk=room.pk).update(session_id_primary="1_one", session_id_secondary="1_two")
    platform.publish("1_one", "Ann")
    platform.on_signal = lambda session, kind: platform.publish("1_two", "Ann") if kind == "join" else None
    worker = Worker("worker:plans")
    with watched("start") as visit:
        run = runs.start(room=rooms.get(), name="Plans").run
    shown(visit)
    _worked(worker, platform, shown, "recording", 20)
    restarts.request(run=run, by="plans")
    _worked(worker, platform, shown, "restart", 60)
    runs.stop(run=run, by="plans")
    _worked(worker, platform, shown, "stop and finish", 120)
    with watched("callbacks") as visit:
        for source, body in platform.callbacks:
            callbacks.receive(source=source, body=json.dumps(body).encode())
    shown(visit)
    run.refresh_from_db()
    assert run.status == ArchiveRun.Status.COMPLETE, run.status


def _worked(
    worker: Worker, platform: FakePlatform, shown: Callable[[Visit], None], name: str, seconds: int
) -> None:
    with watched(f"worker: {name}") as visit:
        until = platform.now.timestamp() + seconds
        while platform.now.timestamp() < until:
            for _ in range(20):
                if not worker.work_once():
                    break
            platform.advance(1)
    shown(visit)


def walk(shown: Callable[[Visit], None], without: Sequence[str] = (), only: str = "") -> None:
    """Visit everything (or the addresses with `only` in them), as if the indexes `without` were not there.

    Leaves the database as it was.
    """
    with (
        override_settings(ALLOWED_HOSTS=["testserver"], KEEP_FILES=False, ROOM_ACCESS="open", API_KEY="100",
                          API_SECRET="the secret of these plans, not a short one",
                          SESSION_ID_PRIMARY="", SESSION_ID_SECONDARY=""),
        transaction.atomic(),
    ):  # fmt: skip
        with connection.cursor() as cursor:
            for index in without:
                cursor.execute(f"DROP INDEX {connection.ops.quote_name(index)}")
        platform = FakePlatform()
        platform.now = clock.now()
        gateway.use(platform)
        clock.use(platform.clock)
        try:
            if not only:
                recording(platform, shown)
            pages(shown, only)
        finally:
            gateway.use(None)
            clock.use(None)
            transaction.set_rollback(True)


def _printed(visit: Visit) -> None:
    whole = ", ".join(sorted(visit.whole_tables())) or "–"
    print(f"| `{visit.name}` | {visit.status or ''} | {visit.ms:.0f} | {len(visit.asked)} "
          f"| {visit.most_rows():,} | {whole} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--over", type=int, default=1000, help="print each visit's statement that reads more rows"
    )
    parser.add_argument(
        "--without", action="append", default=[], metavar="INDEX", help="as if it were missing"
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="addresses that have this")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("This reads PostgreSQL's plans: set DATABASE_URL=postgres://…")
    visits: list[Visit] = []
    if options.json:
        walk(visits.append, options.without, options.only)
        print(json.dumps({visit.name: _facts(visit) for visit in visits}))
        return
    print("| visit | status | ms | queries | most rows read | without index |\n|---|---|---|---|---|---|")
    walk(lambda visit: (visits.append(visit), _printed(visit))[0], options.without, options.only)
    for visit in visits:
        worst = visit.heaviest()
        if worst and (visit.most_rows() > options.over or visit.whole_tables()):
            print(f"\n{visit.name}\n  {worst.reads}\n  {worst.sql[:3000]}")


def _facts(visit: Visit) -> dict[str, Any]:
    return {"status": visit.status, "unindexed": sorted(visit.whole_tables()), "rows": visit.most_rows()}


if __name__ == "__main__":
    main()
