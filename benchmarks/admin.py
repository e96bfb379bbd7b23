"""The console and the API with 10,000 recordings beside an empty database: queries and time of each page.

`python -m benchmarks.admin [--runs 10000] [--pieces 10]` makes its own SQLite file and removes it; with
DATABASE_URL set it uses a test database of that server instead.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dualarchive.settings")
# Static files without collectstatic; Django's test environment turns the rest of DEBUG off again.
os.environ.setdefault("DEBUG", "true")
# Rows can be imported once Django is set up.
# ruff: noqa: E402
import django

django.setup()

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.runner import DiscoverRunner
from django.test.utils import CaptureQueriesContext, setup_test_environment, teardown_test_environment

from archives.models import ArchiveRun, Callback, Room, StreamPresence
from archives.models.access import Invitation
from benchmarks.rows import Shape, fill

TIMES = 5
RUNS = "/admin/archives/archiverun/"
PAGES = {
    "overview": "/admin/overview/",
    "list": RUNS,
    "list, page 5": f"{RUNS}?p=5",
    "list, searched": f"{RUNS}?q=Hearing+77",
    "list, failed": f"{RUNS}?status__exact=failed",
    "change": RUNS + "{run}/change/",
    "transitions": "/admin/archives/transition/",
    "API, list": "/api/runs/",
    "API, by name": "/api/runs/?name=Hearing+77",
}


@contextmanager
def scratch_database() -> Iterator[None]:
    setup_test_environment()
    runner = DiscoverRunner(verbosity=0, interactive=False)
    made = runner.setup_databases()
    try:
        yield
    finally:
        runner.teardown_databases(made)
        teardown_test_environment()


def measured(client: Client) -> dict[str, tuple[int, float]]:
    """Queries and milliseconds (the median of TIMES) of each page."""
    run = ArchiveRun.objects.first()
    found = {}
    for name, path in PAGES.items():
        if "{run}" in path and run is None:
            continue
        path = path.format(run=run and run.pk)
        # The log is bounded: one that is full of the rows' making would count nothing more.
        connection.queries_log.clear()
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200, path
        found[name] = (len(asked), statistics.median(taken_ms(client, path) for _ in range(TIMES)))
    return found


def taken_ms(client: Client, path: str) -> float:
    begun = time.perf_counter()
    client.get(path)
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--pieces", type=int, default=10, help="of each recording")
    options = parser.parse_args()
    with scratch_database():
        client = Client()
        client.force_login(User.objects.create_superuser("operator"))
        # A page is compiled when it is first asked for.
        measured(client)
        fill(Shape(rooms=4, runs=1, pieces=options.pieces, live=0))
        few = measured(client)
        for kind in (ArchiveRun, Callback, StreamPresence, Invitation):
            kind._default_manager.all().delete()
        Room.objects.exclude(slug="main").delete()
        User.objects.filter(is_staff=False).delete()
        empty = measured(client)
        fill(Shape(rooms=1000, runs=options.runs, pieces=options.pieces, live=20))
        many = measured(client)
    print(f"{connection.vendor}: {options.runs:,} recordings of {options.pieces} pieces\n")
    print("| page | empty: queries | ms | one recording: queries | ms | many: queries | ms |")
    print("|---|---|---|---|---|---|---|")
    for name in PAGES:
        cells = [f"{q} | {ms:.0f}" for q, ms in (t.get(name, (0, 0.0)) for t in (empty, few, many))]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
