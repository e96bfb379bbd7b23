"""Answers about runs: the same as without remembering, and new with every change of the run's rows."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from archives import clock
from archives.api import remembered
from archives.models import ArchiveRun, Preview, Seam, Segment
from tests.world import World

WHATS = ("offsets", "seams")


@pytest.fixture
def run(world: World) -> ArchiveRun:
    return of_pieces(world, 6)


def of_pieces(world: World, count: int) -> ArchiveRun:
    """They meet, each with the next."""
    name = f"{count} pieces"
    run = ArchiveRun.objects.create(room=world.room, name=name, status="complete", ended_at=clock.now())
    pieces = Segment.objects.bulk_create(
        Segment(run=run, ordinal=n, session="primary", archive_id=f"{count}-{n}", status="available",
                created_at_ms=1_700_000_000_000 + 50_000 * n, duration_ms=60_000, file=f"{n}.mp4")
        for n in range(count)
    )  # fmt: skip
    Seam.objects.bulk_create(
        Seam(run=run, earlier=one, later=two, kind="overlap", offset_ms=50_000, measured_at=clock.now())
        for one, two in pairwise(pieces)
    )
    return run


def told(host: APIClient, run: ArchiveRun, what: str) -> Any:
    return host.get(f"/api/runs/{run.pk}/{what}/").json()


@pytest.mark.parametrize("what", WHATS)
def test_it_says_the_same_remembered_or_not(host: APIClient, run: ArchiveRun, what: str) -> None:
    answers = [told(host, run, what), told(host, run, what)]
    caches["answers"].clear()
    assert answers == [told(host, run, what)] * 2


@pytest.mark.parametrize("what", WHATS)
def test_queries_are_as_many_for_few_pieces_as_for_many(host: APIClient, world: World, what: str) -> None:
    few, many = of_pieces(world, 10), of_pieces(world, 250)
    cold = [queries(host, run, what) for run in (few, many)]
    warm = [queries(host, run, what) for run in (few, many)]
    assert cold[0] == cold[1]
    assert warm[0] == warm[1] < cold[0]


def queries(host: APIClient, run: ArchiveRun, what: str) -> int:
    with CaptureQueriesContext(connection) as made:
        told(host, run, what)
        return len(made)


def test_it_does_not_read_the_rows_again(
    host: APIClient, run: ArchiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told(host, run, "offsets")
    monkeypatch.setattr("archives.api.offsets.timeline_for", lambda run: pytest.fail("made again"))
    assert told(host, run, "offsets") == first


@pytest.mark.parametrize(
    ("rows", "change"),
    [
        (Segment, {"duration_ms": 61_000}),
        (Segment, {"status": "deleted", "file": ""}),
        (Segment, {"media_end_ms": 55_000}),
        (Segment, {"keep_error": "lost"}),
        (Seam, {"offset_ms": 49_000}),
        (Seam, {"due_at": "2026-03-01T09:00:00Z"}),
        (Seam, {"confidence": 0.5}),
    ],
)
def test_each_change_makes_a_new_answer(run: ArchiveRun, rows: Any, change: dict[str, Any]) -> None:
    before = remembered.stamp(run)
    row = rows.objects.filter(run=run).order_by("pk")[2]
    rows.objects.filter(pk=row.pk).update(**change)
    assert remembered.stamp(run) != before
    Preview.objects.create(run=run, folder="previews")
    with_preview = remembered.stamp(run)
    rows.objects.filter(pk=row.pk).delete()
    assert remembered.stamp(run) != with_preview


def test_it_is_sent_packed_to_who_can_unpack_it(host: APIClient, run: ArchiveRun) -> None:
    packed = host.get(f"/api/runs/{run.pk}/offsets/", HTTP_ACCEPT_ENCODING="gzip, br")
    assert packed["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content)) == told(host, run, "offsets")


def test_who_may_not_watch_gets_nothing_of_it(guest: APIClient, host: APIClient, run: ArchiveRun) -> None:
    told(host, run, "offsets")
    assert guest.get(f"/api/runs/{run.pk}/offsets/").status_code == 401
