"""A pair of sessions that people join by a link."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from archives import clock
from archives.models.names import UnusableName, clean

NAME_MAX = 200
DEFAULT_ROOM = "main"
# Seconds of recording after which a restart may be due.
RESTART_AFTER_MIN, RESTART_AFTER_MAX = 10, 86_400


class Strategy(models.TextChoices):
    DUAL_SESSION = "dual_session", "Two sessions"
    OVERLAP = "overlap", "Two archives in one session"


class Side(models.TextChoices):
    """Which of a room's two sessions."""

    PRIMARY = "primary", "Primary session"
    SECONDARY = "secondary", "Secondary session"


class Room(models.Model):
    """A pair of routed sessions that people join by a link."""

    class Access(models.TextChoices):
        DEFAULT = "", "As the installation says"
        OPEN = "open", "Whoever has the link"
        INVITE = "invite", "Whoever has an invitation"
        LOGIN = "login", "Whoever is signed in"

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=NAME_MAX)
    session_id_primary = models.CharField(max_length=255, blank=True, db_index=True)
    session_id_secondary = models.CharField(max_length=255, blank=True, db_index=True)
    strategy = models.CharField(max_length=20, choices=Strategy.choices, blank=True)
    restart_after_s = models.PositiveIntegerField(null=True, blank=True)  # RESTART_AFTER where empty
    access = models.CharField(max_length=10, choices=Access.choices, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # When the sweep compares this room with the platform next.
    due_at = models.DateTimeField(default=clock.now, editable=False, db_index=True)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(access__in=["", "open", "invite", "login"]), name="room_access_known"
            ),
            models.CheckConstraint(
                condition=Q(strategy__in=["", *Strategy.values]), name="room_strategy_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            # An empty one is the field's own error.
            self.name = self.name and clean(self.name, longest=NAME_MAX)
        except UnusableName as error:
            raise ValidationError({"name": f"The name {error}."}) from None
        seconds = self.restart_after_s
        if seconds is not None and not RESTART_AFTER_MIN <= seconds <= RESTART_AFTER_MAX:
            problem = f"Give {RESTART_AFTER_MIN} to {RESTART_AFTER_MAX} seconds, or nothing."
            raise ValidationError({"restart_after_s": problem})

    def session_id(self, side: str) -> str:
        return self.session_id_primary if side == Side.PRIMARY else self.session_id_secondary

    def side_of(self, session_id: str) -> str:
        return Side.SECONDARY if session_id == self.session_id_secondary else Side.PRIMARY

    @property
    def strategy_used(self) -> str:
        return self.strategy or settings.RESTART_STRATEGY

    @property
    def restart_after(self) -> float:
        """Seconds of recording after which a restart is due."""
        return self.restart_after_s if self.restart_after_s is not None else settings.RESTART_AFTER

    @property
    def access_used(self) -> str:
        return self.access or settings.ROOM_ACCESS
