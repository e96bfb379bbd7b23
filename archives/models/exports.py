"""What is made of a finished run: one file, thumbnails, sound levels."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from archives import clock
from archives.models.jobs import Job


class Export(Job):
    """A run as one MP4: the row is the job, and afterwards says where the file is and how it was made."""

    class Gaps(models.TextChoices):
        BLACK = "black", "Black and silent, of true length"
        CLOSE = "close", "Closed up"

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Being made"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        # It was done, and its file is gone: removed with its run, by age, or by somebody in the storage.
        REMOVED = "removed", "Removed"

    ACTIVE = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(
        "archives.ArchiveRun", on_delete=models.CASCADE, related_name="exports", db_index=False
    )
    gaps = models.CharField(max_length=10, choices=Gaps.choices, default=Gaps.BLACK)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    progress = models.FloatField(default=0.0)  # 0 … 1
    # Of the timeline and the files that it was made from: as long as it holds, another would be the same.
    digest = models.CharField(max_length=64)
    file = models.CharField(max_length=500, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    duration_ms = models.PositiveBigIntegerField(default=0)
    report = models.JSONField(default=dict, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="exports"
    )
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # When somebody has last asked for it or fetched it, to the hour.
    used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["due_at"], name="export_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["run", "-created_at"], name="export_newest"),
            models.Index(fields=["size"], name="export_done", condition=Q(status="done")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "gaps", "digest"],
                condition=Q(status__in=["queued", "running", "done"]),
                name="export_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running", "done", "failed", "cancelled", "removed"]),
                name="export_status_known",
            ),
            models.CheckConstraint(condition=Q(gaps__in=["black", "close"]), name="export_gaps_known"),
        ]

    def __str__(self) -> str:
        return f"{self.run.name} ({self.get_gaps_display()})"


class Preview(Job):
    """Thumbnails and sound levels of a run, for the line under its player."""

    run = models.OneToOneField("archives.ArchiveRun", on_delete=models.CASCADE, related_name="preview")
    # Where the three files lie in the storage; empty until they are made.
    folder = models.CharField(max_length=500, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    progress = models.FloatField(default=0.0)  # 0 … 1
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="preview_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"preview of {self.run.name}"
