"""What an answer says of a failure: a sentence, and never an exception's text or a path of the server."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from archives import clock, errors
from archives.api.reasons import SENTENCES
from archives.media.ingest.job import NO_MEDIA
from archives.models import ArchiveRun, Export, Seam, Segment
from archives.services import run_states
from tests.api.runs.test_library import made
from tests.support.recording.world import World

SECRET = "FileNotFoundError: [Errno 2] No such file: '/srv/archives/main/0000-primary.mp4'"


@pytest.fixture
def run(world: World) -> ArchiveRun:
    return made()


@pytest.fixture
def pieces(run: ArchiveRun) -> list[Segment]:
    facts = {"run": run, "session": "primary", "session_id": "s", "status": "available", "duration_ms": 1000}
    return [
        Segment.objects.create(
            **facts, ordinal=n, archive_id=f"a{n}", created_at_ms=1_700_000_000_000 + n * 900
        )
        for n in range(2)
    ]


def seam_error(client: APIClient, pieces: list[Segment], **facts: Any) -> str:
    earlier, later = pieces
    Segment.objects.filter(pk=later.pk).update(created_at_ms=later.created_at_ms + facts.pop("apart_ms", 0))
    measured = facts.pop("measured", False)
    seam = Seam.objects.create(run=earlier.run, earlier=earlier, later=later, **facts)
    if measured:
        seam.estimates.create(source="audio", offset_ms=900, low_ms=880, high_ms=920, confidence=0.99)
    answer = client.get(f"/api/runs/{earlier.run_id}/seams/")
    assert "/srv" not in answer.content.decode()
    return str(answer.json()["seams"][0]["error"])


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"job_error": f"Given up after 4 tries. {SECRET}"}, "failed"),
        ({"job_error": SECRET, "due_at": clock.now()}, "trying_again"),
        ({"job_error": f"Given up after 4 failed attempts. {SECRET}"}, "failed"),
        ({"job_error": f"Segment 1 has no file. {SECRET}", "job_error_code": "no_file"}, "no_file"),
        ({"job_error": SECRET, "job_error_code": "unreadable"}, "unreadable"),
        ({"job_error": SECRET, "job_error_code": "of a later version"}, "failed"),
        ({"job_error": "Segment 1 has no file."}, "failed"),
        ({"job_error": ""}, "not_sure"),
        ({"job_error": "", "due_at": clock.now()}, ""),
        ({"job_error": "", "apart_ms": 60_000}, ""),
        ({"job_error": "", "measured": True}, ""),
    ],
)
def test_of_a_seam(host: APIClient, pieces: list[Segment], facts: dict[str, Any], code: str) -> None:
    assert seam_error(host, pieces, **facts) == SENTENCES.get(code, "")


def test_a_seam_says_what_each_source_has_found(host: APIClient, pieces: list[Segment]) -> None:
    earlier, later = pieces
    seam = Seam.objects.create(run=earlier.run, earlier=earlier, later=later)
    seam.estimates.create(source="audio", offset_ms=900, low_ms=880, high_ms=920, confidence=0.99)
    seam.estimates.create(source="video", offset_ms=250, low_ms=210, high_ms=290, confidence=0.6)
    [said] = host.get(f"/api/runs/{earlier.run_id}/seams/").json()["seams"]
    facts = ("source", "offset_ms", "low_ms", "high_ms", "confidence", "sure")
    assert sorted(tuple(each[name] for name in facts) for each in said["estimates"]) == [
        ("audio", 900, 880, 920, 0.99, True),
        ("video", 250, 210, 290, 0.6, False),
    ]
    assert (said["method"], said["offset_ms"]) == ("audio", 900)
    assert [each["source"] for each in said["contradicted_by"]] == ["video"]


@pytest.mark.parametrize(
    ("status", "error", "code", "said"),
    [
        ("failed", f"Given up after 3 tries. {SECRET}", "", SENTENCES["failed"]),
        ("queued", SECRET, "", SENTENCES["trying_again"]),
        ("failed", errors.FilesNotKept.message, "files_not_kept", SENTENCES["files_not_kept"]),
        ("failed", SECRET, "changed", SENTENCES["changed"]),
        ("removed", "Its file was removed from the storage.", "", "Its file was removed from the storage."),
        ("queued", "", "", ""),
    ],
)
def test_of_an_export(
    host: APIClient, run: ArchiveRun, status: str, error: str, code: str, said: str
) -> None:
    Export.objects.create(run=run, digest="d", status=status, job_error=error, job_error_code=code)
    [export] = host.get(f"/api/runs/{run.pk}/exports/").json()
    assert export["error"] == said


@pytest.mark.parametrize(
    ("error", "stored", "code"),
    [
        (NO_MEDIA, "empty", "empty"),
        ("The platform has no file any more: the archive is expired.", "file_gone", "file_gone"),
        (SECRET, "", "not_fetched"),
        ("", "", ""),
    ],
)
def test_of_a_file(host: APIClient, pieces: list[Segment], error: str, stored: str, code: str) -> None:
    Segment.objects.filter(pk=pieces[0].pk).update(job_error=error, job_error_code=stored, due_at=None)
    answer = host.get(f"/api/runs/{pieces[0].run_id}/")
    assert answer.json()["segments"][0]["keep_error"] == SENTENCES.get(code, "")
    if error:
        told = host.get(f"/media/segments/{pieces[0].pk}/").json()
        assert told["message"] == SENTENCES[code]


@pytest.mark.parametrize(
    ("error", "code", "viewer"),
    [
        (errors.PlatformRefused.message, "platform_refused", SENTENCES["platform_refused"]),
        (SECRET, "", SENTENCES["platform_refused"]),
        (SECRET, "platform_unavailable", errors.PlatformUnavailable.message),
        (errors.NoClients.message, "no_clients", errors.NoClients.message),
        (run_states.NOTHING_RECORDED, "nothing_recorded", run_states.NOTHING_RECORDED),
        ("", "", ""),
    ],
)
def test_of_a_run_by_a_link(
    host: APIClient, guest: APIClient, world: World, error: str, code: str, viewer: str
) -> None:
    run = made("Hearing", status="failed", started_at=clock.now(), error=error, error_code=code)
    share = host.post(f"/api/runs/{run.pk}/shares/").json()
    guest.get(share["url"], follow=True)
    answer = guest.get(f"/api/runs/{run.pk}/")
    assert answer.status_code == 200, answer.content
    assert answer.json()["error"] == viewer
    assert host.get(f"/api/runs/{run.pk}/").json()["error"] == error


def test_the_sentences_hold_no_words_of_machines() -> None:
    assert not [text for text in SENTENCES.values() if "Error" in text or "/" in text]
