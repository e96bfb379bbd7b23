"""The change-over to fresh archives, and the story of every change."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from archives import clock
from archives.models.rooms import Strategy


class Restart(models.Model):
    """One change-over to fresh archives: `step` is what is to be done at `due_at`."""

    class Status(models.TextChoices):
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(
        "archives.ArchiveRun", on_delete=models.CASCADE, related_name="restarts", db_index=False
    )
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

    run = models.ForeignKey(
        "archives.ArchiveRun", on_delete=models.CASCADE, related_name="transitions", db_index=False
    )
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
