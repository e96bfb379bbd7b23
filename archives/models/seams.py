"""Where two segments meet, and the estimates of their offset."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from archives import clock
from archives.models.jobs import Job


class Seam(Job):
    """Two neighbouring segments: the row is the job of measuring their offset.

    What came of it are its estimates; what holds is the timeline's verdict.
    """

    run = models.ForeignKey("archives.ArchiveRun", on_delete=models.CASCADE, related_name="seams")
    earlier = models.ForeignKey(
        "archives.Segment", on_delete=models.CASCADE, related_name="seams_after", db_index=False
    )
    # Empty only in rows of former versions, for what was not recorded before the stop of a run.
    later = models.ForeignKey(
        "archives.Segment", null=True, blank=True, on_delete=models.CASCADE, related_name="seams_before"
    )
    # When the last measurement ended, whatever it found; empty until then.
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["run_id", "earlier__ordinal"]
        indexes = [
            models.Index(fields=["due_at"], name="seam_to_measure", condition=Q(due_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["earlier", "later"], name="seam_once"),
            models.UniqueConstraint(
                fields=["earlier"], condition=Q(later__isnull=True), name="trailing_gap_once"
            ),
        ]

    def __str__(self) -> str:
        return f"seam after segment {self.earlier.number}"


class Estimate(models.Model):
    """An estimate of the offset between the two segments of a seam; none replaces one of another source.

    Positions are milliseconds of the media clock of the earlier segment.
    """

    class Source(models.TextChoices):
        AUDIO = "audio", "The sound"
        VIDEO = "video", "The pictures"
        # Only in rows of former versions: what they had concluded from the platform's times.
        TIMES = "times", "The platform's times"

    seam = models.ForeignKey(Seam, on_delete=models.CASCADE, related_name="estimates")
    source = models.CharField(max_length=10, choices=Source.choices)
    # Where media time 0 of the later segment lies, and within which bounds if this estimate is right.
    offset_ms = models.BigIntegerField()
    low_ms = models.BigIntegerField()
    high_ms = models.BigIntegerField()
    confidence = models.FloatField()  # 0 … 1
    # By how many ms the pictures jump ahead where the sound is continuous.
    residual_av_ms = models.FloatField(null=True, blank=True)
    measured_at = models.DateTimeField(default=clock.now)
    # The verdict of a former version: it holds until the seam is measured again.
    former = models.BooleanField(default=False)
    # The text that it stored with it.
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["seam_id", "source"]
        constraints = [
            models.UniqueConstraint(fields=["seam", "source"], name="estimate_once"),
            models.CheckConstraint(
                condition=Q(source__in=["audio", "video", "times"]), name="estimate_source_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()}: {self.offset_ms} ms, {self.confidence:.2f} sure"
