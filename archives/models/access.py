"""Rows that let people in: roles in a room, invitations to a call, links to a recording."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from archives import clock


class RoomRole(models.Model):
    """One person's role in one room. Where somebody is named for a room, only the named have a role there."""

    class Role(models.TextChoices):
        HOST = "host", "Host: runs the call, records it, watches"
        REVIEWER = "reviewer", "Reviewer: watches what was recorded"

    room = models.ForeignKey("archives.Room", on_delete=models.CASCADE, related_name="roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="room_roles")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        ordering = ["room", "user"]
        constraints = [
            models.UniqueConstraint(fields=["room", "user"], name="room_role_once"),
            models.CheckConstraint(condition=Q(role__in=["host", "reviewer"]), name="room_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"


class LinkQuerySet(models.QuerySet[Any]):
    """Of any kind of link."""

    def standing(self) -> LinkQuerySet:
        return self.filter(revoked_at=None, expires_at__gt=clock.now())


class Link(models.Model):
    """What a link that we hand out stands for. The link itself is signed and kept nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-created_at"]

    @property
    def has_ended(self) -> bool:
        return self.revoked_at is not None or self.expires_at <= clock.now()


class Invitation(Link):
    """A link into a room, for one person (who joins under that name) or, without a name, for all."""

    room = models.ForeignKey("archives.Room", on_delete=models.CASCADE, related_name="invitations")
    person = models.CharField(max_length=100, blank=True)

    class Meta(Link.Meta):
        indexes = [models.Index(fields=["room", "-created_at"], name="invitation_newest")]

    def __str__(self) -> str:
        return self.person or "everybody with the link"


class Share(Link):
    """A link to the player of one run."""

    run = models.ForeignKey("archives.ArchiveRun", on_delete=models.CASCADE, related_name="shares")
    # When it was last opened, to the hour.
    opened_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(Link.Meta):
        indexes = [models.Index(fields=["run", "-created_at"], name="share_newest")]

    def __str__(self) -> str:
        return f"link made {self.created_at:%Y-%m-%d %H:%M}"
