"""The row of a run's captions: what was said when, in the run's own time."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from archives import clock


class Captions(models.Model):
    """WebVTT of a whole run, as `services.captions` has written it anew: times of the run, plain text."""

    run = models.OneToOneField(
        "archives.ArchiveRun", primary_key=True, on_delete=models.CASCADE, related_name="captions"
    )
    text = models.TextField()
    digest = models.CharField(max_length=64)
    cues = models.PositiveIntegerField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "captions"

    def __str__(self) -> str:
        return f"captions of {self.run_id}"
