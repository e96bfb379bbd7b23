"""Who was missing from a recording that went on."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from archives import clock
from archives.models.rooms import NAME_MAX


class Absence(models.Model):
    """One person is not in what was recorded for a time, though others are or could be."""

    class Source(models.TextChoices):
        # They published in no session that was recorded, by the platform's callbacks and lists.
        PLATFORM = "platform", "The platform"
        # Their page lost its connection: whether pictures and sound got through nobody knows.
        PAGE = "page", "Their own page"

    run = models.ForeignKey(
        "archives.ArchiveRun", on_delete=models.CASCADE, related_name="absences", db_index=False
    )
    participant = models.CharField(max_length=100)
    name = models.CharField(max_length=NAME_MAX, blank=True)
    absent_from = models.DateTimeField()
    absent_until = models.DateTimeField()
    # A code of archives/timeline/causes.py; `detail` is what a former version said that is none of them.
    cause = models.CharField(max_length=200, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["absent_from", "id"]
        indexes = [models.Index(fields=["run", "absent_from"], name="absence_of_run")]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "participant", "source", "absent_from"], name="absence_once"
            ),
            models.CheckConstraint(condition=Q(absent_from__lt=F("absent_until")), name="absence_forward"),
            models.CheckConstraint(condition=Q(source__in=["platform", "page"]), name="absence_source_known"),
        ]

    def __str__(self) -> str:
        bounds = f"{self.absent_from:%H:%M:%S} to {self.absent_until:%H:%M:%S}"
        return f"{self.name or self.participant} from {bounds}"
