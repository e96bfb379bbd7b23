"""Rows, constraints, indexes. No network here, and no write but through `services`.

A foreign key has no index of its own (`db_index=False`) where another index begins with it.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from archives import clock

NAME_MAX = 200
DEFAULT_ROOM = "main"
# Seconds of recording after which a restart may be due.
RESTART_AFTER_MIN, RESTART_AFTER_MAX = 10, 86_400


class Strategy(models.TextChoices):
    DUAL_SESSION = "dual_session", "Two sessions"
    OVERLAP = "overlap", "Two archives in one session"


class Side(models.TextChoices):
    """Which of a room's two sessions."""

    PRIMARY = "primary", "Primary session"
    SECONDARY = "secondary", "Secondary session"


class Room(models.Model):
    """A pair of routed sessions that people join by a link."""

    class Access(models.TextChoices):
        DEFAULT = "", "As the installation says"
        OPEN = "open", "Whoever has the link"
        INVITE = "invite", "Whoever has an invitation"
        LOGIN = "login", "Whoever is signed in"

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=NAME_MAX)
    session_id_primary = models.CharField(max_length=255, blank=True, db_index=True)
    session_id_secondary = models.CharField(max_length=255, blank=True, db_index=True)
    strategy = models.CharField(max_length=20, choices=Strategy.choices, blank=True)
    restart_after_s = models.PositiveIntegerField(null=True, blank=True)  # RESTART_AFTER where empty
    access = models.CharField(max_length=10, choices=Access.choices, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # When the sweep compares this room with the platform next.
    due_at = models.DateTimeField(default=clock.now, editable=False, db_index=True)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(access__in=["", "open", "invite", "login"]), name="room_access_known"
            ),
            models.CheckConstraint(
                condition=Q(strategy__in=["", *Strategy.values]), name="room_strategy_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        seconds = self.restart_after_s
        if seconds is not None and not RESTART_AFTER_MIN <= seconds <= RESTART_AFTER_MAX:
            problem = f"Give {RESTART_AFTER_MIN} to {RESTART_AFTER_MAX} seconds, or nothing."
            raise ValidationError({"restart_after_s": problem})

    def session_id(self, side: str) -> str:
        return self.session_id_primary if side == Side.PRIMARY else self.session_id_secondary

    def side_of(self, session_id: str) -> str:
        return Side.SECONDARY if session_id == self.session_id_secondary else Side.PRIMARY

    @property
    def strategy_used(self) -> str:
        return self.strategy or settings.RESTART_STRATEGY

    @property
    def restart_after(self) -> float:
        """Seconds of recording after which a restart is due."""
        return self.restart_after_s if self.restart_after_s is not None else settings.RESTART_AFTER

    @property
    def access_used(self) -> str:
        return self.access or settings.ROOM_ACCESS


class RunQuerySet(models.QuerySet["ArchiveRun"]):
    def live(self) -> RunQuerySet:
        return self.filter(status__in=ArchiveRun.LIVE)

    def shown(self) -> RunQuerySet:
        """What does not lie in the trash."""
        return self.filter(trashed_at=None)

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

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="runs", db_index=False)
    name = models.CharField(max_length=NAME_MAX)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.STARTING)
    strategy = models.CharField(max_length=20, choices=Strategy.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs"
    )
    idempotency_key = models.CharField(max_length=200, blank=True)
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


class SegmentQuerySet(models.QuerySet["Segment"]):
    def live(self) -> SegmentQuerySet:
        return self.filter(status__in=Segment.LIVE)

    def open(self) -> SegmentQuerySet:
        """Recording, or perhaps about to: an intent whose archive is not known yet counts."""
        return self.filter(status__in=(Segment.Status.STARTING, *Segment.LIVE))

    def unfinished(self) -> SegmentQuerySet:
        return self.exclude(status__in=Segment.FINAL)


class Segment(models.Model):
    """One archive of a run on one of its sessions. The row is written before the platform is asked."""

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
    RANK = {
        Status.STARTING: 0,
        Status.ABSENT: 0,
        Status.STARTED: 1,
        Status.PAUSED: 1,
        Status.STOPPED: 2,
        Status.FAILED: 3,
        Status.AVAILABLE: 3,
        Status.UPLOADED: 3,
        Status.EXPIRED: 4,
        Status.DELETED: 5,
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(ArchiveRun, on_delete=models.CASCADE, related_name="segments", db_index=False)
    restart = models.ForeignKey(
        "Restart", null=True, blank=True, on_delete=models.SET_NULL, related_name="segments"
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
    ended_at = models.DateTimeField(null=True, blank=True)
    duration_ms = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    raw = models.JSONField(default=dict, blank=True)
    # The file that we keep: its name in the storage, and why there is none where there is none.
    file = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)
    keep_error = models.TextField(blank=True)
    # The job of keeping it: when it may be tried (next), which is also how long a try holds it.
    keep_due_at = models.DateTimeField(default=clock.now)
    keep_failures = models.PositiveIntegerField(default=0)
    # What the kept file holds, by its own clock; no end where it cannot be read, for the reason in the note.
    media_begin_ms = models.PositiveBigIntegerField(null=True, blank=True)
    media_end_ms = models.PositiveBigIntegerField(null=True, blank=True)
    media_note = models.CharField(max_length=300, blank=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ["run", "ordinal"]
        indexes = [
            models.Index(
                fields=["status", "intent_at"],
                name="segment_unfinished",
                condition=Q(status__in=["starting", "started", "paused", "stopped"]),
            ),
            models.Index(
                fields=["keep_due_at"],
                name="segment_to_keep",
                condition=Q(status__in=["available", "uploaded"], kept_at__isnull=True, keep_error=""),
            ),
            models.Index(fields=["run"], name="segment_lost", condition=~Q(keep_error="")),
            # How much is kept is summed up now and then: from the index alone.
            models.Index(fields=["kept_at", "size"], name="segment_kept", condition=Q(kept_at__isnull=False)),
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
        return f"{self.ordinal} ({self.session})"

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE

    @property
    def is_settled(self) -> bool:
        """Its end is known and, where files are kept, it is kept or says why not."""
        if self.status not in self.FINAL:
            return False
        has_file = self.status in (self.Status.AVAILABLE, self.Status.UPLOADED)
        return not (settings.KEEP_FILES and has_file) or bool(self.kept_at or self.keep_error)

    @property
    def has_media(self) -> bool:
        """There is something to show: a file that can be read, or, not kept by us, one at the platform."""
        if self.file:
            return self.media_end_ms is not None or not self.media_note
        at_platform = self.status in (self.Status.AVAILABLE, self.Status.UPLOADED)
        return at_platform and bool(self.duration_ms) and not self.keep_error

    @property
    def started_at(self) -> datetime | None:
        return clock.from_ms(self.created_at_ms) if self.created_at_ms is not None else None

    @property
    def stopped_at(self) -> datetime | None:
        """The end as the media tells it where the length is known, else when we saw that it had ended."""
        if self.started_at and self.duration_ms:
            return self.started_at + timedelta(milliseconds=self.duration_ms)
        return self.ended_at


class Restart(models.Model):
    """One change-over to fresh archives: `step` is what is to be done at `due_at`."""

    class Status(models.TextChoices):
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(ArchiveRun, on_delete=models.CASCADE, related_name="restarts", db_index=False)
    strategy = models.CharField(max_length=20, choices=Strategy.choices)
    step = models.CharField(max_length=30)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    automatic = models.BooleanField(default=False)
    why = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    step_since = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    # Whom the second session should have and has: [{"key": participant id, "name": shown name}].
    expected = models.JSONField(default=list, blank=True)
    arrived = models.JSONField(default=list, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["run", "-created_at"], name="restart_newest"),
            models.Index(fields=["-created_at"], name="restart_failed", condition=Q(status="failed")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run"], condition=Q(status="running"), name="one_unfinished_restart_per_run"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["running", "done", "cancelled", "failed"]),
                name="restart_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.strategy} {self.step}"

    @property
    def missing(self) -> list[dict[str, Any]]:
        here = {person["key"] for person in self.arrived}
        return [person for person in self.expected if person["key"] not in here]


class Transition(models.Model):
    """Append-only: every change of a run, segment or restart, so that their states can be rebuilt."""

    run = models.ForeignKey(ArchiveRun, on_delete=models.CASCADE, related_name="transitions", db_index=False)
    subject = models.CharField(max_length=10)  # run, segment or restart
    subject_id = models.UUIDField()
    field = models.CharField(max_length=10, default="status")  # status, step; of a run also name, trash, hold
    old = models.CharField(max_length=30, blank=True)
    new = models.CharField(max_length=30)
    at = models.DateTimeField(default=clock.now)
    by = models.CharField(max_length=150)
    why = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["run", "id"], name="transition_story")]

    def __str__(self) -> str:
        return f"{self.subject} {self.old or '·'} → {self.new}"


class Seam(models.Model):
    """Where two neighbouring segments meet: a measured overlap, or a gap with bounds and cause."""

    class Kind(models.TextChoices):
        OVERLAP = "overlap", "Overlap"
        GAP = "gap", "Gap"

    # That of archives.seams, which a web process need not load.
    SURE = 0.8

    run = models.ForeignKey(ArchiveRun, on_delete=models.CASCADE, related_name="seams")
    earlier = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="seams_after", db_index=False)
    # Empty where nothing was recorded any more between `earlier` and the stop of the run.
    later = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.CASCADE, related_name="seams_before"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # Position in `earlier` at which `later` begins; larger than earlier's length where there is a gap.
    offset_ms = models.BigIntegerField(null=True, blank=True)
    overlap_ms = models.BigIntegerField(default=0)
    gap_from = models.DateTimeField(null=True, blank=True)
    gap_until = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=200, blank=True)
    confidence = models.FloatField(default=0.0)  # 0 … 1
    # platform: not looked at yet; audio, video: measured in the media; times, none: the media did not tell.
    method = models.CharField(max_length=20, default="platform")
    # By how many ms the pictures jump ahead where the sound is continuous.
    residual = models.FloatField(null=True, blank=True)
    # Set only where the media told.
    measured_at = models.DateTimeField(null=True, blank=True)
    # The job of measuring it: due time, lease and fence in one; empty where there is nothing to do.
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["run", "earlier__ordinal"]
        indexes = [
            models.Index(fields=["due_at"], name="seam_to_measure", condition=Q(due_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["earlier", "later"], name="seam_once"),
            models.UniqueConstraint(
                fields=["earlier"], condition=Q(later__isnull=True), name="trailing_gap_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=["overlap", "gap"]), name="seam_kind_known"),
            models.CheckConstraint(
                condition=Q(gap_until__isnull=True) | Q(gap_from__lte=F("gap_until")), name="seam_gap_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} after {self.earlier.ordinal}"

    @property
    def sure(self) -> bool:
        """Measured in the media, beyond reasonable doubt."""
        return self.measured_at is not None and self.confidence >= self.SURE


class Export(models.Model):
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

    ACTIVE = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(ArchiveRun, on_delete=models.CASCADE, related_name="exports", db_index=False)
    gaps = models.CharField(max_length=10, choices=Gaps.choices, default=Gaps.BLACK)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    progress = models.FloatField(default=0.0)  # 0 … 1
    # Of the timeline and the files that it was made from: as long as it holds, another would be the same.
    digest = models.CharField(max_length=64)
    file = models.CharField(max_length=500, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    duration_ms = models.PositiveBigIntegerField(default=0)
    report = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="exports"
    )
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Due time, lease and fence in one: whoever moves it from the value that it read holds the job.
    due_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["due_at"], name="export_due", condition=Q(status__in=["queued", "running"])),
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
                condition=Q(status__in=["queued", "running", "done", "failed", "cancelled"]),
                name="export_status_known",
            ),
            models.CheckConstraint(condition=Q(gaps__in=["black", "close"]), name="export_gaps_known"),
        ]

    def __str__(self) -> str:
        return f"{self.run.name} ({self.get_gaps_display()})"


class Preview(models.Model):
    """Thumbnails and sound levels of a run, for the line under its player."""

    run = models.OneToOneField(ArchiveRun, on_delete=models.CASCADE, related_name="preview")
    # Where the three files lie in the storage; empty until they are made.
    folder = models.CharField(max_length=500, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    progress = models.FloatField(default=0.0)  # 0 … 1
    made_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    # The job of making them, as that of a seam.
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="preview_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"preview of {self.run.name}"


class Callback(models.Model):
    """What the platform sent, as it came: kept for diagnosis, and so that a second copy is harmless."""

    class Source(models.TextChoices):
        ARCHIVE = "archive", "Archive"
        SESSION = "session", "Session"

    source = models.CharField(max_length=10, choices=Source.choices)
    body = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(default=clock.now, db_index=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)
    # Whose recording it told about, where that is known.
    run = models.ForeignKey(
        ArchiveRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="callbacks"
    )

    class Meta:
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return f"{self.source} {self.digest[:8]}"


class StreamPresence(models.Model):
    """A published stream as session callbacks told it; stream lists carry no connection data, these do."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="presences")
    session = models.CharField(max_length=10, choices=Side.choices)
    stream_id = models.CharField(max_length=100, unique=True)
    connection_id = models.CharField(max_length=100, blank=True)
    participant = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=NAME_MAX, blank=True)
    video_type = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["room", "session", "destroyed_at"], name="presence_present"),
            models.Index(fields=["-created_at"], name="presence_newest"),
            models.Index(
                fields=["destroyed_at"], name="presence_over", condition=Q(destroyed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.stream_id


class Alarm(models.Model):
    """Something that needs a person; open until `cleared_at`."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="alarms")
    run = models.ForeignKey(
        ArchiveRun, null=True, blank=True, on_delete=models.CASCADE, related_name="alarms"
    )
    code = models.CharField(max_length=40)
    message = models.TextField()
    since = models.DateTimeField(default=clock.now)
    cleared_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-since"]
        indexes = [
            models.Index(fields=["-since"], name="alarm_newest"),
            models.Index(fields=["code", "-since"], name="alarm_code_newest"),
            models.Index(fields=["-since"], name="alarm_open", condition=Q(cleared_at__isnull=True)),
            models.Index(fields=["since"], name="alarm_to_send", condition=Q(sent_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["room", "run", "code"], condition=Q(cleared_at__isnull=True), name="alarm_open_once"
            ),
            models.UniqueConstraint(
                fields=["room", "code"],
                condition=Q(cleared_at__isnull=True, run__isnull=True),
                name="room_alarm_open_once",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Beat(models.Model):
    """A process that says now and then that it lives and works."""

    process = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10)  # worker or media
    since = models.DateTimeField(default=clock.now)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["kind", "-at"], name="beat_newest")]

    def __str__(self) -> str:
        return self.process


class Tally(models.Model):
    """A sum over all processes that ever ran: it only grows, while the number of these rows does not.

    `buckets` counts observations by their size, each bound of telemetry.BUCKETS for itself, then the rest.
    """

    metric = models.CharField(max_length=40)
    kind = models.CharField(max_length=40, blank=True)
    result = models.CharField(max_length=40, blank=True)
    count = models.PositiveBigIntegerField(default=0)
    total = models.FloatField(default=0.0)
    buckets = models.JSONField(default=list)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["metric", "kind", "result"], name="tally_once")]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.metric, self.kind, self.result)))


# Django finds an app's rows through this module.
from archives.captions import Captions  # noqa: E402, F401
from archives.grants import Invitation, RoomRole, Share  # noqa: E402, F401
