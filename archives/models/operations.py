"""Alarms, beats of processes, sums for the metrics."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from archives import clock


class Alarm(models.Model):
    """Something that needs a person; open until `cleared_at`."""

    room = models.ForeignKey("archives.Room", on_delete=models.CASCADE, related_name="alarms")
    run = models.ForeignKey(
        "archives.ArchiveRun", null=True, blank=True, on_delete=models.CASCADE, related_name="alarms"
    )
    code = models.CharField(max_length=40)
    message = models.TextField()
    since = models.DateTimeField(default=clock.now)
    cleared_at = models.DateTimeField(null=True, blank=True)
    # When ALERT_WEBHOOK_URL accepted it.
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-since"]
        indexes = [
            models.Index(fields=["-since"], name="alarm_newest"),
            models.Index(fields=["code", "-since"], name="alarm_code_newest"),
            models.Index(fields=["-since"], name="alarm_open", condition=Q(cleared_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["room", "run", "code"], condition=Q(cleared_at__isnull=True), name="alarm_open_once"
            ),
            models.UniqueConstraint(
                fields=["room", "code"],
                condition=Q(cleared_at__isnull=True, run__isnull=True),
                name="room_alarm_open_once",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Beat(models.Model):
    """A process that says now and then that it lives and works."""

    process = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10)  # worker or media
    since = models.DateTimeField(default=clock.now)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["kind", "-at"], name="beat_newest")]

    def __str__(self) -> str:
        return self.process


class Tally(models.Model):
    """A sum over all processes that ever ran: it only grows, while the number of these rows does not.

    `buckets` counts observations by their size, each bound of telemetry.BUCKETS for itself, then the rest.
    """

    metric = models.CharField(max_length=40)
    kind = models.CharField(max_length=40, blank=True)
    result = models.CharField(max_length=40, blank=True)
    count = models.PositiveBigIntegerField(default=0)
    total = models.FloatField(default=0.0)
    buckets = models.JSONField(default=list)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["metric", "kind", "result"], name="tally_once")]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.metric, self.kind, self.result)))
