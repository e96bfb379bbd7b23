"""The seam report of a run: where its pieces meet, how that is known, and what is missing."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from archives.api.cache import answer
from archives.api.permissions import MayWatch
from archives.api.refusals import MAY_READ
from archives.api.runs.timeline import remarks
from archives.api.runs.views import run_for
from archives.api.serializers import AbsentSerializer, RemarkSerializer
from archives.models import ArchiveRun, Seam
from archives.timeline import absences_for, remarks_for


class MeetingSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    ordinal = serializers.IntegerField()
    session = serializers.CharField()


class SeamSerializer(serializers.ModelSerializer[Seam]):
    earlier = MeetingSerializer()
    later = MeetingSerializer(allow_null=True)
    status = serializers.SerializerMethodField(help_text="waiting (to be measured), measured or estimated.")
    sure = serializers.BooleanField(help_text="Measured in the media, beyond reasonable doubt.")
    residual_av_ms = serializers.FloatField(
        source="residual",
        allow_null=True,
        help_text="By how much pictures jump ahead where sound is continuous.",
    )

    error = serializers.CharField(source="job_error", read_only=True)

    class Meta:
        model = Seam
        fields = (
            "earlier",
            "later",
            "kind",
            "status",
            "offset_ms",
            "overlap_ms",
            "method",
            "confidence",
            "sure",
            "residual_av_ms",
            "measured_at",
            "gap_from",
            "gap_until",
            "cause",
            "error",
        )

    def get_status(self, seam: Seam) -> str:
        if seam.due_at is not None:
            return "waiting"
        return "measured" if seam.measured_at else "estimated"


class SeamsSerializer(serializers.Serializer):
    run = serializers.UUIDField()
    measured = serializers.IntegerField(help_text="Overlaps measured in the media.")
    estimated = serializers.IntegerField(help_text="Overlaps known from the platform's times only.")
    waiting = serializers.IntegerField(help_text="Still to be measured.")
    gaps = serializers.IntegerField()
    seams = SeamSerializer(many=True)
    absences = AbsentSerializer(many=True)
    remarks = RemarkSerializer(many=True)


class RunSeams(APIView):
    permission_classes = [MayWatch]

    @extend_schema(responses={200: SeamsSerializer, **MAY_READ})
    def get(self, request: Request, pk: str) -> HttpResponseBase:
        """Where the pieces of the run meet, in order: overlaps as measured, gaps with bounds and cause; who
        is missing although something was recorded; and what is wrong to see or to hear.
        """
        return answer(request, run_for(request, pk, stamp=True), "seams", _report)


def _report(run: ArchiveRun) -> dict[str, Any]:
    rows = run.seams.select_related("earlier", "later").order_by("earlier__ordinal", "later__ordinal")
    seams = SeamSerializer(rows, many=True).data
    absences = AbsentSerializer(absences_for(run), many=True).data
    shown = remarks(remarks_for(run))
    facts = {"seams": seams, "absences": absences, "remarks": shown}
    return {"run": str(run.pk), **_counted(seams), **facts}


def _counted(seams: Any) -> dict[str, int]:
    overlaps = [seam["status"] for seam in seams if seam["kind"] == Seam.Kind.OVERLAP]
    waiting = sum(seam["status"] == "waiting" for seam in seams)
    return {
        "measured": overlaps.count("measured"),
        "estimated": overlaps.count("estimated"),
        "waiting": waiting,
        "gaps": sum(seam["kind"] == Seam.Kind.GAP for seam in seams),
    }
