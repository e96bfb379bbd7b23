"""Links over HTTP: invitations to a room and shares of a recording; made, listed and taken back by hosts."""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archives.api.permissions import IsHost
from archives.api.refusals import MAY_CHANGE
from archives.api.requests import body_of, text_of
from archives.api.runs.views import run_for
from archives.models import ArchiveRun, Room
from archives.models.access import Invitation, Link, Share
from archives.services import rooms
from archives.services.people import links
from archives.services.people.links import invitation_create, share_create
from archives.web import access

# As many as a person can look through; older ones have ended.
NEWEST = 200
NO_STORE = {"Cache-Control": "no-store"}


class LinkSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    url = serializers.CharField(allow_null=True, help_text="To be handed out; null once it has ended.")
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


class InvitationSerializer(LinkSerializer):
    person = serializers.CharField(help_text="Joins under this name; empty where it is for all.")


class NewInvitationSerializer(serializers.Serializer):
    person = serializers.CharField(required=False, max_length=100, help_text="Left out: for all.")
    hours = serializers.IntegerField(required=False, min_value=1, max_value=8784, help_text="Default 720.")


class NewShareSerializer(serializers.Serializer):
    hours = serializers.IntegerField(required=False, min_value=1, max_value=8784, help_text="Default 168.")


class Invitations(APIView):
    permission_classes = [IsHost]

    @extend_schema(responses={200: InvitationSerializer(many=True), **MAY_CHANGE})
    def get(self, request: Request, slug: str) -> Response:
        """The room's invitations, newest first."""
        rows = _hosted(request, slug).invitations.select_related("created_by")[:NEWEST]
        return Response([_invitation(row, request) for row in rows], headers=NO_STORE)

    @extend_schema(request=NewInvitationSerializer, responses={201: InvitationSerializer, **MAY_CHANGE})
    def post(self, request: Request, slug: str) -> Response:
        """Make an invitation, for one person or for all."""
        room, body = _hosted(request, slug), body_of(request)
        made = invitation_create(
            room=room, by=request.user, person=text_of(body, "person"), hours=body.get("hours")
        )
        return Response(_invitation(made, request), status=201, headers=NO_STORE)


class OneInvitation(APIView):
    permission_classes = [IsHost]

    @extend_schema(request=None, responses={204: None, **MAY_CHANGE})
    def delete(self, request: Request, slug: str, key: uuid.UUID) -> Response:
        """Take the invitation back: nobody is let in by it, and who came by it is put out."""
        return _revoked(_hosted(request, slug).invitations.filter(pk=key).first())


class Shares(APIView):
    permission_classes = [IsHost]

    @extend_schema(responses={200: LinkSerializer(many=True), **MAY_CHANGE})
    def get(self, request: Request, pk: str) -> Response:
        """The links to the run's player, newest first."""
        rows = _hosted_run(request, pk).shares.select_related("created_by")[:NEWEST]
        return Response([_share(row, request) for row in rows], headers=NO_STORE)

    @extend_schema(request=NewShareSerializer, responses={201: LinkSerializer, **MAY_CHANGE})
    def post(self, request: Request, pk: str) -> Response:
        """Make a link to the run's player: whoever has it may watch this run alone."""
        run = _hosted_run(request, pk)
        made = share_create(run=run, by=request.user, hours=body_of(request).get("hours"))
        return Response(_share(made, request), status=201, headers=NO_STORE)


class OneShare(APIView):
    permission_classes = [IsHost]

    @extend_schema(request=None, responses={204: None, **MAY_CHANGE})
    def delete(self, request: Request, pk: str, key: uuid.UUID) -> Response:
        """Take the link back; who is watching by it gets nothing more."""
        return _revoked(_hosted_run(request, pk).shares.filter(pk=key).first())


def _hosted(request: Request, slug: str) -> Room:
    room = rooms.get(slug=slug.replace("\0", "?"))
    access.require_host(room, request.user)
    return room


def _hosted_run(request: Request, key: str) -> ArchiveRun:
    run = run_for(request, key)
    access.require_host(run.room, request.user)
    return run


def _revoked(link: Link | None) -> Response:
    if link is None:
        raise exceptions.NotFound("There is no such link.")
    links.revoke(link=link)
    return Response(status=204)


def _invitation(row: Invitation, request: Request) -> dict[str, Any]:
    path = f"{reverse('participant', args=[row.room.slug])}?invite={access.link_text(row)}"
    return {**_link(row, path, request), "person": row.person}


def _share(row: Share, request: Request) -> dict[str, Any]:
    return _link(row, f"{reverse('player')}?share={access.link_text(row)}", request)


def _link(row: Link, path: str, request: Request) -> dict[str, Any]:
    told = LinkSerializer(
        {
            "id": row.pk,
            "url": None if row.has_ended else request.build_absolute_uri(path),
            "created_at": row.created_at,
            "created_by": row.created_by and row.created_by.get_username(),
            "expires_at": row.expires_at,
            "revoked_at": row.revoked_at,
        }
    )
    return dict(told.data)
