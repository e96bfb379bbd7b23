"""What a run holds and what is missing, as the timeline computes it."""

from __future__ import annotations

from django.db import models

from archives import clock


class RunAccount(models.Model):
    """The account of a run (archives.timeline.account), stored so that lists need not compute it.

    It holds for as long as `stamp` is that of the run's rows and `version` that of the rules.
    """

    class Result(models.TextChoices):
        IN_PROGRESS = "in_progress", "In progress"
        COMPLETE = "complete", "Complete"
        LOSSES = "complete_with_losses", "Complete, with losses"
        NOTHING = "nothing_recorded", "Nothing recorded"

    run = models.OneToOneField(
        "archives.ArchiveRun", on_delete=models.CASCADE, related_name="account", primary_key=True
    )
    version = models.PositiveIntegerField()
    stamp = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=clock.now)
    result = models.CharField(max_length=20, choices=Result.choices)
    # Unix time of the run's 0.
    began_at_ms = models.BigIntegerField(default=0)
    duration_ms = models.BigIntegerField(default=0)
    # All gaps together; the part of them in which somebody published; what cannot be played yet.
    missing_ms = models.BigIntegerField(default=0)
    lost_ms = models.BigIntegerField(default=0)
    pending_ms = models.BigIntegerField(default=0)
    gap_count = models.PositiveIntegerField(default=0)
    # How many seams are measured, known from the platform's times only, and still to be measured.
    measured = models.PositiveIntegerField(default=0)
    estimated = models.PositiveIntegerField(default=0)
    playable = models.BooleanField(default=False)
    # [{start_ms, end_ms, margins_ms, causes, lost_ms, open}] and [{participant, name, from_ms, until_ms,
    # causes, sure}], the latter in Unix time.
    gaps = models.JSONField(default=list)
    absences = models.JSONField(default=list)
    # When anybody published, {session: [[from, until]]} in Unix time; notes of streams are removed in time.
    published = models.JSONField(null=True, blank=True)
    # What alarms and events have reported: gaps as [{from_ms, until_ms, open, causes}] in Unix time.
    reported_gaps = models.JSONField(default=list)
    reported_result = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    result__in=["in_progress", "complete", "complete_with_losses", "nothing_recorded"]
                ),
                name="account_result_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_result_display()}: {self.duration_ms} ms, {self.missing_ms} ms missing"
