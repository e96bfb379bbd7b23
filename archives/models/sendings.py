"""What pages report of their own sending."""

from __future__ import annotations

from django.db import models

from archives import clock
from archives.models.rooms import NAME_MAX, Side


class Sending(models.Model):
    """What one page last reported of the media that it sends into one session of its room."""

    class State(models.TextChoices):
        FLOWS = "flows", "Its bytes rise, and the other end acknowledges them"
        # What flowed before.
        SILENT = "silent", "It publishes, and nothing goes out any more"
        NONE = "none", "It publishes, and nothing has gone out yet"
        UNKNOWN = "unknown", "It publishes; its browser reports no statistics"

    room = models.ForeignKey(
        "archives.Room", on_delete=models.CASCADE, related_name="sendings", db_index=False
    )
    # The participant's id, with ":screen" for a shared screen, as in the names of streams.
    participant = models.CharField(max_length=100)
    name = models.CharField(max_length=NAME_MAX, blank=True)
    session = models.CharField(max_length=10, choices=Side.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    # Since when it has been in this state, by this server's clock.
    since = models.DateTimeField()
    reported_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        ordering = ["room_id", "participant", "session"]
        constraints = [
            models.UniqueConstraint(fields=["room", "participant", "session"], name="sending_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["flows", "silent", "none", "unknown"]),
                name="sending_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.participant} in {self.session}: {self.state}"
