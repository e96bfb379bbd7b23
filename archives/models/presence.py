"""What the platform told by itself: callbacks, and who published where."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from archives import clock
from archives.models.rooms import NAME_MAX, Side


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
        "archives.ArchiveRun", null=True, blank=True, on_delete=models.SET_NULL, related_name="callbacks"
    )

    class Meta:
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return f"{self.source} {self.digest[:8]}"


class StreamPresence(models.Model):
    """A published stream as session callbacks told it; stream lists carry no connection data, these do."""

    room = models.ForeignKey("archives.Room", on_delete=models.CASCADE, related_name="presences")
    session = models.CharField(max_length=10, choices=Side.choices)
    stream_id = models.CharField(max_length=100, unique=True)
    connection_id = models.CharField(max_length=100, blank=True)
    participant = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=NAME_MAX, blank=True)
    video_type = models.CharField(max_length=20, blank=True)
    # By the platform's clock.
    created_at = models.DateTimeField(default=clock.now)
    destroyed_at = models.DateTimeField(null=True, blank=True)
    # Why it ended, in the platform's word.
    reason = models.CharField(max_length=50, blank=True)

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
