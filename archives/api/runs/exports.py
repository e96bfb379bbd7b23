"""Exports over HTTP: ask for one, see how far it is, call it off. The file is at `/media/exports/<id>/`."""

from __future__ import annotations

import uuid

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archives import errors
from archives.api.permissions import IsHost, MayWatch
from archives.api.refusals import MAY_CHANGE
from archives.api.requests import body_of
from archives.api.runs.views import run_for
from archives.api.serializers import ErrorSerializer
from archives.models import Export
from archives.services.jobs import exports
from archives.web import access


class ExportSerializer(serializers.ModelSerializer[Export]):
    error = serializers.CharField(source="job_error", read_only=True)
    url = serializers.SerializerMethodField(help_text="Where the file is; null until it is done.")

    class Meta:
        model = Export
        fields = (
            "id",
            "run",
            "gaps",
            "status",
            "progress",
            "url",
            "size",
            "duration_ms",
            "error",
            "report",
            "created_at",
            "started_at",
            "ended_at",
        )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_url(self, export: Export) -> str | None:
        done = export.status == Export.Status.DONE
        return reverse("export_file", args=[export.pk]) if done else None


class NewExportSerializer(serializers.Serializer):
    gaps = serializers.ChoiceField(choices=Export.Gaps.choices, required=False, help_text="Default black.")


class RunExports(APIView):
    def get_permissions(self) -> list[BasePermission]:
        return [IsHost() if self.request.method == "POST" else MayWatch()]

    @extend_schema(responses={200: ExportSerializer(many=True), **MAY_CHANGE})
    def get(self, request: Request, pk: str) -> Response:
        """The run's exports, newest first."""
        return Response(ExportSerializer(run_for(request, pk).exports.all()[:100], many=True).data)

    @extend_schema(
        request=NewExportSerializer,
        responses={200: ExportSerializer, 202: ExportSerializer, 409: ErrorSerializer, **MAY_CHANGE},
    )
    def post(self, request: Request, pk: str) -> Response:
        """Ask for the run as one MP4: 202 where it will be made, 200 where the same was asked for before."""
        run = run_for(request, pk)
        access.require_host(run.room, request.user)
        gaps = body_of(request).get("gaps", Export.Gaps.BLACK)
        asked = exports.request(run=run, gaps=gaps, requested_by=request.user)
        return Response(ExportSerializer(asked.export).data, status=202 if asked.created else 200)


class OneExport(APIView):
    permission_classes = [MayWatch]

    @extend_schema(responses={200: ExportSerializer, **MAY_CHANGE})
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """How far it is, and once it is done where it is and how each seam was made."""
        return Response(ExportSerializer(_export(request, key)).data)


class CancelExport(APIView):
    permission_classes = [IsHost]

    @extend_schema(request=None, responses={200: ExportSerializer, **MAY_CHANGE})
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """Call it off; what has ended stays as it is."""
        export = _export(request, key)
        access.require_host(export.run.room, request.user)
        return Response(ExportSerializer(exports.cancel(export=export)).data)


def _export(request: Request, key: uuid.UUID) -> Export:
    seen = Export.objects.select_related("run__room").filter(run__in=access.watchable_runs(request))
    export = seen.filter(pk=key).first()
    if export is None:
        raise errors.UnknownExport(detail={"export": str(key)})
    return export
