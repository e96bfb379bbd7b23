"""One named recording of a room: the row is the job."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from archives import clock
from archives.models.restarts import Restart
from archives.models.rooms import NAME_MAX, Strategy


class RunQuerySet(models.QuerySet["ArchiveRun"]):
    def live(self) -> RunQuerySet:
        return self.filter(status__in=ArchiveRun.LIVE)

    def shown(self) -> RunQuerySet:
        """What does not lie in the trash."""
        return self.filter(trashed_at=None)

    def begun(self) -> RunQuerySet:
        """Exclude refused starts: they belong to the history of their room, not to its recordings."""
        return self.exclude(ArchiveRun.REFUSED)

    def refused(self) -> RunQuerySet:
        return self.filter(ArchiveRun.REFUSED)

    def trashed(self) -> RunQuerySet:
        return self.filter(trashed_at__isnull=False)

    def due(self, now: datetime) -> RunQuerySet:
        """Runs that a worker may claim: something is due and nobody holds them."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return self.filter(free, status__in=ArchiveRun.ACTIVE, due_at__lte=now).order_by("due_at")


class ArchiveRun(models.Model):
    """One named recording of a room, from start to stop.

    The row is the job: `due_at` says when a worker must look at it, `fence` and `lease_until` who may write.
    """

    class Status(models.TextChoices):
        STARTING = "starting", "Starting"
        RECORDING = "recording", "Recording"
        RESTARTING = "restarting", "Restarting"
        STOPPING = "stopping", "Stopping"
        PROCESSING = "processing", "Processing"
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"

    LIVE = (Status.STARTING, Status.RECORDING, Status.RESTARTING, Status.STOPPING)
    RUNNING = (Status.RECORDING, Status.RESTARTING)
    ACTIVE = (*LIVE, Status.PROCESSING)
    ENDED = (Status.COMPLETE, Status.FAILED)
    # Nothing of it was ever recorded, by the platform's own answer or list.
    REFUSED = Q(status=Status.FAILED, started_at=None)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    room = models.ForeignKey("archives.Room", on_delete=models.PROTECT, related_name="runs", db_index=False)
    name = models.CharField(max_length=NAME_MAX)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.STARTING)
    strategy = models.CharField(max_length=20, choices=Strategy.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs"
    )
    idempotency_key = models.CharField(max_length=200, blank=True)
    # Why it failed, or what prevents it now: a code (causes.py, errors.py), and the text for its hosts.
    error_code = models.CharField(max_length=40, blank=True, default="")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    restart_due_at = models.DateTimeField(null=True, blank=True)
    restart_after_s = models.PositiveIntegerField(null=True, blank=True)
    # Days from its end until `cleanup` puts it into the trash: RETENTION_DAYS where empty, 0 for never.
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    # In the trash since then: watched by nobody, restored by a host.
    trashed_at = models.DateTimeField(null=True, blank=True)
    # Must be kept, whatever anybody asks and however old it is.
    legal_hold = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=clock.now)
    # When a visit has last compared its rows with what the platform holds.
    looked_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When its archives were last seen to be as its rows say, by such a visit or in a list of many runs.
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveBigIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        permissions = [
            ("hold_archiverun", "Can put a recording on legal hold, and end that"),
            ("purge_archiverun", "Can remove the files of recordings in the trash for good"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="run_due",
                condition=Q(status__in=["starting", "recording", "restarting", "stopping", "processing"]),
            ),
            models.Index(fields=["room", "-created_at"], name="run_room_newest"),
            # Lists are by age, over all rooms, a page at a time.
            models.Index(fields=["-created_at", "id"], name="run_newest"),
            models.Index(fields=["trashed_at"], name="run_trashed", condition=Q(trashed_at__isnull=False)),
            models.Index(fields=["status", "-created_at", "id"], name="run_status_newest"),
            models.Index(fields=["strategy", "-created_at"], name="run_strategy_newest"),
            models.Index(fields=["name", "-created_at", "id"], name="run_name_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "starting",
                        "recording",
                        "restarting",
                        "stopping",
                        "processing",
                        "complete",
                        "failed",
                    ]
                ),
                name="run_status_known",
            ),
            models.UniqueConstraint(
                fields=["room"],
                condition=Q(status__in=["starting", "recording", "restarting", "stopping"]),
                name="one_live_run_per_room",
            ),
            models.UniqueConstraint(
                fields=["room", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="run_idempotency_key_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE

    @property
    def restart_after(self) -> float:
        """Seconds of recording after which a restart is due: this run's own, or its room's."""
        return self.restart_after_s if self.restart_after_s is not None else self.room.restart_after

    @property
    def unfinished_restart(self) -> Restart | None:
        return self.restarts.filter(status=Restart.Status.RUNNING).first()
