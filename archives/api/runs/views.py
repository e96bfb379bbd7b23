"""Runs over HTTP: start, look, restart, stop, postpone, offsets; what is done later is in `library`."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from archives import errors
from archives.api.cache import answer
from archives.api.pagination import Newest
from archives.api.permissions import IsHost, IsWatcher, MayHold, MayWatch
from archives.api.refusals import MAY_CHANGE, MAY_CONFLICT
from archives.api.requests import body_of, text_of
from archives.api.runs.library import (
    FILTERS,
    HOLDS,
    OF_TRASH,
    LibraryActions,
    found_by,
)
from archives.api.runs.timeline import run_offsets
from archives.api.serializers import (
    ErrorSerializer,
    ListedRunSerializer,
    OffsetsSerializer,
    PostponeSerializer,
    RunDetailSerializer,
    StartSerializer,
)
from archives.models import NAME_MAX, ArchiveRun, Preview, Segment
from archives.services import history, restarts, rooms, runs
from archives.services.stamps import with_account_stamp, with_stamp
from archives.web import access

IDEMPOTENCY_KEY = "Idempotency-Key"
PICTURE = Subquery(Preview.objects.filter(run=OuterRef("pk")).values("folder")[:1])
WATCHED = ("retrieve", "offsets")
# Counted for the runs of a page, where a join would count those of every run there is.
PIECES = Coalesce(
    Subquery(
        Segment.objects.filter(run=OuterRef("pk"))
        .exclude(status=Segment.Status.ABSENT)
        .order_by()
        .values("run")
        .annotate(total=Count("pk"))
        .values("total")
    ),
    0,
)


def told(rows: QuerySet[ArchiveRun], user: Any) -> QuerySet[ArchiveRun]:
    """With what every answer says of a run."""
    # For an operator it is not asked: the database would look up every room there is.
    everywhere = access.standing(user).operator
    hosted = Value(True) if everywhere else Exists(access.hosted_rooms(user).filter(pk=OuterRef("room")))
    return rows.select_related("room").annotate(segment_count=PIECES, hosted=hosted)


def run_for(request: Request, key: str, *, trashed: bool = False, stamp: bool = False) -> ArchiveRun:
    """A run that this request may watch, or (`trashed`) restore; with its `stamp` for a remembered answer.

    Raises UnknownRun for any other.
    """
    reached = [access.watchable_runs(request), *([access.trashed_runs(request.user)] if trashed else [])]
    try:
        pk = uuid.UUID(str(key))
    except ValueError:
        raise errors.UnknownRun(detail={"run": str(key)[:NAME_MAX]}) from None
    for rows in reached:
        found = told(rows, request.user).filter(pk=pk)
        if run := (with_stamp(found.select_related("room", "account")) if stamp else found).first():
            return run
    raise errors.UnknownRun(detail={"run": str(pk)})


class RunViewSet(LibraryActions, mixins.ListModelMixin, viewsets.GenericViewSet[ArchiveRun]):
    queryset = ArchiveRun.objects.none()
    serializer_class = ListedRunSerializer
    pagination_class = Newest

    def get_permissions(self) -> list[BasePermission]:
        """What is not named here is for hosts."""
        if self.action in WATCHED:
            return [MayWatch()]
        if self.action in HOLDS:
            return [MayHold()]
        return [IsWatcher() if self.action == "list" else IsHost()]

    def get_queryset(self) -> QuerySet[ArchiveRun]:
        user, asked = self.request.user, self.request.query_params
        seen = access.trashed_runs(user) if asked.get("trash") == "true" else access.visible_runs(user)
        seen = seen.refused() if asked.get("refused") == "true" else seen.begun()
        shown = told(seen, user).select_related("room", "account").annotate(picture_folder=PICTURE)
        return found_by(with_account_stamp(shown), asked)

    def get_object(self) -> ArchiveRun:
        """The run, for whoever may watch it; what acts on it or shows more is for hosts of its room."""
        run = run_for(self.request, self.kwargs["pk"], trashed=self.action in OF_TRASH)
        if self.action not in (*WATCHED, *HOLDS):
            access.require_host(run.room, self.request.user)
        return run

    def _answer(self, run: ArchiveRun, status: int, headers: dict[str, str] | None = None) -> Response:
        self.kwargs["pk"] = run.pk
        return Response(self._detail(), status=status, headers=headers)

    def _detail(self) -> dict[str, Any]:
        return RunDetailSerializer(self.get_object()).data

    @extend_schema(parameters=FILTERS, responses={200: ListedRunSerializer(many=True), **MAY_CHANGE})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Runs, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: RunDetailSerializer, **MAY_CHANGE})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One run with its segments."""
        return Response(self._detail())

    @extend_schema(
        request=StartSerializer,
        responses={201: RunDetailSerializer, **MAY_CONFLICT, 502: ErrorSerializer, 504: ErrorSerializer},
        parameters=[
            OpenApiParameter(IDEMPOTENCY_KEY, str, OpenApiParameter.HEADER, description="Makes a retry safe.")
        ],
    )
    def create(self, request: Request) -> Response:
        """Start recording a room.

        409 `already_recording` carries the live run's id in `detail`; 409 `no_clients` means that nobody has
        joined the room yet. Where the platform is slow the run is `starting`, and is looked up.
        """
        body = body_of(request)
        room = rooms.get(slug=text_of(body, "room"))
        access.require_host(room, request.user)
        started = runs.start(
            room=room,
            name=body.get("name"),
            requested_by=request.user,
            idempotency_key=_idempotency_key(request),
            restart_after_s=body.get("restart_after_s"),
        )
        runs.signal_state(started.run.room)
        headers = {} if started.created else {"Idempotency-Replayed": "true"}
        return self._answer(started.run, 201, headers)

    @extend_schema(request=None, responses={202: RunDetailSerializer, **MAY_CONFLICT})
    @action(detail=True, methods=["post"])
    def restart(self, request: Request, pk: str) -> Response:
        """Change over to fresh archives now; the worker carries it out."""
        run = self.get_object()
        restarts.request(run=run, by=history.actor(request.user))
        return self._answer(run, 202)

    @extend_schema(request=None, responses={202: RunDetailSerializer, **MAY_CHANGE})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """End the recording; the worker carries it out. Stopping what is stopped changes nothing."""
        run = runs.stop(run=self.get_object(), by=history.actor(request.user))
        return self._answer(run, 202)

    @extend_schema(request=PostponeSerializer, responses={200: RunDetailSerializer, **MAY_CONFLICT})
    @action(detail=True, methods=["post"])
    def postpone(self, request: Request, pk: str) -> Response:
        """Put the automatic restart off, within the platform's limit."""
        seconds = body_of(request).get("seconds")
        run = runs.postpone(run=self.get_object(), seconds=seconds, by=history.actor(request.user))
        return self._answer(run, 200)

    @extend_schema(responses={200: OffsetsSerializer, **MAY_CHANGE})
    @action(detail=True, methods=["get"])
    def offsets(self, request: Request, pk: str) -> HttpResponseBase:
        """The run as one ordered list of spans: which segment, from where to where, when in the run."""
        return answer(request, run_for(request, pk, stamp=True), "offsets", run_offsets)


def _idempotency_key(request: Request) -> str:
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    if len(key) > NAME_MAX or not key.isprintable():
        raise errors.InvalidInput(f"{IDEMPOTENCY_KEY} must be plain text of at most {NAME_MAX} characters.")
    return key
