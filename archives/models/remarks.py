"""What the content check found in a segment's stored file, and the job of checking it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from archives import clock
from archives.models.jobs import Job


class ContentCheck(Job):
    """The check of one stored segment: the job, and which version of the check was last done, and when."""

    run = models.ForeignKey(
        "archives.ArchiveRun", on_delete=models.CASCADE, related_name="content_checks", db_index=False
    )
    segment = models.OneToOneField("archives.Segment", on_delete=models.CASCADE, related_name="content_check")
    # 0 until it is done for the first time.
    version = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="content_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["run"], name="content_run"),
        ]

    def __str__(self) -> str:
        return f"content of segment {self.segment_id}"


class Remark(models.Model):
    """A visible or audible fault in a stretch of a segment's file, by the file's own clock."""

    class Code(models.TextChoices):
        BLACK = "black", "Black picture"
        FROZEN = "frozen", "Frozen picture"
        NO_VIDEO = "no_video", "No picture"
        WRONG_SIZE = "wrong_size", "Picture of another size"
        SILENT = "silent", "Silence"
        CLIPPED = "clipped", "Distorted sound"
        NO_AUDIO = "no_audio", "No sound"
        LENGTH = "length", "Another length than reported"
        SKEW = "skew", "Sound and picture drift apart"
        TILE_DARK = "tile_dark", "Dark picture of one person"
        TILE_FROZEN = "tile_frozen", "Frozen picture of one person"

    segment = models.ForeignKey(
        "archives.Segment", on_delete=models.CASCADE, related_name="remarks", db_index=False
    )
    code = models.CharField(max_length=20, choices=Code.choices)
    from_ms = models.PositiveBigIntegerField()
    until_ms = models.PositiveBigIntegerField()
    # By how much, if a number applies: {"skew_ms": 240}.
    values = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["segment_id", "from_ms", "until_ms", "code"]
        constraints = [
            models.UniqueConstraint(fields=["segment", "code", "from_ms", "until_ms"], name="remark_once"),
            models.CheckConstraint(condition=Q(until_ms__gte=F("from_ms")), name="remark_bounds"),
            models.CheckConstraint(
                condition=Q(
                    code__in=[
                        "black",
                        "frozen",
                        "no_video",
                        "wrong_size",
                        "silent",
                        "clipped",
                        "no_audio",
                        "length",
                        "skew",
                        "tile_dark",
                        "tile_frozen",
                    ]
                ),
                name="remark_code_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_code_display()} from {self.from_ms} to {self.until_ms} ms"
