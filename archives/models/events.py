"""The outbox: events, their subscribers, and the delivery of each event to each subscriber."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from archives import clock

# Written into `lane` of deliveries that have no order among themselves.
NO_LANE = ""


class Subscriber(models.Model):
    """A destination of events: a URL, a mailbox, a chat. Set up by administrators only."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        EMAIL = "email", "E-mail"
        CHAT = "chat", "Chat"
        # The one row that stands for ALERT_WEBHOOK_URL; its address stays in the environment.
        ALERT_URL = "alert_url", "ALERT_WEBHOOK_URL"

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.WEBHOOK)
    address = models.CharField(max_length=1000, blank=True)
    # Signs webhooks, as `whsec_` and base64.
    secret = models.CharField(max_length=100, blank=True, editable=False)
    types = models.JSONField(default=list, blank=True)  # of Event.Type; empty: all
    include_names = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=Q(kind="alert_url"), name="one_alert_url"),
            models.CheckConstraint(
                condition=Q(kind__in=["webhook", "email", "chat", "alert_url"]), name="subscriber_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """Something that happened. Append-only; written in the transaction of what it reports."""

    class Type(models.TextChoices):
        ALARM_OPENED = "alarm.opened", "An alarm was opened"
        ALARM_CLEARED = "alarm.cleared", "An alarm was cleared"
        RUN_STARTED = "run.started", "A recording has started"
        RUN_COMPLETE = "run.complete", "A recording is complete"
        RUN_LOSSES = "run.losses", "A recording is complete with losses"
        EXPORT_READY = "export.ready", "An export is ready"
        SHARE_OPENED = "share.opened", "A share link was opened"
        RETENTION_DUE = "retention.due", "A recording's days are over"
        TEST = "test", "Test"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    type = models.CharField(max_length=20, choices=Type.choices)
    room = models.ForeignKey(
        "archives.Room", null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )
    run = models.ForeignKey(
        "archives.ArchiveRun",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="events",
        db_index=False,
    )
    alarm = models.ForeignKey(
        "archives.Alarm", null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )
    data = models.JSONField(default=dict)
    # What may name people; merged into `data` for subscribers that include names.
    named = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["-created_at"], name="event_newest"),
            models.Index(fields=["type", "-created_at"], name="event_type_newest"),
            models.Index(fields=["run", "-created_at"], name="event_run_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.created_at:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def message_id(self) -> str:
        """The same for each attempt, so that receivers recognize a repetition."""
        return f"msg_{self.uid.hex}"


class Delivery(models.Model):
    """One event on its way to one subscriber. The row is the job."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        GIVEN_UP = "given_up", "Given up"
        DROPPED = "dropped", "Dropped"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    # Deliveries of one lane reach a subscriber in the order of their ids.
    lane = models.CharField(max_length=50, default=NO_LANE, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    # Due time, lease and fence in one: the process that moves it from the value it read holds the job.
    due_at = models.DateTimeField(default=clock.now)
    # Start of the attempts, which end a day later.
    since = models.DateTimeField(default=clock.now)
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveIntegerField(null=True, blank=True)  # of HTTP
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["due_at", "id"], name="delivery_due", condition=Q(status="waiting")),
            models.Index(
                fields=["subscriber", "lane", "id"], name="delivery_order", condition=Q(status="waiting")
            ),
            models.Index(fields=["status", "-id"], name="delivery_status_newest"),
            models.Index(fields=["subscriber", "-id"], name="delivery_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "delivered", "given_up", "dropped"]),
                name="delivery_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event.type} to {self.subscriber}"
