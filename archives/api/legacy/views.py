"""The contract of the system that this one succeeds, wire for wire: one room, archives instead of runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archives import clock, errors
from archives.api.authentication import SameOriginSession
from archives.api.permissions import IsHost, IsWatcher
from archives.api.refusals import MAY_READ, refusals
from archives.api.requests import body_of
from archives.api.rooms.views import refuse_strangers
from archives.api.throttles import JoinThrottle
from archives.models import ArchiveRun, Restart, Room, Segment
from archives.services import history, restarts, rooms, runs
from archives.web import access

# Heroku gives up on a request after 30 s; a change-over takes the join delay and a few seconds.
WAIT_S = 25.0
POLL_S = 0.2
NEWEST = 1000

T = TypeVar("T")
# What the platform and the run's present state may have against it.
ACTS = refusals(401, 403, 404, 400, 409, 502, 503, 504)


class UnknownArchive(errors.ArchiveError):
    status = 404
    code = "unknown_archive"
    message = "There is no such archive."


class StillUnderWay(errors.ArchiveError):
    status = 503
    code = "still_under_way"
    message = (
        "This takes longer than usual. It is still under way and nothing is lost; look again in a moment."
    )
    retry = True


class RestartFailed(errors.ArchiveError):
    status = 503
    code = "restart_failed"
    message = "The restart was put off; the old archive records on and nothing is lost."
    retry = True


class Archived(serializers.Serializer):
    """OpenTok's archive: these fields and whatever else the platform says."""

    id = serializers.CharField()
    name = serializers.CharField()
    status = serializers.CharField()
    createdAt = serializers.IntegerField()
    duration = serializers.IntegerField()
    url = serializers.CharField(allow_null=True)


class SessionName(serializers.Serializer):
    sessionName = serializers.CharField()


class GuestView(APIView):
    """For whoever may enter the default room."""

    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.room = rooms.get()
        refuse_strangers(self.room, request)


@extend_schema(exclude=True)
class ApiKey(GuestView):
    def get(self, request: Request) -> Response:
        return Response({"apiKey": settings.API_KEY})


@extend_schema(exclude=True)
class SessionIds(GuestView):
    def get(self, request: Request) -> Response:
        room = rooms.ensure_sessions(room=self.room)
        return Response({"primary": room.session_id_primary, "secondary": room.session_id_secondary})


@extend_schema(exclude=True)
class Tokens(GuestView):
    throttle_classes = [JoinThrottle]

    def get(self, request: Request) -> Response:
        joined = rooms.join(room=self.room, name="Guest")
        tokens = {"primary": joined.primary_token, "secondary": joined.secondary_token}
        return Response(tokens, headers={"Cache-Control": "no-store"})


@extend_schema(exclude=True)
class Offset(GuestView):
    def get(self, request: Request, archive_id: str = "") -> Response:
        return Response(
            {
                "primary": int(settings.PLAYER_OFFSET_PRIMARY),
                "secondary": int(settings.PLAYER_OFFSET_SECONDARY),
            }
        )


class ForHosts(APIView):
    authentication_classes = [TokenAuthentication, SameOriginSession]


class Archives(ForHosts):
    def get_permissions(self) -> list[BasePermission]:
        return [IsWatcher() if self.request.method == "GET" else IsHost()]

    @extend_schema(responses={200: Archived(many=True), **MAY_READ})
    def get(self, request: Request) -> Response:
        """The archives that can be played or are being recorded, oldest first; `?name=` for one run's."""
        room = rooms.get()
        if not access.is_watcher(request.user, room):
            raise errors.UnknownRoom
        segments = _listed(room, request.query_params.get("name", ""))
        return Response([_archive(segment, request) for segment in segments])

    @extend_schema(request=SessionName, responses={200: Archived, **ACTS})
    def post(self, request: Request) -> Response:
        """Start recording the default room under `sessionName`."""
        name = body_of(request).get("sessionName")
        room = rooms.get()
        access.require_host(room, request.user)
        started = runs.start(room=room, name=name, requested_by=request.user)
        runs.signal_state(room)
        segment = _wait_for(lambda: _first(started.run))
        return Response(_archive(segment, request))


class ArchiveAction(ForHosts):
    permission_classes = [IsHost]


@extend_schema(request=None, responses={200: Archived, **ACTS})
class Stop(ArchiveAction):
    def post(self, request: Request, archive_id: str) -> Response:
        """End all recording of the archive's run; answers the stopped archive."""
        segment = _known(archive_id, request)
        runs.stop(run=segment.run, by=history.actor(request.user))
        return Response(_archive(_wait_for(lambda: _ended(segment)), request))


@extend_schema(request=None, responses={200: Archived, **ACTS})
class RestartArchive(ArchiveAction):
    def post(self, request: Request, archive_id: str) -> Response:
        """Change over to fresh archives; answers the new archive of session 1."""
        segment = _known(archive_id, request)
        restart = restarts.request(run=segment.run, by=history.actor(request.user))
        runs.signal_state(segment.run.room)
        return Response(_archive(_wait_for(lambda: _outcome(restart)), request))


def _wait_for(look: Callable[[], T | None]) -> T:
    """What `look` gives once it gives something. Raises StillUnderWay after WAIT_S."""
    until = clock.steady() + WAIT_S
    while (found := look()) is None:
        if clock.steady() >= until:
            raise StillUnderWay
        time.sleep(POLL_S)
    return found


def _first(run: ArchiveRun) -> Segment | None:
    """The run's first archive; raises where the worker has found out that there is none."""
    segment = run.segments.exclude(archive_id="").order_by("ordinal").first()
    if segment is None:
        run.refresh_from_db()
        if run.status == ArchiveRun.Status.FAILED:
            raise errors.PlatformUnavailable(run.error)
    return segment


def _ended(segment: Segment) -> Segment | None:
    segment.refresh_from_db()
    return None if segment.status == Segment.Status.STARTING or segment.is_live else segment


def _outcome(restart: Restart) -> Segment | None:
    restart.refresh_from_db()
    if restart.status == Restart.Status.RUNNING:
        return None
    if restart.status == Restart.Status.CANCELLED:
        raise errors.RunNotLive("The recording was stopped meanwhile.")
    if restart.status == Restart.Status.FAILED:
        raise RestartFailed(restart.error)
    return restart.run.segments.filter(session="primary").exclude(archive_id="").order_by("-ordinal").first()


def _known(archive_id: str, request: Request) -> Segment:
    found = Segment.objects.select_related("run__room").filter(archive_id=archive_id.replace("\0", "?"))
    segment = found.filter(run__in=access.visible_runs(request.user)).first()
    if segment is None:
        raise UnknownArchive(detail={"archive": archive_id[:64]})
    access.require_host(segment.run.room, request.user)
    return segment


def _listed(room: Room, name: str) -> list[Segment]:
    gone = (Segment.Status.FAILED, Segment.Status.EXPIRED, Segment.Status.DELETED)
    shown = Segment.objects.filter(run__room=room).exclude(archive_id="").exclude(Q(status__in=gone, file=""))
    if name:
        shown = shown.filter(run__name=name.replace("\0", "?"))
    # Run by run, as the room's index has them: a room has one live run, so that this is by age.
    newest = shown.select_related("run").order_by("-run__created_at", "run", "-ordinal")[:NEWEST]
    return sorted(newest, key=lambda s: (s.created_at_ms or clock.to_ms(s.intent_at), s.ordinal))


def _archive(segment: Segment, request: Request) -> dict[str, Any]:
    """What the platform said of the archive, with what we know better: name, present state, link."""
    return {
        **segment.raw,
        "id": segment.archive_id,
        "name": segment.run.name,
        "status": segment.status,
        "sessionId": segment.session_id,
        "createdAt": segment.created_at_ms or clock.to_ms(segment.intent_at),
        "duration": round(segment.duration_ms / 1000),
        "size": segment.size,
        "url": _url(segment, request),
    }


def _url(segment: Segment, request: Request) -> str | None:
    """A link of ours that outlives the platform's ten minutes; None while there is no file."""
    if segment.given_up or not (segment.file or segment.status == Segment.Status.AVAILABLE):
        return None
    return request.build_absolute_uri(access.media_link(segment))
