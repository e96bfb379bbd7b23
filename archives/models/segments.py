"""The pieces that a run consists of."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from archives import clock
from archives.models.jobs import Job
from archives.models.rooms import Side


class SegmentQuerySet(models.QuerySet["Segment"]):
    def live(self) -> SegmentQuerySet:
        return self.filter(status__in=Segment.LIVE)

    def unfinished(self) -> SegmentQuerySet:
        return self.exclude(status__in=Segment.FINAL)

    def unexplained(self) -> SegmentQuerySet:
        """Requested, with an outcome that is not known."""
        return self.filter(status=Segment.Status.STARTING, archive_id="", asked_at__isnull=False)


class Segment(Job):
    """One archive of a run on one of its sessions. The row is written before the platform is asked.

    Its job is the ingest of its file, due as soon as the platform has one.
    """

    class Status(models.TextChoices):
        STARTING = "starting", "Starting"
        STARTED = "started", "Recording"
        PAUSED = "paused", "Paused"
        STOPPED = "stopped", "Stopped"
        AVAILABLE = "available", "Available"
        UPLOADED = "uploaded", "Uploaded"
        EXPIRED = "expired", "Expired"
        DELETED = "deleted", "Deleted"
        FAILED = "failed", "Failed"
        ABSENT = "absent", "Never started"

    LIVE = (Status.STARTED, Status.PAUSED)
    FINAL = (Status.AVAILABLE, Status.UPLOADED, Status.EXPIRED, Status.DELETED, Status.FAILED, Status.ABSENT)
    # Status only grows: callbacks come twice, late and in any order (`uploaded` may overtake `stopped`).
    # A file outranks a failure: the platform may save what it had after it reported that it failed.
    RANK = {
        Status.STARTING: 0,
        Status.ABSENT: 0,
        Status.STARTED: 1,
        Status.PAUSED: 1,
        Status.STOPPED: 2,
        Status.FAILED: 3,
        Status.AVAILABLE: 4,
        Status.UPLOADED: 4,
        Status.EXPIRED: 5,
        Status.DELETED: 6,
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(
        "archives.ArchiveRun", on_delete=models.CASCADE, related_name="segments", db_index=False
    )
    restart = models.ForeignKey(
        "archives.Restart", null=True, blank=True, on_delete=models.SET_NULL, related_name="segments"
    )
    ordinal = models.PositiveIntegerField()
    session = models.CharField(max_length=10, choices=Side.choices)
    session_id = models.CharField(max_length=255)
    archive_id = models.CharField(max_length=64, blank=True)
    multi_archive_tag = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.STARTING)
    adopted = models.BooleanField(default=False)
    intent_at = models.DateTimeField(default=clock.now)
    # Set while a start is asked for and its outcome is not known.
    asked_at = models.DateTimeField(null=True, blank=True)
    created_at_ms = models.PositiveBigIntegerField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    # When it was seen that it had ended, and when it was last seen to record.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_after = models.DateTimeField(null=True, blank=True)
    duration_ms = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)
    # Why there is no archive: a code (timeline/causes.py, errors.py), and technical detail.
    error_code = models.CharField(max_length=40, blank=True, default="")
    error = models.TextField(blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    raw = models.JSONField(default=dict, blank=True)
    # The stored file: its name in the storage; empty if it lies in the user's own bucket, or is not stored.
    file = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    stored_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, default=clock.now)
    # What the stored file holds, by its own clock; no end if it cannot be read, for the reason in the note.
    media_begin_ms = models.PositiveBigIntegerField(null=True, blank=True)
    media_end_ms = models.PositiveBigIntegerField(null=True, blank=True)
    media_note = models.CharField(max_length=300, blank=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        # By the run's id: by the run, every list of pieces would be joined to the runs, for their own order.
        ordering = ["run_id", "ordinal"]
        indexes = [
            models.Index(
                fields=["status", "intent_at"],
                name="segment_unfinished",
                condition=Q(status__in=["starting", "started", "paused", "stopped"]),
            ),
            models.Index(
                fields=["due_at"],
                name="segment_to_ingest",
                condition=Q(
                    status__in=["available", "uploaded"], stored_at__isnull=True, due_at__isnull=False
                ),
            ),
            models.Index(
                fields=["run"], name="segment_lost", condition=Q(due_at__isnull=True) & ~Q(job_error="")
            ),
            # The stored size is summed up periodically, from the index alone.
            models.Index(
                fields=["stored_at", "size"], name="segment_stored", condition=Q(stored_at__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["run", "ordinal"], name="segment_ordinal_once"),
            models.UniqueConstraint(
                fields=["archive_id"], condition=~Q(archive_id=""), name="segment_archive_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "starting",
                        "started",
                        "paused",
                        "stopped",
                        "available",
                        "uploaded",
                        "expired",
                        "deleted",
                        "failed",
                        "absent",
                    ]
                ),
                name="segment_status_known",
            ),
            models.CheckConstraint(
                condition=Q(session__in=["primary", "secondary"]), name="segment_session_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.session})"

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE

    @property
    def number(self) -> int:
        """As people count them: from 1."""
        return self.ordinal + 1

    @property
    def is_settled(self) -> bool:
        """Its end is known and, if files are kept, its file is stored or given up."""
        if self.status not in self.FINAL:
            return False
        has_file = self.status in (self.Status.AVAILABLE, self.Status.UPLOADED)
        return not (settings.KEEP_FILES and has_file) or self.stored_at is not None or bool(self.given_up)

    @property
    def has_media(self) -> bool:
        """There is something to show: a file that can be read, or, not kept by us, one at the platform."""
        if self.file:
            return self.media_end_ms is not None or not self.media_note
        # What the platform uploaded elsewhere (ingested, without a file here) is neither checked nor shown.
        at_platform = self.status == self.Status.AVAILABLE and self.stored_at is None
        return at_platform and bool(self.duration_ms) and not self.given_up

    @property
    def started_at(self) -> datetime | None:
        return clock.from_ms(self.created_at_ms) if self.created_at_ms is not None else None

    @property
    def stopped_at(self) -> datetime | None:
        """When it ended: by its length, as far as that fits when it was seen to record and to have ended.

        An archive that stood still has lasted longer than its media.
        """
        if not self.started_at or not self.duration_ms:
            return self.ended_at
        by_length = self.started_at + timedelta(milliseconds=self.duration_ms)
        if self.ended_at is None or self.ended_after is None:
            return by_length
        return max(min(by_length, self.ended_at), self.ended_after)
