"""Exports, previews and the seam report over HTTP, for those who may see the run."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rest_framework.test import APIClient

from archives import clock
from archives.api.runs.timeline import run_offsets
from archives.media import jobs, tasks
from archives.media.previews import job as previewing
from archives.media.previews import thumbnails
from archives.media.seams import SURE
from archives.models import ArchiveRun, Export, Preview
from archives.services.jobs import exports, leases, previews, seams
from archives.timeline import verdicts
from tests.support.media.stored_segments import START, keep_in, measured, new_run, piece

pytestmark = [pytest.mark.django_db, pytest.mark.media]


@pytest.fixture
def run(settings: Any, tmp_path: Path) -> ArchiveRun:
    folder = keep_in(tmp_path, settings)
    run = new_run("A day / in court", status="complete")
    piece(run, folder, 0, 150)
    piece(run, folder, 100, 230, wrong_ms=600)
    # It ended 0.8 s before the run was stopped.
    ended, stopped = (clock.from_ms(START + after_ms) for after_ms in (9200, 10_000))
    run.segments.filter(ordinal=1).update(ended_at=ended, reason="failure")
    ArchiveRun.objects.filter(pk=run.pk).update(stop_requested_at=stopped)
    run.refresh_from_db()
    measured(run)
    return run


def exported(host: APIClient, run: ArchiveRun) -> dict[str, Any]:
    asked = host.post(f"/api/runs/{run.pk}/exports/", {})
    assert asked.status_code == 202, asked.json()
    jobs.run(exports.KIND, Export.objects.select_related("run__room").get(pk=asked.json()["id"]))
    return host.get(f"/api/exports/{asked.json()['id']}/").json()


def test_an_export_is_asked_for_once_and_seen_through(host: APIClient, run: ArchiveRun) -> None:
    export = exported(host, run)
    assert (export["status"], export["progress"], export["gaps"]) == ("done", 1.0, "black")
    again = host.post(f"/api/runs/{run.pk}/exports/", {"gaps": "black"})
    assert (again.status_code, again.json()["id"]) == (200, export["id"])
    assert [one["id"] for one in host.get(f"/api/runs/{run.pk}/exports/").json()] == [export["id"]]


def test_the_file_is_served_with_range_under_the_runs_name(host: APIClient, run: ArchiveRun) -> None:
    export = exported(host, run)
    whole = host.get(export["url"])
    assert whole.status_code == 200
    assert whole["Content-Length"] == str(export["size"])
    assert whole["Content-Disposition"] == 'attachment; filename="A day _ in court.mp4"'
    part = host.get(export["url"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"ftyp")


def test_it_is_cancelled(host: APIClient, run: ArchiveRun) -> None:
    export = host.post(f"/api/runs/{run.pk}/exports/").json()
    cancelled = host.post(f"/api/exports/{export['id']}/cancel/")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    refused = host.get(f"/media/exports/{export['id']}/")
    assert (refused.status_code, refused.json()["code"]) == (404, "no_file")


def test_what_cannot_be_exported_says_why(host: APIClient, run: ArchiveRun) -> None:
    answer = host.post(f"/api/runs/{run.pk}/exports/", {"gaps": "white"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    ArchiveRun.objects.update(status="processing")
    answer = host.post(f"/api/runs/{run.pk}/exports/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_complete")


def test_only_those_of_the_room_may(
    host: APIClient, nobody: APIClient, guest: APIClient, run: ArchiveRun
) -> None:
    export = exported(host, run)
    assert guest.post(f"/api/runs/{run.pk}/exports/").status_code == 401
    assert nobody.post(f"/api/runs/{run.pk}/exports/").status_code == 403
    for path in (
        f"/api/runs/{run.pk}/exports/",
        f"/api/runs/{run.pk}/seams/",
        f"/api/exports/{export['id']}/",
        f"/media/exports/{export['id']}/",
        f"/media/runs/{run.pk}/levels.json",
    ):
        assert guest.get(path).status_code == 401, path
        assert nobody.get(path).status_code == 403, path


def test_the_seam_report_tells_what_was_measured_and_what_is_missing(
    host: APIClient, run: ArchiveRun
) -> None:
    report = host.get(f"/api/runs/{run.pk}/seams/").json()
    assert [report[kind] for kind in ("measured", "estimated", "waiting", "gaps")] == [1, 0, 0, 1]
    overlap, gap = report["seams"]
    assert (overlap["earlier"]["ordinal"], overlap["later"]["ordinal"]) == (0, 1)
    assert overlap["offset_ms"] == pytest.approx(4000, abs=2)
    assert (overlap["method"], overlap["status"], overlap["sure"]) == ("audio", "measured", True)
    assert abs(overlap["residual_av_ms"]) < 40
    assert (gap["later"], gap["kind"], gap["sure"]) == (None, "gap", False)
    assert (gap["causes"], gap["cause"]) == (["recorder_failed"], "The video platform's recorder failed.")
    # Two that are joined lie where both clocks say so together: 0.3 s later than the first one's clock alone.
    assert gap["overlap_ms"] == pytest.approx(-800 + 300, abs=50)
    assert gap["gap_from"] < gap["gap_until"]
    (stated,) = report["account"]["gaps"]
    assert [stated[name] for name in ("gap_from", "gap_until")] == [gap["gap_from"], gap["gap_until"]]
    assert verdicts.SURE == SURE


def test_thumbnails_and_levels_are_made_once_and_served(host: APIClient, run: ArchiveRun) -> None:
    assert run_offsets(run)["thumbnails"] is None
    preview = previews.plan(run=run)
    assert preview
    jobs.run(previews.KIND, Preview.objects.select_related("run__room").get(pk=preview.pk))
    offsets = host.get(f"/api/runs/{run.pk}/offsets/").json()
    cues = host.get(offsets["thumbnails"])
    assert cues["Content-Type"].startswith("text/vtt")
    version = offsets["thumbnails"].partition("?")[2]
    assert f"thumbnails.jpg?{version}#xywh=0,0,160,90".encode() in b"".join(cues.streaming_content)
    picture = host.get(offsets["thumbnails"].replace(".vtt", ".jpg"))
    assert b"".join(picture.streaming_content).startswith(b"\xff\xd8")
    levels = host.get(offsets["levels"])
    assert (levels.status_code, levels["Content-Type"]) == (200, "application/json")
    previews.plan(run=run)
    assert Preview.objects.get().due_at is None, "the same timeline, the same preview"
    run.name = "Renamed"
    previews.plan(run=run)
    assert Preview.objects.get().due_at is not None


def made(run: ArchiveRun) -> Preview:
    previews.plan(run=run)
    jobs.run(previews.KIND, Preview.objects.select_related("run__room").get(run=run))
    return Preview.objects.get(run=run)


def test_another_preview_has_another_address_and_takes_the_place_of_the_old_one_at_once(
    host: APIClient, run: ArchiveRun, tmp_path: Path
) -> None:
    """A browser keeps what it has for an hour, and places of one picture are none of another."""
    made(run)
    old = run_offsets(run)
    tags = [host.get(old[kind])["ETag"] for kind in ("thumbnails", "levels")]
    piece(run, tmp_path, 230, 300)
    measured(run)
    assert Preview.objects.get().due_at is not None
    assert [host.get(old[kind])["ETag"] for kind in ("thumbnails", "levels")] == tags, "not made yet"
    made(run)
    new = run_offsets(run)
    for kind, tag in zip(("thumbnails", "levels"), tags, strict=True):
        assert new[kind] != old[kind]
        assert host.get(new[kind])["ETag"] != tag
    cover = host.get("/api/runs/").json()["results"][0]["picture"]
    assert cover.partition("?")[2] == new["thumbnails"].partition("?")[2]
    assert len([path for path in tmp_path.rglob("preview/**/*") if path.is_file()]) == 4


def test_the_library_loads_one_thumbnail_and_not_all(
    host: APIClient, run: ArchiveRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing.thumbnails, "sprite", partial(thumbnails.sprite, every_ms=1000))

    def picture() -> tuple[int, int]:
        answer = host.get(host.get("/api/runs/").json()["results"][0]["picture"])
        with Image.open(BytesIO(b"".join(answer.streaming_content))) as image:
            return image.size

    assert host.get("/api/runs/").json()["results"][0]["picture"] is None
    folder = made(run).folder
    assert picture() == (160, 90)
    (tmp_path / folder / "cover.jpg").unlink()
    assert picture() == (1600, 90), "made before there were covers: their first stands in the same corner"


def test_a_preview_follows_what_is_kept_and_measured_after_the_run_was_complete(
    run: ArchiveRun, tmp_path: Path
) -> None:
    made(run)
    late = piece(run, tmp_path, 230, 300)
    seams.plan(run_id=run.pk)
    seam = run.seams.exclude(due_at=None).get(later=late)
    previews.renew(run_id=run.pk)
    assert Preview.objects.get().due_at is None, "its seam is still to be measured"
    jobs.run(seams.KIND, seam)
    assert Preview.objects.get().due_at is not None


def test_whoever_makes_a_preview_of_what_has_changed_meanwhile_leaves_nothing(
    run: ArchiveRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed_meanwhile(*given: Any, **options: Any) -> list[float]:
        done = sound_levels(*given, every_ms=500)
        piece(run, tmp_path, 230, 300)
        measured(run)
        return done

    sound_levels = thumbnails.sound_levels
    monkeypatch.setattr(previewing.thumbnails, "sound_levels", changed_meanwhile)
    preview = made(run)
    assert (preview.folder, preview.due_at is not None) == ("", True)
    assert not list(tmp_path.rglob("preview/**/*.jpg"))


def test_a_preview_that_ends_its_process_is_given_up(run: ArchiveRun) -> None:
    """Out of memory, or a fault of a library: nothing is left to say so but the number of tries."""
    preview = previews.plan(run=run)
    assert preview
    Preview.objects.update(interruptions=leases.MAX_INTERRUPTIONS)
    jobs.run(previews.KIND, Preview.objects.select_related("run__room").get())
    preview.refresh_from_db()
    assert (preview.due_at, preview.folder) == (None, "")
    assert preview.job_error.startswith("Given up after 50 attempts whose process was killed")


def test_to_be_ended_on_the_way_is_no_failed_try(run: ArchiveRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording of a week takes minutes, and processes end at each deploy."""

    def ended(*given: Any, **options: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(previewing.thumbnails, "sprite", ended)
    preview = previews.plan(run=run)
    assert preview
    for _ in range(6):
        preview.refresh_from_db()
        assert preview.due_at
        with pytest.raises(SystemExit):
            tasks.run_job.call("preview", str(preview.pk), preview.due_at.isoformat())
    preview.refresh_from_db()
    assert (preview.failures, preview.interruptions, preview.job_error) == (0, 0, "")


def test_a_preview_that_fails_is_tried_again_but_not_for_ever(
    run: ArchiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object, **options: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(previewing.thumbnails, "sprite", crash)
    preview = previews.plan(run=run)
    for left in (True, True, True, False):
        jobs.run(previews.KIND, Preview.objects.select_related("run__room").get())
        assert (Preview.objects.get().due_at is not None) == left
    assert preview
    assert Preview.objects.get().job_error == "Given up after 4 failed attempts. RuntimeError: no memory"
