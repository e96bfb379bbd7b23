"""The library over HTTP: finding runs, renaming them, trash and legal hold."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from archives import errors
from archives.api.refusals import MAY_CHANGE, MAY_CONFLICT
from archives.api.requests import body_of, text_of
from archives.api.serializers import (
    HoldSerializer,
    RenameSerializer,
    RetentionSerializer,
    RunDetailSerializer,
)
from archives.models import NAME_MAX, ArchiveRun
from archives.models.lists import runs_searched
from archives.models.names import tidy
from archives.services import history, library

FILTERS = [
    OpenApiParameter("name", str, description="Exactly this name."),
    OpenApiParameter("search", str, description="Words that the name or the room's name holds."),
    OpenApiParameter("room", str, description="The room's slug."),
    OpenApiParameter(
        "status", str, description=f"One or several, with commas: {', '.join(ArchiveRun.Status.values)}."
    ),
    OpenApiParameter("from", str, description="Begun then or later: a date, or an instant in ISO 8601."),
    OpenApiParameter(
        "until", str, description="Begun by the end of that date, or before that instant; UTC where unsaid."
    ),
    OpenApiParameter("refused", bool, description="List refused starts instead, which recorded nothing."),
    OpenApiParameter("trash", bool, description="What lies in the trash instead, in rooms one is host of."),
]
# What is done to a run that lies in the trash, or with one that is put there.
OF_TRASH = ("trash", "restore", "hold", "release")
HOLDS = ("hold", "release")


def found_by(runs: QuerySet[ArchiveRun], asked: Any) -> QuerySet[ArchiveRun]:
    """Those that the query parameters ask for. Raises InvalidInput."""
    name = asked.get("name") or ""
    # As it was typed, and as it is stored.
    exact = {"name__in": name and {name, tidy(name)}, "room__slug": asked.get("room")}
    statuses = [status for status in asked.get("status", "").split(",") if status]
    search = asked.get("search", "")[:NAME_MAX]
    # PostgreSQL refuses a NUL in a text; no name has one.
    if any("\0" in text for text in (name, exact["room__slug"] or "", search, *statuses)):
        return runs.none()
    runs = runs_searched(runs, search)
    if statuses:
        runs = runs.filter(status__in=statuses)
    if begin := asked.get("from"):
        runs = runs.filter(created_at__gte=_instant(begin, "from"))
    if end := asked.get("until"):
        runs = runs.filter(created_at__lt=_instant(end, "until", timedelta(days=1)))
    return runs.filter(**{lookup: value for lookup, value in exact.items() if value})


def _instant(text: str, field: str, beyond: timedelta = timedelta(0)) -> datetime:
    """An instant as it is, a date as its midnight, `beyond` later."""
    try:
        if day := parse_date(text):
            return datetime.combine(day, time(), UTC) + beyond
        if instant := parse_datetime(text):
            # In UTC here and now: at the ends of the calendar that cannot be done.
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise errors.InvalidInput(f"{field} is a date such as 2027-03-14.", detail={"field": field})


class LibraryActions:
    """For the viewset of runs, whose `get_object` knows who may do what."""

    get_object: Any
    _answer: Any

    @extend_schema(request=RenameSerializer, responses={200: RunDetailSerializer, **MAY_CHANGE})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename the run."""
        run, name = self.get_object(), body_of(request).get("name")
        return self._answer(library.rename(run=run, name=name, by=history.actor(request.user)), 200)

    @extend_schema(request=RetentionSerializer, responses={200: RunDetailSerializer, **MAY_CHANGE})
    @action(detail=True, methods=["post"])
    def retention(self, request: Request, pk: str) -> Response:
        """How many days the run is kept from its end, before `cleanup` puts it into the trash."""
        run, body = self.get_object(), body_of(request)
        if "retention_days" not in body:
            raise errors.InvalidInput("Give retention_days.", detail={"field": "retention_days"})
        days = body["retention_days"]
        return self._answer(library.retain(run=run, days=days, by=history.actor(request.user)), 200)

    @extend_schema(request=None, responses={200: RunDetailSerializer, **MAY_CONFLICT})
    @action(detail=True, methods=["post"])
    def trash(self, request: Request, pk: str) -> Response:
        """Out of everybody's sight until it is restored. 409 `still_recording`, `on_hold`."""
        run = self.get_object()
        return self._answer(library.trash(run=run, by=history.actor(request.user)), 200)

    @extend_schema(request=None, responses={200: RunDetailSerializer, **MAY_CHANGE})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Back from the trash."""
        run = self.get_object()
        return self._answer(library.restore(run=run, by=history.actor(request.user)), 200)

    @extend_schema(request=HoldSerializer, responses={200: RunDetailSerializer, **MAY_CHANGE})
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, pk: str) -> Response:
        """Legal hold: neither put into the trash nor removed. Takes the permission to hold recordings."""
        run, why = self.get_object(), text_of(body_of(request), "why")[:NAME_MAX]
        return self._answer(library.hold(run=run, by=history.actor(request.user), why=why), 200)

    @extend_schema(request=HoldSerializer, responses={200: RunDetailSerializer, **MAY_CHANGE})
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """End the legal hold."""
        run, why = self.get_object(), text_of(body_of(request), "why")[:NAME_MAX]
        return self._answer(library.release(run=run, by=history.actor(request.user), why=why), 200)
