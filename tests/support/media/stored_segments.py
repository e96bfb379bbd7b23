"""Runs with real kept files: pieces of one call whose pictures count."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from archives import clock
from archives.media import jobs
from archives.media.ingest.probe import probe
from archives.models import ArchiveRun, Room, Seam, Segment
from archives.services.jobs import seams
from tests.support.media.segment_files import FRAME_MS, Recipe, make

START = 1_700_000_000_000


def keep_in(folder: Path, settings: Any) -> Path:
    """Have recordings kept in this folder."""
    settings.KEEP_FILES = True
    settings.ARCHIVES_DIR = str(folder)
    local = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "archives": local}
    return folder


class Bucket(Storage):
    """A storage without local paths, as S3 is."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def _open(self, name: str, mode: str = "rb") -> ContentFile:
        if name not in self.files:
            raise FileNotFoundError(name)
        return ContentFile(self.files[name])

    def _save(self, name: str, content: File) -> str:
        self.files[name] = b"".join(content.chunks())
        return name

    def exists(self, name: str) -> bool:
        return name in self.files

    def delete(self, name: str) -> None:
        self.files.pop(name, None)


def kept_bytes(run: ArchiveRun, created_at_ms: int) -> Segment:
    """A kept piece of a second, for what does not look into its file."""
    content = b"piece"
    return Segment.objects.create(
        run=run,
        ordinal=0,
        session="primary",
        session_id="1_one",
        archive_id="a",
        status="available",
        size=len(content),
        file=storages["archives"].save("main/piece.mp4", ContentFile(content)),
        stored_at=clock.now(),
        created_at_ms=created_at_ms,
        duration_ms=1000,
    )


def new_run(name: str = "Hearing", status: str = "processing") -> ArchiveRun:
    room = Room.objects.get(slug="main")
    times = {"ended_at": clock.now(), "due_at": clock.after(3600)}
    return ArchiveRun.objects.create(room=room, name=name, status=status, strategy="dual_session", **times)


@lru_cache
def media(first: int, end: int) -> bytes:
    with TemporaryDirectory() as folder:
        return make(Path(folder) / "piece.mp4", Recipe(first, end)).read_bytes()


def piece(
    run: ArchiveRun, folder: Path, first: int, end: int, *, wrong_ms: int = 0, content: bytes | None = None
) -> Segment:
    """Pictures `first` to `end` of one call as a kept piece; the platform's clock is wrong by `wrong_ms`."""
    number = run.segments.count()
    path = folder / f"{number}.mp4"
    path.write_bytes(media(first, end) if content is None else content)
    held = probe(path)
    return Segment.objects.create(
        run=run,
        ordinal=number,
        session="secondary" if number % 2 else "primary",
        session_id="s",
        archive_id=f"archive-{run.pk}-{number}",
        status="available",
        created_at_ms=START + round(first * FRAME_MS) + wrong_ms,
        duration_ms=round((end - first) * FRAME_MS),
        file=path.name,
        stored_at=clock.now(),
        media_begin_ms=held.begin_ms,
        media_end_ms=held.end_ms,
        media_note=held.note,
    )


def measured(run: ArchiveRun) -> list[Seam]:
    """All seams of the run, planned and measured."""
    seams.plan(run_id=run.pk)
    for seam in Seam.objects.exclude(due_at=None).select_related("earlier", "later"):
        jobs.run(seams.KIND, seam)
    return list(run.seams.order_by("earlier__ordinal"))
