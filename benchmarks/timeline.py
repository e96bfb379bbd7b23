"""Runs of 10 and of 10,000 pieces: time and number of queries of the calls that show them.

    python benchmarks/timeline.py [--pieces 10 10000] [--rounds 5]

Each run is asked for over the whole stack (routing, permissions, JSON) on SQLite in a temporary folder. Times
are processor time, which a busy machine changes little. Prints a Markdown table; the last column is the time
against that of the shortest run. What is remembered of a long run is so from the first call on (kB: packed).
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

LENGTH_MS, OVERLAP_MS = 60_000, 3000
START_MS = 1_700_000_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, nargs="+", default=[10, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _set_up(folder)
        _compare(options.pieces, options.rounds)


def _set_up(folder: str) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "dualarchive.settings",
        "DATABASE_URL": f"sqlite:///{folder}/benchmark.sqlite3",
        "ARCHIVES_DIR": folder,
        "API_KEY": "100",
        "API_SECRET": "an api secret of the benchmark, long enough",
        "SECRET_KEY": "a secret key of the benchmark: fifty characters at least",
        "ALLOWED_HOSTS": "testserver",
        "DEBUG": "true",
        "LOG_LEVEL": "ERROR",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _compare(sizes: list[int], rounds: int) -> None:
    from django.contrib.auth.models import User
    from rest_framework.test import APIClient

    client = APIClient()
    client.force_login(User.objects.create_superuser("operator"))
    runs = {size: _run(size) for size in sizes}
    print("| call | pieces | queries | ms | ms per 1,000 pieces | kB | times the shortest |")
    print("|---|---|---|---|---|---|---|")
    for what, address in CALLS.items():
        first = 0.0
        for size, run in runs.items():
            took, queries, length = _cost(client, address(run), rounds)
            first = first or took
            print(
                f"| {what} | {size:,} | {queries} | {took:.1f} | {took / size * 1000:.1f} "
                f"| {length / 1000:.0f} | {took / first:.1f} |"
            )


CALLS: dict[str, Callable[[Any], str]] = {
    "timeline": lambda run: f"/api/runs/{run.pk}/offsets/",
    "seam report": lambda run: f"/api/runs/{run.pk}/seams/",
    "state of the room": lambda run: f"/api/rooms/{run.room.slug}/state/",
    "player page": lambda run: f"/player/?run={run.pk}",
}


def _run(size: int) -> Any:
    """Pieces of a minute that overlap by three seconds, each seam measured; a hole after every hundredth."""
    from archives import clock
    from archives.models import ArchiveRun, Estimate, Room, Seam, Segment

    room = Room.objects.create(slug=f"room-{size}", name=f"{size} pieces", session_id_primary=f"s-{size}")
    run = ArchiveRun.objects.create(
        room=room, name=f"{size} pieces", status="complete", strategy="dual_session", ended_at=clock.now()
    )
    step = LENGTH_MS - OVERLAP_MS
    pieces = [
        Segment(
            run=run,
            ordinal=number,
            session="secondary" if number % 2 else "primary",
            archive_id=f"archive-{size}-{number}",
            status="available",
            created_at_ms=START_MS + number * step + (number // 100) * 10_000,
            duration_ms=LENGTH_MS,
            file=f"{number}.mp4",
        )
        for number in range(size)
    ]
    Segment.objects.bulk_create(pieces)
    seams = [
        Seam(run=run, earlier=one, later=two, settled_at=clock.now())
        for one, two in pairwise(pieces)
        if two.ordinal % 100
    ]
    found = {"source": "audio", "offset_ms": step, "low_ms": step - 20, "high_ms": step + 20}
    Estimate.objects.bulk_create(
        Estimate(seam=seam, confidence=1.0, **found) for seam in Seam.objects.bulk_create(seams)
    )
    return run


def _cost(client: Any, address: str, rounds: int) -> tuple[float, int, int]:
    """Best time in milliseconds, queries, and the answer's length in bytes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address, HTTP_ACCEPT_ENCODING="gzip")
    # Counted now: the next request empties the list.
    count = len(queries)
    assert answer.status_code == 200, (address, answer.status_code)
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        client.get(address, HTTP_ACCEPT_ENCODING="gzip")
        times.append(time.process_time() - begin)
    return min(times) * 1000, count, len(answer.content)


if __name__ == "__main__":
    main()
