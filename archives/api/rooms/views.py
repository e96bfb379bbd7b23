"""Rooms over HTTP: what there is, going in, and what is going on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from archives.api.pagination import BySlug
from archives.api.permissions import IsHost
from archives.api.refusals import MAY_READ
from archives.api.requests import body_of, text_of
from archives.api.rooms.state import room_state
from archives.api.serializers import (
    AwaySerializer,
    ErrorSerializer,
    HostedRoomSerializer,
    JoinedSerializer,
    JoinSerializer,
    RoomSerializer,
    SendingSerializer,
    StateSerializer,
)
from archives.api.throttles import JoinThrottle, SendingThrottle
from archives.models import ArchiveRun, Room
from archives.models.access import Invitation
from archives.services import rooms
from archives.services.people import absences, sending
from archives.web import access


def refuse_strangers(room: Room, request: Request) -> None:
    """Raises NotAuthenticated or PermissionDenied where this request may not enter the room."""
    if access.may_enter(room, request):
        return
    if request.user.is_authenticated:
        raise exceptions.PermissionDenied(
            "This room is for invited people. Open it by your invitation's link."
        )
    raise exceptions.NotAuthenticated


class RoomViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Room]):
    queryset = Room.objects.none()
    serializer_class = HostedRoomSerializer
    pagination_class = BySlug
    lookup_field = "slug"
    lookup_value_regex = "[^/]+"

    def get_permissions(self) -> list[BasePermission]:
        return [IsHost()] if self.action == "list" else [AllowAny()]

    def get_queryset(self) -> QuerySet[Room]:
        live = Prefetch("runs", queryset=ArchiveRun.objects.live(), to_attr="live_runs")
        standing = Prefetch(
            "invitations",
            queryset=Invitation.objects.standing().filter(person=""),
            to_attr="standing_for_all",
        )
        return access.hosted_rooms(self.request.user).prefetch_related(live, standing).order_by("slug")

    @extend_schema(
        responses={200: HostedRoomSerializer(many=True), 400: ErrorSerializer, 401: ErrorSerializer}
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Rooms that one is host of, by slug."""
        return super().list(request, *args, **kwargs)

    def _entered(self, request: Request, slug: str) -> Room:
        room = rooms.get(slug=slug.replace("\0", "?"))
        refuse_strangers(room, request)
        return room

    @extend_schema(responses={200: RoomSerializer, **MAY_READ})
    def retrieve(self, request: Request, slug: str) -> Response:
        """One room, for whoever may enter it; for hosts with what is being recorded."""
        room = self._entered(request, slug)
        if not access.is_host(request.user, room):
            return Response(RoomSerializer(room).data)
        return Response(HostedRoomSerializer(self.get_queryset().get(pk=room.pk)).data)

    @extend_schema(
        request=JoinSerializer,
        responses={
            200: JoinedSerializer,
            400: ErrorSerializer,
            **MAY_READ,
            429: ErrorSerializer,
            502: ErrorSerializer,
        },
    )
    @action(detail=True, methods=["post"], throttle_classes=[JoinThrottle])
    def join(self, request: Request, slug: str) -> Response:
        """Tokens for both sessions of the room, and its state."""
        body = body_of(request)
        room = rooms.get(slug=slug.replace("\0", "?"))
        if invite := text_of(body, "invite"):
            access.admit(room, request.session, invite)
        refuse_strangers(room, request)
        invitation = access.invited_by(room, request)
        # Who was invited by name joins under that name.
        name = (invitation and invitation.person) or text_of(body, "name")
        joined = rooms.join(room=room, name=name, participant=text_of(body, "participant"))
        state = room_state(room, for_host=access.is_host(request.user, room))
        answer = {
            "participant": joined.participant,
            "name": joined.name,
            "api_key": settings.API_KEY,
            "script_url": settings.OPENTOK_SCRIPT_URL,
            "primary": {"session_id": room.session_id_primary, "token": joined.primary_token},
            "secondary": {"session_id": room.session_id_secondary, "token": joined.secondary_token},
            "state": state,
        }
        return Response(JoinedSerializer(answer).data, headers={"Cache-Control": "no-store"})

    @extend_schema(
        request=AwaySerializer,
        responses={204: None, 400: ErrorSerializer, **MAY_READ, 429: ErrorSerializer},
    )
    @action(detail=True, methods=["post"], throttle_classes=[JoinThrottle])
    def away(self, request: Request, slug: str) -> Response:
        """A page tells that its connection was lost for a time, so its person may be missing."""
        body = body_of(request)
        room = self._entered(request, slug)
        absences.report(
            room=room,
            participant=body.get("participant"),
            name=text_of(body, "name"),
            away_ms=body.get("away_ms"),
            stood_still=body.get("stood_still") is True,
            ago_ms=body.get("ago_ms", 0),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=SendingSerializer,
        responses={204: None, 400: ErrorSerializer, **MAY_READ, 429: ErrorSerializer},
    )
    @action(detail=True, methods=["post"], throttle_classes=[SendingThrottle])
    def sending(self, request: Request, slug: str) -> Response:
        """A page's heartbeat while a recording is on: whether its media goes out into each session."""
        body = body_of(request)
        room = self._entered(request, slug)
        sending.report(
            room=room,
            participant=body.get("participant"),
            name=text_of(body, "name"),
            media=body.get("media"),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={200: StateSerializer, **MAY_READ})
    @action(detail=True, methods=["get"])
    def state(self, request: Request, slug: str) -> Response:
        """What is going on in the room now; pages poll this."""
        room = self._entered(request, slug)
        state = room_state(room, for_host=access.is_host(request.user, room))
        return Response(StateSerializer(state).data, headers={"Cache-Control": "no-store"})
