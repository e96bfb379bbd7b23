"""Many recordings at once: localtok, pages that publish without media, PostgreSQL, workers of the Procfile.

    python -m benchmarks.load [--runs 1000] [--workers 1 2 4] [--seconds 120] [--restart-after 240] [--look 5]

Each run restarts by itself at that age, spread evenly. localtok speaks its REST and signalling as always;
only its recorder is replaced by one that notes when it recorded. A column for each number of workers, and at
the end what must hold: every instant of every run recorded, one segment for each archive, one unfinished
restart at most, a story that rebuilds the states. Callbacks are off: every change is found by looking.
Exit code 1 where one of these does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

KEY, SECRET = "100", "a secret of the benchmark that is long enough"
WARM_UP_S = 20.0
AT_ONCE = 4
ROOT = Path(__file__).resolve().parents[1]


# --- the platform: localtok whose recorder needs no media ---------------------------------------------
async def serve_platform(folder: Path) -> None:
    from localtok.recording.recorder import RecorderStats, RecordingResult
    from localtok.server import Localtok, Settings

    spans: dict[str, list[int]] = {}

    class Watch:
        """In the recorder's place: notes from when to when it recorded."""

        heard: set[str] = set()

        def __init__(self, path: Path, *rest: Any) -> None:
            self.path, self.began_at_ms, self.recorded_ms = path, 0, 0

        async def start(self) -> None:
            self.began_at_ms = _now_ms()
            spans[self.path.stem] = [self.began_at_ms, 0]

        async def stop(self) -> RecordingResult:
            spans[self.path.stem][1] = _now_ms()
            self.path.write_bytes(b"no media")
            took_ms = _now_ms() - self.began_at_ms
            return RecordingResult(self.path, took_ms, 8, self.began_at_ms, RecorderStats())

        async def nothing(self, *rest: Any) -> None: ...

        pause = resume = detach = nothing

        async def wait_for_media(self, *rest: Any) -> set[str]:
            return set()

        def stats(self) -> RecorderStats:
            return RecorderStats()

    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    chosen = Settings(api_key=KEY, api_secret=SECRET, data_dir=folder)
    async with Localtok(chosen, recorder_factory=Watch) as server:  # type: ignore[arg-type]
        print(server.url, flush=True)
        while not ended.is_set():
            (folder / "spans.json").write_text(json.dumps(spans))
            with_deadline = asyncio.wait_for(ended.wait(), 5)
            await asyncio.gather(with_deadline, return_exceptions=True)
        (folder / "spans.json").write_text(json.dumps(spans))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


# --- the people: a page in each room, which goes into the second session when it is asked to -----------
async def be_people(url: str, rooms: list[dict[str, str]]) -> None:
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        ready = [asyncio.Event() for _ in rooms]
        pages = [
            asyncio.create_task(_page(http, url, room, each)) for room, each in zip(rooms, ready, strict=True)
        ]
        await asyncio.gather(*(each.wait() for each in ready))
        print("ready", flush=True)
        await asyncio.gather(*pages)


async def _page(http: Any, url: str, room: dict[str, str], ready: asyncio.Event) -> None:
    second: asyncio.Task[None] | None = None

    def on_signal(kind: str) -> None:
        nonlocal second
        if kind == "join" and second is None:
            second = asyncio.create_task(_publish(http, url, room, "secondary"))
        elif kind == "leave" and second is not None:
            second.cancel()
            second = None

    await _publish(http, url, room, "primary", on_signal, ready)


async def _publish(
    http: Any,
    url: str,
    room: dict[str, str],
    side: str,
    on_signal: Callable[[str], None] = lambda kind: None,
    ready: asyncio.Event | None = None,
) -> None:
    async with http.ws_connect(f"{url}/signalling") as socket:
        hello = {"op": "connect", "apiKey": KEY, "sessionId": room[side], "token": room[f"{side}_token"]}
        await socket.send_json({"id": 1, **hello})
        stream = {"name": room["title"], "hasAudio": True, "hasVideo": True, "media": False}
        await socket.send_json({"id": 2, "op": "publish", **stream})
        async for message in socket:
            said = message.json()
            if said.get("re") == 2 and ready:
                ready.set()
            if said.get("event") == "signal":
                on_signal(str(said.get("type") or said.get("signal", {}).get("type")))


# --- a worker that counts -------------------------------------------------------------------------------
class Counts:
    def __init__(self) -> None:
        self.reset()

    def reset(self, *signalled: Any) -> None:
        self.lags: list[float] = []
        self.calls: Counter[str] = Counter()
        self.call_s = 0.0
        self.queries = self.ticks = 0
        self.cpu_s = time.process_time()

    def told(self) -> dict[str, Any]:
        return {**vars(self), "cpu_s": time.process_time() - self.cpu_s}


def be_worker() -> None:
    """`manage.py runworker`; what it did since SIGUSR1 goes to stdout at its end."""
    counts = Counts()
    # At once: before there is a handler the signal would end a worker that is slow to start.
    signal.signal(signal.SIGUSR1, counts.reset)
    import django
    from django.core.management import call_command
    from django.db.backends.signals import connection_created

    django.setup()
    from archives.ops import telemetry
    from archives.reconciler.worker import Worker

    observe, work_once = telemetry.observe, Worker.work_once

    def counted(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        counts.queries += 1
        return execute(sql, params, many, context)

    def observed(metric: str, value: float, *, kind: str = "", result: str = "") -> None:
        if metric == telemetry.DUE_LAG:
            counts.lags.append(value)
        if metric == telemetry.PLATFORM_CALL:
            counts.calls[kind] += 1
            counts.call_s += value
        observe(metric, value, kind=kind, result=result)

    def ticked(self: Worker) -> bool:
        counts.ticks += 1
        return work_once(self)

    def on_connection(connection: Any, **more: Any) -> None:
        connection.execute_wrappers.append(counted)

    telemetry.observe, Worker.work_once = observed, ticked  # type: ignore[method-assign]
    connection_created.connect(on_connection)
    call_command("runworker", stdout=sys.stderr)
    print(json.dumps(counts.told()), flush=True)


# --- the measurement ------------------------------------------------------------------------------------
@contextmanager
def child(*words: str, log: Path, **more: Any) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.load", *words]
    with log.open("a") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, **more
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _room(number: int) -> dict[str, str]:
    from archives.models import Room
    from archives.services import rooms as room_service

    room = Room.objects.create(slug=f"load-{number}", name=f"Load {number}")
    room = room_service.ensure_sessions(room=room)
    joined = room_service.join(room=room, name="Ann")
    return {
        "title": f"{joined.name} [{joined.participant}]",
        "primary": room.session_id_primary,
        "secondary": room.session_id_secondary,
        "primary_token": joined.primary_token,
        "secondary_token": joined.secondary_token,
    }


class Installation:
    def __init__(self, options: argparse.Namespace, folder: Path, localtok_url: str) -> None:
        self.options, self.folder, self.localtok_url = options, folder, localtok_url
        self.lines: list[dict[str, Any]] = []

    def fill(self) -> list[dict[str, str]]:
        """Rooms with their sessions; what the page of each needs to join."""
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(_room, range(self.options.runs)))

    def begin(self) -> None:
        from archives.models import Room
        from archives.services import runs

        with ThreadPoolExecutor(AT_ONCE) as pool:
            rooms = Room.objects.filter(slug__startswith="load-")
            list(pool.map(lambda room: runs.start(room=room, name=f"Run of {room.slug}"), rooms))

    def spread(self) -> None:
        """Restarts due one after the other, evenly over the time in which each has one."""
        from archives import clock
        from archives.models import ArchiveRun

        gap_s = self.options.restart_after / self.options.runs
        for number, run in enumerate(ArchiveRun.objects.live().order_by("pk")):
            look = clock.after(number % 100 * self.options.look / 100)
            ArchiveRun.objects.filter(pk=run.pk).update(
                restart_due_at=clock.after(WARM_UP_S + number * gap_s), due_at=look
            )

    def measure(self, count: int) -> dict[str, Any]:
        from archives.models import Restart, Segment

        self.spread()
        size, pieces = _database_bytes(), Segment.objects.count()
        command = [sys.executable, "-m", "benchmarks.load", "worker"]
        with (self.folder / "workers.log").open("a") as log:
            workers = [
                subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
                for _ in range(count)
            ]
        time.sleep(WARM_UP_S)
        for worker in workers:
            worker.send_signal(signal.SIGUSR1)
        began, at = datetime.now(UTC), time.monotonic()
        time.sleep(self.options.seconds)
        done = Restart.objects.filter(ended_at__gte=began)
        outcomes = Counter(done.values_list("status", flat=True))
        took = sorted((one.ended_at - one.created_at).total_seconds() for one in done if one.ended_at)
        seconds = time.monotonic() - at
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        told = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
        fresh = Segment.objects.count() - pieces
        return _line(count, seconds, told, outcomes, took, (_database_bytes() - size) / max(1, fresh))


def _database_bytes() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _line(
    count: int, seconds: float, told: list[Any], outcomes: Counter[str], took: list[float], piece_bytes: float
) -> dict[str, Any]:
    lags = sorted(lag for one in told for lag in one["lags"])
    calls = sum((Counter(one["calls"]) for one in told), Counter[str]())
    visits, restarts = len(lags), outcomes["done"]
    looks = calls["archives_list"]
    return {
        "workers": count,
        "restarts_per_minute": round(60 * restarts / seconds, 1),
        "not_done": {name: number for name, number in outcomes.items() if name != "done"},
        "restart_s_p50": round(_at(took, 0.5), 2),
        "visits_per_s": round(visits / seconds, 1),
        "due_lag_p50_s": round(_at(lags, 0.5), 3),
        "due_lag_p99_s": round(_at(lags, 0.99), 3),
        "calls_per_s": round(sum(calls.values()) / seconds, 1),
        "call_ms": round(1000 * sum(one["call_s"] for one in told) / max(1, sum(calls.values())), 1),
        "looks_per_visit": round(looks / max(1, visits), 2),
        "acts_per_restart": round((sum(calls.values()) - looks) / max(1, restarts), 1),
        "queries_per_visit": round(sum(one["queries"] for one in told) / max(1, visits), 1),
        "worker_cpu_ms_per_visit": round(1000 * sum(one["cpu_s"] for one in told) / max(1, visits), 1),
        "mb_per_1000_pieces": round(piece_bytes * 1000 / 1e6, 1),
        "calls": dict(calls.most_common()),
    }


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


# --- what must hold ---------------------------------------------------------------------------------------
def broken(spans: dict[str, list[int]]) -> list[str]:
    """`spans` by archive: from when to when (0: still) localtok recorded it, in unix ms."""
    from archives.models import ArchiveRun, Segment
    from tests.support.recording import invariants

    wrong = []
    for check in (
        invariants.one_restart_and_one_live_run,
        invariants.story_tells_the_states,
        lambda: invariants.every_archive_has_one_segment(spans),
    ):
        try:
            check()
        except AssertionError as error:
            wrong.append(str(error)[:300])
    now = datetime.now(UTC)
    by_run: dict[Any, list[str]] = {}
    for run, archive in Segment.objects.exclude(archive_id="").values_list("run", "archive_id"):
        by_run.setdefault(run, []).append(archive)
    for run in ArchiveRun.objects.all():
        recorded = [_span(*spans[archive], now) for archive in by_run.get(run.pk, []) if archive in spans]
        holes = invariants.uncovered(recorded, min(span[0] for span in recorded), now)
        wrong += [f"{run}: not recorded from {hole[0]} to {hole[1]}" for hole in holes]
    return wrong


def _span(begin_ms: int, end_ms: int, now: datetime) -> tuple[datetime, datetime]:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    end = epoch + timedelta(milliseconds=end_ms) if end_ms else now
    return epoch + timedelta(milliseconds=begin_ms), end


def table(lines: list[dict[str, Any]]) -> Iterable[str]:
    names = [name for name in lines[0] if name != "calls"]
    yield f"| {' | '.join(['', *(str(line['workers']) for line in lines)])} |"
    yield f"|{'---|' * (len(lines) + 1)}"
    for name in names:
        yield f"| {name} | {' | '.join(str(line[name]) for line in lines)} |"


def configure(options: argparse.Namespace, database_url: str, localtok_url: str, folder: Path) -> None:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="dualarchive.settings",
        DATABASE_URL=database_url,
        API_KEY=KEY,
        API_SECRET=SECRET,
        SECRET_KEY="a key of the benchmark",
        OPENTOK_API_URL=localtok_url,
        ARCHIVES_DIR=str(folder / "files"),
        LOOK_INTERVAL=str(options.look),
        ARCHIVE_LIMIT=str(10 * options.restart_after),
        RESTART_AFTER=str(options.restart_after),
        RESTART_JITTER="0",
        KEEP_FILES="false",
        LOG_LEVEL="WARNING",
        REDIS_URL="",
    )
    import django

    django.setup()


def measure(options: argparse.Namespace, folder: Path) -> int:
    from tests.support.servers.postgres import Postgres

    postgres = None if options.database else Postgres()
    try:
        with child("platform", str(folder), log=folder / "platform.log") as platform:
            assert platform.stdout
            url = platform.stdout.readline().strip()
            configure(options, options.database or postgres.create("load"), url, folder)  # type: ignore[union-attr]
            site = Installation(options, folder, url)
            rooms = folder / "rooms.json"
            rooms.write_text(json.dumps(site.fill()))
            with child("people", url, str(rooms), log=folder / "people.log") as people:
                assert people.stdout
                assert people.stdout.readline().strip() == "ready", "the pages did not come in"
                site.begin()
                print(f"{options.runs} runs record", file=sys.stderr, flush=True)
                for count in options.workers:
                    site.lines.append(site.measure(count))
                    print(json.dumps(site.lines[-1]), file=sys.stderr, flush=True)
                time.sleep(6)  # localtok writes what it recorded every 5 s
                wrong = broken(json.loads((folder / "spans.json").read_text()))
        print("\n".join(table(site.lines)))
        print(f"\nload average {os.getloadavg()}; broken: {wrong[:20] or 'nothing'}")
        return 1 if wrong else 0
    finally:
        if postgres:
            postgres.close()


def main() -> int:
    if sys.argv[1:2] == ["platform"]:
        asyncio.run(serve_platform(Path(sys.argv[2])))
    elif sys.argv[1:2] == ["people"]:
        asyncio.run(be_people(sys.argv[2], json.loads(Path(sys.argv[3]).read_text())))
    elif sys.argv[1:2] == ["worker"]:
        be_worker()
    else:
        parser = argparse.ArgumentParser(
            description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument("--runs", type=int, default=1000)
        parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
        parser.add_argument("--seconds", type=float, default=120)
        parser.add_argument("--restart-after", type=float, default=240, help="age of a piece in seconds")
        parser.add_argument("--look", type=float, default=5, help="LOOK_INTERVAL in seconds")
        parser.add_argument("--database", default="", help="URL of an empty PostgreSQL database")
        options = parser.parse_args()
        # What was started ends with it.
        signal.signal(signal.SIGTERM, lambda *told: sys.exit(1))
        with tempfile.TemporaryDirectory(prefix="load-") as folder:
            return measure(options, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
