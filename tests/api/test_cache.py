"""Answers about long runs: the same as without remembering, and new with every change of the run's rows."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from archives import clock
from archives.api import cache
from archives.models import Absence, ArchiveRun, ContentCheck, Estimate, Pause, Preview, Seam, Segment
from archives.models.captions import Captions
from archives.services import stamps
from archives.timeline import VERSION, account_for
from tests.support.recording.world import World

WHATS = ("offsets", "seams")
PAUSE = ("since_low", "since_high", "until_low", "until_high")


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> ArchiveRun:
    """Six pieces that meet, which count as long here; somebody is missing from one."""
    monkeypatch.setattr(cache, "LONG", 5)
    run = of_pieces(world, 6)
    since, until = (clock.from_ms(1_700_000_000_000 + ms) for ms in (60_000, 70_000))
    Absence.objects.create(
        run=run, participant="ann", name="Ann", absent_from=since, absent_until=until, source="page"
    )
    ContentCheck.objects.create(run=run, segment=run.segments.first())
    return run


def of_pieces(world: World, count: int) -> ArchiveRun:
    """They meet, each with the next."""
    run = ArchiveRun.objects.create(room=world.room, name="Long", status="complete", ended_at=clock.now())
    pieces = Segment.objects.bulk_create(
        Segment(run=run, ordinal=n, session="primary", archive_id=f"{count}-{n}", status="available",
                created_at_ms=1_700_000_000_000 + 50_000 * n, duration_ms=60_000, file=f"{n}.mp4")
        for n in range(count)
    )  # fmt: skip
    seams = Seam.objects.bulk_create(
        Seam(run=run, earlier=one, later=two, settled_at=clock.now()) for one, two in pairwise(pieces)
    )
    Estimate.objects.bulk_create(
        Estimate(seam=seam, source="audio", offset_ms=50_000, low_ms=49_980, high_ms=50_020, confidence=0.99)
        for seam in seams
    )
    Pause.objects.create(segment=pieces[0], **{name: pieces[0].started_at for name in PAUSE})
    return run


def stamp(run: ArchiveRun) -> str:
    return stamps.stamp(stamps.with_stamp(ArchiveRun.objects.all()).get(pk=run.pk))


def account_stamp(run: ArchiveRun) -> str:
    return stamps.account_stamp(stamps.with_account_stamp(ArchiveRun.objects.all()).get(pk=run.pk))


def told(host: APIClient, run: ArchiveRun, what: str) -> Any:
    return host.get(f"/api/runs/{run.pk}/{what}/").json()


@pytest.mark.parametrize("what", WHATS)
def test_it_says_the_same_remembered_or_not(
    host: APIClient, run: ArchiveRun, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [told(host, run, what), told(host, run, what)]
    monkeypatch.setattr(cache, "LONG", 1000)
    assert answers == [told(host, run, what)] * 2


def test_it_does_not_read_the_rows_again(
    host: APIClient, run: ArchiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told(host, run, "offsets")
    monkeypatch.setattr("archives.api.runs.timeline.account_for", lambda run: pytest.fail("made again"))
    assert told(host, run, "offsets") == first


def test_what_other_rules_have_made_is_not_repeated(
    host: APIClient, run: ArchiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade, of a run whose rows are the same."""
    first = told(host, run, "offsets")
    made = []
    monkeypatch.setattr("archives.api.cache.VERSION", VERSION + 1)
    monkeypatch.setattr(
        "archives.api.runs.timeline.account_for", lambda run: made.append(run) or account_for(run)
    )
    assert told(host, run, "offsets") == first
    assert made == [run]


@pytest.mark.parametrize(
    "address",
    [
        "/api/runs/{run.pk}/offsets/",
        "/api/runs/{run.pk}/seams/",
        "/api/rooms/main/state/",
        "/player/?run={run.pk}",
    ],
)
def test_many_pieces_take_no_query_more(admin_client: Client, world: World, address: str) -> None:
    few = address.format(run=of_pieces(world, 10))
    first, second = queries(admin_client, few), queries(admin_client, few)
    ArchiveRun.objects.all().delete()
    many = address.format(run=of_pieces(world, cache.LONG + 50))
    assert queries(admin_client, many) == first, "it stores the account"
    assert queries(admin_client, many) <= second <= first, "asked again"


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
        return len(asked)


@pytest.mark.parametrize(
    ("rows", "change"),
    [
        (Segment, {"created_at_ms": 1_700_000_000_001}),
        (Segment, {"created_at_ms": None}),
        (Segment, {"duration_ms": 61_000}),
        (Segment, {"ended_at": "2026-03-01T09:00:00Z"}),
        (Segment, {"status": "failed"}),
        (Segment, {"file": ""}),
        (Segment, {"reason": "the session ended"}),
        (Segment, {"error": "refused"}),
        (Segment, {"media_begin_ms": 40}),
        (Segment, {"media_begin_ms": 0}),
        (Segment, {"media_note": "no moov box"}),
        (Segment, {"status": "deleted", "file": ""}),
        (Segment, {"media_end_ms": 55_000}),
        (Segment, {"job_error": "lost"}),
        (Segment, {"stop_requested_at": "2026-03-01T09:00:00Z"}),
        (Segment, {"confirmed_at": "2026-03-01T09:00:00Z"}),
        (Segment, {"ended_after": "2026-03-01T09:00:00Z"}),
        (Seam, {"due_at": "2026-03-01T09:00:00Z"}),
        (Seam, {"job_error": "no picture"}),
        (Seam, {"settled_at": None}),
        (Estimate, {"offset_ms": 49_000}),
        (Estimate, {"low_ms": 49_000}),
        (Estimate, {"high_ms": 51_000}),
        (Estimate, {"confidence": 0.5}),
        (Estimate, {"residual_av_ms": 0.0}),
        (Estimate, {"source": "times"}),
        (Estimate, {"former": True}),
        (Estimate, {"measured_at": "2036-03-01T09:00:00Z"}),
        (Pause, {"changed_at": "2036-03-01T09:00:00Z"}),
        (Absence, {"changed_at": "2036-03-01T09:00:00Z"}),
        (ContentCheck, {"checked_at": "2036-03-01T09:00:00Z"}),
        (ArchiveRun, {"started_at": "2026-03-01T09:00:00Z"}),
    ],
)
def test_each_change_makes_a_new_answer(run: ArchiveRun, rows: Any, change: dict[str, Any]) -> None:
    before = stamp(run), account_stamp(run)
    rows.objects.filter(pk=of_run(rows, run).order_by("pk").last().pk).update(**change)
    assert stamp(run) != before[0]
    # The account depends neither on when its start was asked for nor on remarks.
    assert account_stamp(run) != before[1] or "started_at" in change or rows is ContentCheck


def of_run(rows: Any, run: ArchiveRun) -> Any:
    """Those of the run's rows of this kind."""
    by = {ArchiveRun: "pk", Estimate: "seam__run", Pause: "segment__run"}.get(rows, "run")
    return rows.objects.filter(**{by: run.pk})


@pytest.mark.parametrize("rows", [Segment, Seam, Estimate, Pause, Absence])
def test_each_row_that_goes_makes_a_new_answer(run: ArchiveRun, rows: Any) -> None:
    before = stamp(run), account_stamp(run)
    of_run(rows, run).order_by("pk").first().delete()
    assert stamp(run) != before[0]
    assert account_stamp(run) != before[1]


def test_what_is_added_to_the_run_makes_a_new_answer(run: ArchiveRun) -> None:
    before = [stamp(run)]
    preview = Preview.objects.create(run=run)
    for change in ({"folder": "previews"}, {"made_at": clock.now()}):
        Preview.objects.filter(pk=preview.pk).update(**change)
        before.append(stamp(run))
    Captions.objects.create(run=run, text="WEBVTT", digest="ab", cues=1)
    assert len({*before, stamp(run)}) == 4


def test_it_is_sent_packed_to_who_can_unpack_it(host: APIClient, run: ArchiveRun) -> None:
    packed = host.get(f"/api/runs/{run.pk}/offsets/", HTTP_ACCEPT_ENCODING="gzip, br")
    assert packed["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content)) == told(host, run, "offsets")


def test_who_may_not_watch_gets_nothing_of_it(guest: APIClient, host: APIClient, run: ArchiveRun) -> None:
    told(host, run, "offsets")
    assert guest.get(f"/api/runs/{run.pk}/offsets/").status_code == 401
