"""When an archive stood still."""

from __future__ import annotations

from django.db import models

from archives import clock


class Pause(models.Model):
    """The platform recorded nothing into a segment for a time, because nobody published.

    Each end lies between two instants: when the archive was last seen in the state before, and when it was
    first seen in the state after. There is no end while it lasts, or if the archive ended before it did.
    """

    segment = models.ForeignKey("archives.Segment", on_delete=models.CASCADE, related_name="pauses")
    since_low = models.DateTimeField()
    since_high = models.DateTimeField()
    until_low = models.DateTimeField(null=True, blank=True)
    until_high = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["segment_id", "since_high"]
        constraints = [
            models.UniqueConstraint(fields=["segment", "since_high"], name="pause_once"),
            models.UniqueConstraint(
                fields=["segment"], condition=models.Q(until_high__isnull=True), name="pause_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"paused at {self.since_high:%H:%M:%S}"
