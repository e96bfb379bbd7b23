"""Captions of a run over HTTP: attached and removed here, read under `/media/runs/<id>/captions.vtt`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archives.api.permissions import IsHost
from archives.api.refusals import MAY_CONFLICT
from archives.api.runs.timeline import captions_url
from archives.api.runs.views import run_for
from archives.models import ArchiveRun
from archives.services import captions as caption_service
from archives.services import history
from archives.services.captions import MOST_BYTES
from archives.web import access


class Raw(BaseParser):
    """The body as it is, and not more of it than is needed to see that it is too long."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return bytes(stream.read(MOST_BYTES + 1))


class CaptionsSerializer(serializers.Serializer):
    url = serializers.CharField(help_text="WebVTT in the run's own time.")
    cues = serializers.IntegerField()
    added_at = serializers.DateTimeField()


class RunCaptions(APIView):
    permission_classes = [IsHost]
    parser_classes = [Raw]

    @extend_schema(
        request={"text/vtt": OpenApiTypes.BINARY}, responses={200: CaptionsSerializer, **MAY_CONFLICT}
    )
    def put(self, request: Request, pk: str) -> Response:
        """Attach a WebVTT file, in the run's own time, instead of what there is; the body is the file."""
        run = self._run(request, pk)
        data = request.data if isinstance(request.data, bytes) else b""
        captions = caption_service.attach(
            run=run, data=data, by=history.actor(request.user), user=request.user
        )
        told = {"url": captions_url(run, captions.digest), "cues": captions.cues}
        return Response(told | {"added_at": captions.added_at})

    @extend_schema(responses={204: None, **MAY_CONFLICT})
    def delete(self, request: Request, pk: str) -> Response:
        """Remove the captions; where there are none, nothing happens."""
        caption_service.remove(run=self._run(request, pk), by=history.actor(request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _run(self, request: Request, pk: str) -> ArchiveRun:
        run = run_for(request, pk)
        access.require_host(run.room, request.user)
        return run
