"""Answers about long runs: the same as without remembering, and new with every change of the run's rows."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from typing import Any

import pytest
from rest_framework.test import APIClient

from archives import clock
from archives.api import remembered
from archives.models import ArchiveRun, Preview, Seam, Segment
from tests.world import World

WHATS = ("offsets", "seams")


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> ArchiveRun:
    """Six pieces that meet, which count as long here."""
    monkeypatch.setattr(remembered, "LONG", 5)
    run = ArchiveRun.objects.create(room=world.room, name="Long", status="complete", ended_at=clock.now())
    pieces = Segment.objects.bulk_create(
        Segment(run=run, ordinal=n, session="primary", archive_id=f"a{n}", status="available",
                created_at_ms=1_700_000_000_000 + 50_000 * n, duration_ms=60_000, file=f"{n}.mp4")
        for n in range(6)
    )  # fmt: skip
    Seam.objects.bulk_create(
        Seam(run=run, earlier=one, later=two, kind="overlap", offset_ms=50_000, measured_at=clock.now())
        for one, two in pairwise(pieces)
    )
    return run


def told(host: APIClient, run: ArchiveRun, what: str) -> Any:
    return host.get(f"/api/runs/{run.pk}/{what}/").json()


@pytest.mark.parametrize("what", WHATS)
def test_it_says_the_same_remembered_or_not(
    host: APIClient, run: ArchiveRun, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [told(host, run, what), told(host, run, what)]
    monkeypatch.setattr(remembered, "LONG", 1000)
    assert answers == [told(host, run, what)] * 2


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
        (Seam, {"cause": "the platform was away"}),
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
