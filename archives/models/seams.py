"""Where two pieces meet."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from archives.models.jobs import Job


class Seam(Job):
    """Where two neighbouring segments meet: a measured overlap, or a gap with bounds and cause.

    Its job is to be measured.
    """

    class Kind(models.TextChoices):
        OVERLAP = "overlap", "Overlap"
        GAP = "gap", "Gap"

    # That of archives.media.seams, which a web process need not load.
    SURE = 0.8

    run = models.ForeignKey("archives.ArchiveRun", on_delete=models.CASCADE, related_name="seams")
    earlier = models.ForeignKey(
        "archives.Segment", on_delete=models.CASCADE, related_name="seams_after", db_index=False
    )
    # Empty where nothing was recorded any more between `earlier` and the stop of the run.
    later = models.ForeignKey(
        "archives.Segment", null=True, blank=True, on_delete=models.CASCADE, related_name="seams_before"
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
