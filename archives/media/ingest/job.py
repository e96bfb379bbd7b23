"""Brings one segment's file from the platform into the storage `archives`, whatever happens on the way."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

from django.core.files.storage import storages

from archives import clock, errors
from archives.media.files.copies import store, storing_s, work_folder
from archives.media.ingest.fetch import (
    Expected,
    Fetched,
    FetchFailed,
    LinkExpired,
    fetch,
)
from archives.media.ingest.probe import Media, probe
from archives.media.ingest.uploaded import NOT_EXAMINED, examine
from archives.media.jobs import Worker
from archives.models import Segment
from archives.platform import gateway
from archives.services import alarms
from archives.services.jobs import ingest, leases, previews
from archives.services.jobs.kinds import Kind

log = logging.getLogger(__name__)

# The platform's cloud copy is gone 72 hours after the recording became available.
PLATFORM_KEEPS = timedelta(hours=72)
ALARM_AFTER = 3
NOT_KEPT, LOST, UNREADABLE = "file_not_kept", "file_lost", "file_unreadable"
GONE = (Segment.Status.EXPIRED, Segment.Status.DELETED, Segment.Status.FAILED)
NO_MEDIA = "The archive has no media: its file is 0 bytes long."
# Causes (timeline/causes.py) of what has no file.
EMPTY, FILE_GONE = "empty", "file_gone"


class IngestWorker(Worker[Segment]):
    def work(self) -> None:
        self._before = _part_size(self.job)
        try:
            self._bring()
        except leases.Outcome:
            raise
        except (LinkExpired, errors.NotFound) as error:
            self._not_there(error)
        except (FetchFailed, errors.ArchiveError, OSError) as error:
            raise leases.Failed(_without_path(error)) from error
        except Exception as error:
            # A bucket refuses in its library's own words, which may hold its address.
            log.exception("segment %s: its file could not be stored", self.job.pk)
            raise leases.Failed(f"{type(error).__name__} while it was stored.") from error

    def give_up(self, kind: Kind, why: str, code: str = "") -> None:
        if ingest.give_up(self.job, why, code) and code != EMPTY:
            _alarm(self.job, LOST, f"Segment {self.job.number} is lost. {why}")

    def after_failure(self, why: str) -> None:
        failures = self.job.failures
        if failures >= ALARM_AFTER:
            times = f"Segment {self.job.number} could not be fetched {failures} times"
            _alarm(self.job, NOT_KEPT, f"{times}; trying again. {why}")

    def _bring(self) -> None:
        segment = self.job
        archive = gateway.platform().archive_get(segment.archive_id)
        status, size = archive["status"], archive.get("size") or 0
        expected = Expected(size, archive.get("sha256sum") or "")
        if status in GONE:
            why = f"The platform has no file any more: the archive is {status}."
            raise leases.CannotBeDone(why, FILE_GONE)
        elif status == Segment.Status.UPLOADED:
            self._take_uploaded(expected)
        elif status != Segment.Status.AVAILABLE:
            raise LinkExpired(f"The platform has no file yet: the archive is {status}.")
        elif not size:
            raise leases.CannotBeDone(NO_MEDIA, EMPTY)
        elif not archive.get("url"):
            raise LinkExpired("The platform gives no link to the file yet.")
        else:
            self._store(fetch(archive["url"], part_path(segment), expected, self._on_chunk))

    def _on_chunk(self, size: int) -> None:
        if size > self._before:
            self.lease.advanced()
        self.lease()

    def _not_there(self, error: Exception) -> None:
        if isinstance(error, LinkExpired) and _part_size(self.job) > self._before:
            raise leases.Unfinished from error
        ended = self.job.ended_at or self.job.intent_at
        if clock.now() - ended > PLATFORM_KEEPS:
            why = f"The platform has no file any more, 72 hours after its end. {error}"
            raise leases.CannotBeDone(why, FILE_GONE) from error
        raise leases.Failed(str(error)) from error

    def _take_uploaded(self, expected: Expected) -> None:
        """The file stays where the platform put it; what is known of it is the same as of a fetched one."""
        found = examine(self.job.archive_id, expected, self.lease)
        if found and found.size:
            self._done(found.name, found.size, found.sha256, found.media)
        elif found or not expected.size:
            raise leases.CannotBeDone(NO_MEDIA, EMPTY)
        else:
            self._done("", expected.size or 0, "", Media(None, None, NOT_EXAMINED))

    def _store(self, fetched: Fetched) -> None:
        self.lease.renew(more_s=storing_s(fetched.size))
        media = probe(fetched.path)
        file = store(fetched.path, file_name(self.job))
        try:
            self._done(file, fetched.size, fetched.sha256, media)
        except leases.LeaseLost:
            if ingest.unwanted(self.job):
                storages["archives"].delete(file)
            raise

    def _done(self, file: str, size: int, sha256: str, media: Media) -> None:
        segment = self.job
        facts = {"media_begin_ms": media.begin_ms, "media_end_ms": media.end_ms, "media_note": media.note}
        if not ingest.done(segment, file=file, size=size, sha256=sha256, **facts):
            raise leases.LeaseLost
        _all_is_well(segment)
        previews.renew(run_id=segment.run_id)
        if file and media.end_ms is None:
            what = f"Segment {segment.number} is stored, but cannot be played. {media.note}"
            _alarm(segment, UNREADABLE, what)
        log.info("segment stored: segment=%s bytes=%s file=%s note=%s", segment.pk, size, file, media.note)


def _without_path(error: Exception) -> str:
    """Alarms leave this machine, so they must not name its files, as the operating system's errors do."""
    named = isinstance(error, OSError) and error.filename is not None
    return str(error.strerror) if named else str(error)  # type: ignore[attr-defined]


def file_name(segment: Segment) -> str:
    """Where a segment's file lies in the storage: room, run, then the pieces in order."""
    run = segment.run
    return f"{run.room.slug}/{run.pk}/{segment.ordinal:04d}-{segment.session}-{segment.archive_id}.mp4"


def part_path(segment: Segment) -> Path:
    """Beside the default storage, so that the finished part can be renamed into it."""
    return work_folder() / f"{segment.pk}.part"


def _part_size(segment: Segment) -> int:
    part = part_path(segment)
    return part.stat().st_size if part.exists() else 0


def _alarm(segment: Segment, code: str, message: str) -> None:
    alarms.open(room=segment.run.room, run=segment.run, code=code, message=message)


def _all_is_well(segment: Segment) -> None:
    """Clear each alarm that no longer applies to any segment of the run."""
    run = segment.run
    if not ingest.KIND.pending().filter(run=run, failures__gte=ALARM_AFTER).exists():
        alarms.clear(room=run.room, run=run, codes=[NOT_KEPT])
    given_up = run.segments.filter(stored_at=None, due_at=None).exclude(job_error="")
    if not given_up.exclude(job_error_code=EMPTY).exists():
        alarms.clear(room=run.room, run=run, codes=[LOST])
