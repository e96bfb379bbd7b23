"""One due job of each kind, with real media, and how it looks once it is done."""

from __future__ import annotations

import hashlib
import json
import random
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

from archives import clock
from archives.models import ArchiveRun, ContentCheck, Export, Job, Preview, Seam, Segment
from archives.services.jobs import content, exports, leases, previews, seams
from archives.services.jobs.table import KINDS
from archives.timeline.verdicts import SURE
from tests.support.media.stored_segments import measured, new_run, piece

FILE = random.Random(7).randbytes(3_000_000)


class Platform(ThreadingHTTPServer):
    """Knows every archive: an available one with the bytes of FILE."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is killed hangs up in the middle."""


class _Handler(BaseHTTPRequestHandler):
    server: Platform

    def do_GET(self) -> None:
        if self.path == "/file":
            begin = int(self.headers.get("Range", "bytes=0-")[6:].rstrip("-"))
            bounds = f"bytes {begin}-{len(FILE) - 1}/{len(FILE)}"
            self._answer(206 if begin else 200, FILE[begin:], bounds)
            return
        archive = {"id": "archive", "status": "available", "createdAt": 1_700_000_000_000}
        archive |= {"size": len(FILE), "sha256sum": hashlib.sha256(FILE).hexdigest()}
        self._answer(200, json.dumps(archive | {"url": f"{self.server.url}/file"}).encode())

    def _answer(self, status: int, body: bytes, content_range: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def due_job(kind: str) -> str:
    """The key of a new job of this kind, the only one that is due."""
    job = MAKE[kind](new_run(f"Hearing {kind}", status="complete"))
    for each in KINDS.values():
        leases.call_off(each, each.rows().exclude(pk=job.pk) if each.name == kind else each.rows())
    return str(job.pk)


def _stored(run: ArchiveRun) -> ArchiveRun:
    folder = Path(settings.ARCHIVES_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    piece(run, folder, 0, 120)
    piece(run, folder, 80, 200)
    return run


def _ingest(run: ArchiveRun) -> Segment:
    archive = {"session": "primary", "session_id": "s", "archive_id": f"archive-{run.pk}"}
    times = {"duration_ms": 1000, "created_at_ms": 1, "ended_at": clock.now()}
    return Segment.objects.create(run=run, ordinal=0, status="available", **archive, **times)


def _seam(run: ArchiveRun) -> Seam:
    seams.plan(run_id=_stored(run).pk)
    return run.seams.get()


def _export(run: ArchiveRun) -> Export:
    measured(_stored(run))
    return exports.request(run=run).export


def _preview(run: ArchiveRun) -> Preview:
    measured(_stored(run))
    previews.plan(run=run)
    return run.preview


def _content(run: ArchiveRun) -> ContentCheck:
    segment = _stored(run).segments.first()
    assert segment is not None
    content.plan(segment=segment)
    return segment.content_check


MAKE: dict[str, Callable[[ArchiveRun], Job]] = {
    "ingest": _ingest,
    "seam": _seam,
    "export": _export,
    "preview": _preview,
    "content": _content,
}


def problem(kind: str, pk: str) -> str:
    """What is wrong with a job that should be done, in a few words; empty if nothing is."""
    job = KINDS[kind].rows().model._default_manager.get(pk=pk)
    if job.due_at is not None or job.given_up:
        return f"due at {job.due_at}, error: {job.job_error}"
    if (job.failures, job.interruptions) != (0, 0):
        return f"{job.failures} failures, {job.interruptions} interruptions"
    return "" if IS_DONE[kind](job) else f"without its result: {vars(job)}"


def _is_stored(segment: Job) -> bool:
    assert isinstance(segment, Segment)
    with storages["archives"].open(segment.file) as file:
        return segment.stored_at is not None and file.read() == FILE


def _is_whole(export: Job) -> bool:
    assert isinstance(export, Export)
    return export.status == "done" and storages["archives"].size(export.file) == export.size > 0


IS_DONE: dict[str, Callable[..., bool]] = {
    "ingest": _is_stored,
    "seam": lambda seam: seam.estimates.filter(confidence__gte=SURE).exists(),
    "export": _is_whole,
    "preview": lambda preview: all(
        storages["archives"].exists(f"{preview.folder}/{file}") for file in previews.FILES
    ),
    "content": lambda check: check.version > 0 and check.checked_at is not None,
}
