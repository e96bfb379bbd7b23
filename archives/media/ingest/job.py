"""Brings one segment's file from the platform into the storage `archives`, whatever happens on the way."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

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
from archives.media.renewal import HoldLost, Renewal
from archives.models import Segment
from archives.platform import gateway
from archives.services import alarms
from archives.services.jobs import ingest, previews

log = logging.getLogger(__name__)

# The platform's cloud copy is gone 72 hours after the recording became available.
PLATFORM_KEEPS = timedelta(hours=72)
ALARM_AFTER = 3
NOT_KEPT, LOST, UNREADABLE = "file_not_kept", "file_lost", "file_unreadable"
GONE = (Segment.Status.EXPIRED, Segment.Status.DELETED, Segment.Status.FAILED)
NO_MEDIA = "The archive has no media: its file is 0 bytes long."


def segment_keep(segment: Segment) -> None:
    """Fetch, check and store the file of a segment, unless somebody else holds that job."""
    if not ingest.hold(segment):
        return
    before = _part_size(segment)
    try:
        _keep(segment)
    except HoldLost:
        log.info("segment %s: another process keeps it", segment.pk)
    except LinkExpired as error:
        if _part_size(segment) > before:
            log.info("segment %s: its file goes on with a fresh link", segment.pk)
            ingest.resume(segment)
        else:
            _failed(segment, error)
    except (FetchFailed, errors.ArchiveError, OSError) as error:
        _failed(segment, error)
    except Exception as error:
        # A bucket refuses in its library's own words: trouble of the storage must not be silent.
        log.exception("segment %s: its file could not be kept", segment.pk)
        _failed(segment, OSError(f"{type(error).__name__} while it was stored."))


def _keep(segment: Segment) -> None:
    archive = gateway.platform().archive_get(segment.archive_id)
    status, size = archive["status"], archive.get("size") or 0
    expected = Expected(size, archive.get("sha256sum") or "")
    renewal = Renewal(lambda: ingest.hold(segment))
    if status in GONE:
        _give_up(segment, f"The platform has no file any more: the archive is {status}.")
    elif status == Segment.Status.UPLOADED:
        _take_uploaded(segment, expected, renewal)
    elif status != Segment.Status.AVAILABLE:
        raise LinkExpired(f"The platform has no file yet: the archive is {status}.")
    elif not size:
        ingest.give_up(segment, NO_MEDIA)
    elif not archive.get("url"):
        raise LinkExpired("The platform gives no link to the file yet.")
    else:
        _store(segment, fetch(archive["url"], part_path(segment), expected, renewal))


def _take_uploaded(segment: Segment, expected: Expected, renewal: Renewal) -> None:
    """The file stays where the platform put it; what is known of it is the same as of a fetched one."""
    found = examine(segment.archive_id, expected, renewal)
    if found and found.size:
        _done(segment, found.name, found.size, found.sha256, found.media)
    elif found or not expected.size:
        ingest.give_up(segment, NO_MEDIA)
    else:
        _done(segment, "", expected.size or 0, "", Media(None, None, NOT_EXAMINED))


def _store(segment: Segment, fetched: Fetched) -> None:
    if not ingest.hold(segment, seconds=ingest.HOLD_S + storing_s(fetched.size)):
        raise HoldLost
    media = probe(fetched.path)
    stored = store(fetched.path, file_name(segment))
    _done(segment, stored, fetched.size, fetched.sha256, media)


def _done(segment: Segment, file: str, size: int, sha256: str, media: Media) -> None:
    kept = ingest.done(
        segment,
        file=file,
        size=size,
        sha256=sha256,
        media_begin_ms=media.begin_ms,
        media_end_ms=media.end_ms,
        media_note=media.note,
    )
    if not kept:
        raise HoldLost
    _all_is_well(segment)
    previews.renew(run_id=segment.run_id)
    if file and media.end_ms is None:
        _alarm(segment, UNREADABLE, f"Piece {segment.ordinal} is kept, but cannot be played. {media.note}")
    log.info("segment stored: segment=%s bytes=%s file=%s note=%s", segment.pk, size, file, media.note)


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


def _failed(segment: Segment, error: Exception) -> None:
    ended = segment.ended_at or segment.intent_at
    if clock.now() - ended > PLATFORM_KEEPS and isinstance(error, LinkExpired | errors.NotFound):
        _give_up(segment, f"The platform has no file any more, 72 hours after its end. {error}")
        return
    failures = ingest.fail(segment)
    log.warning("segment %s: try %s to keep its file failed: %s", segment.pk, failures, error)
    if failures >= ALARM_AFTER:
        times = f"Piece {segment.ordinal} could not be fetched {failures} times"
        _alarm(segment, NOT_KEPT, f"{times}; trying again. {_without_path(error)}")


def _without_path(error: Exception) -> str:
    """Alarms leave the machine: the operating system's errors name files of it."""
    named = isinstance(error, OSError) and error.filename is not None
    return str(error.strerror) if named else str(error)  # type: ignore[attr-defined]


def _give_up(segment: Segment, why: str) -> None:
    if ingest.give_up(segment, why):
        _alarm(segment, LOST, f"Piece {segment.ordinal} is lost. {why}")


def _alarm(segment: Segment, code: str, message: str) -> None:
    alarms.open(room=segment.run.room, run=segment.run, code=code, message=message)


def _all_is_well(segment: Segment) -> None:
    """End each alarm that applies to no piece of the run any more."""
    run = segment.run
    without = run.segments.filter(kept_at=None)
    if not without.filter(keep_error="", keep_failures__gte=ALARM_AFTER).exists():
        alarms.clear(room=run.room, run=run, codes=[NOT_KEPT])
    if not without.exclude(keep_error__in=("", NO_MEDIA)).exists():
        alarms.clear(room=run.room, run=run, codes=[LOST])
