"""The seam report of a run: where its segments meet, how that is known, and what is missing."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Max
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from archives import clock
from archives.api import reasons
from archives.api.cache import answer
from archives.api.permissions import MayWatch
from archives.api.refusals import MAY_READ
from archives.api.runs.account import AccountSerializer, account_json, sentences
from archives.api.runs.timeline import remarks
from archives.api.runs.views import run_for
from archives.api.serializers import AbsentSerializer, RemarkSerializer
from archives.models import ArchiveRun
from archives.services import accounts
from archives.timeline import Seam, account_for, remarks_for
from archives.timeline.facts import SegmentFacts
from archives.timeline.verdicts import Estimate


class MeetingSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="From 1.")
    ordinal = serializers.IntegerField(help_text="From 0. Deprecated: use `number`.")
    session = serializers.CharField()


class ContradictionSerializer(serializers.Serializer):
    """An estimate that contradicts the verdict."""

    source = serializers.CharField(help_text="audio, video or times.")  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=["overlap", "gap"])
    overlap_ms = serializers.IntegerField(help_text="Negative: a gap that long.")
    confidence = serializers.FloatField()
    sure = serializers.BooleanField()


class EstimateSerializer(serializers.Serializer):
    """What one source alone says of the offset."""

    source = serializers.CharField(help_text="audio or video.")  # type: ignore[assignment]
    offset_ms = serializers.IntegerField()
    low_ms = serializers.IntegerField(help_text="Bounds of the offset, if this estimate is right.")
    high_ms = serializers.IntegerField()
    confidence = serializers.FloatField()
    sure = serializers.BooleanField()


class SeamSerializer(serializers.Serializer):
    earlier = MeetingSerializer()
    later = MeetingSerializer(allow_null=True)
    kind = serializers.ChoiceField(choices=["overlap", "gap"])
    status = serializers.CharField(help_text="waiting (to be measured), measured or estimated.")
    offset_ms = serializers.IntegerField(
        allow_null=True, help_text="Where the later segment begins in the media of the earlier one."
    )
    overlap_ms = serializers.IntegerField(help_text="Negative: a gap that long.")
    method = serializers.CharField(help_text="What decided: audio, video or times.")
    confidence = serializers.FloatField()
    sure = serializers.BooleanField(help_text="Measured in the media, beyond reasonable doubt.")
    residual_av_ms = serializers.FloatField(
        allow_null=True, help_text="By how much pictures jump ahead where sound is continuous."
    )
    measured_at = serializers.DateTimeField(allow_null=True)
    gap_from = serializers.DateTimeField(allow_null=True)
    gap_until = serializers.DateTimeField(allow_null=True)
    cause = serializers.CharField(allow_blank=True, help_text="Gaps only: why, in people's words.")
    causes = serializers.ListField(child=serializers.CharField(), help_text="As codes.")
    estimates = EstimateSerializer(many=True, help_text="Measured in the media.")
    contradicted_by = ContradictionSerializer(many=True)
    error = serializers.CharField(allow_blank=True, help_text="Why it was not measured.")


class SeamsSerializer(serializers.Serializer):
    run = serializers.UUIDField()
    account = AccountSerializer()
    measured = serializers.IntegerField(help_text="Overlaps measured in the media.")
    estimated = serializers.IntegerField(help_text="Overlaps known from the platform's times only.")
    waiting = serializers.IntegerField(help_text="Still to be measured.")
    gaps = serializers.IntegerField(help_text="`gap_count` of the account.")
    seams = SeamSerializer(many=True)
    absences = AbsentSerializer(many=True)
    remarks = RemarkSerializer(many=True)


class RunSeams(APIView):
    permission_classes = [MayWatch]

    @extend_schema(responses={200: SeamsSerializer, **MAY_READ})
    def get(self, request: Request, pk: str) -> HttpResponseBase:
        """Where the segments of the run meet, in order: overlaps as measured, gaps with bounds and cause; who
        is missing although something was recorded; and remarks on visible and audible faults.
        """
        return answer(request, run_for(request, pk, stamp=True), "seams", _report)


class _Job(NamedTuple):
    """State of a seam's measurement."""

    waiting: bool = False
    error: str = ""
    code: str = ""
    measured_at: Any = None
    known: bool = False


def _report(run: ArchiveRun) -> dict[str, Any]:
    jobs = _jobs(run)
    made = account_for(run)
    account = accounts.current(run, made)
    facts = AccountSerializer(account_json(account)).data
    seams = [_seam(seam, jobs.get(_pair(seam), _Job())) for seam in made.seams]
    return {
        "run": str(run.pk),
        "account": facts,
        "measured": account.measured,
        "estimated": account.estimated,
        "waiting": sum(seam["status"] == "waiting" for seam in seams),
        "gaps": account.gap_count,
        "seams": SeamSerializer(seams, many=True).data,
        "absences": facts["absences"],
        "remarks": remarks(remarks_for(run, made.timeline)),
    }


def _jobs(run: ArchiveRun) -> dict[tuple[str, str], _Job]:
    rows = run.seams.exclude(later=None).order_by().annotate(measured_at=Max("estimates__measured_at"))
    values = rows.values_list(
        "earlier_id", "later_id", "due_at", "job_error", "job_error_code", "measured_at"
    )
    return {
        (str(earlier), str(later)): _Job(due_at is not None, error, code, measured_at, True)
        for earlier, later, due_at, error, code, measured_at in values
    }


def _pair(seam: Seam) -> tuple[str, str]:
    return seam.earlier.id, seam.later.id if seam.later else ""


def _seam(seam: Seam, job: _Job) -> dict[str, Any]:
    verdict = seam.verdict
    measured = verdict.source != "times"
    return {
        "earlier": _meeting(seam.earlier),
        "later": _meeting(seam.later) if seam.later else None,
        "kind": verdict.kind,
        "status": "waiting" if job.waiting else "measured" if measured else "estimated",
        "offset_ms": round(verdict.offset_ms) if seam.later else None,
        "overlap_ms": round(verdict.overlap_ms),
        "method": verdict.source,
        "confidence": verdict.confidence,
        "sure": verdict.sure,
        "residual_av_ms": verdict.residual_av_ms,
        "measured_at": job.measured_at if measured else None,
        "gap_from": clock.from_ms(round(seam.wall_ms[0])) if verdict.kind == "gap" else None,
        "gap_until": clock.from_ms(round(seam.wall_ms[1])) if verdict.kind == "gap" else None,
        "cause": sentences(seam.causes),
        "causes": list(seam.causes),
        "estimates": [_estimate(each) for each in seam.measured],
        "contradicted_by": [_contradiction(seam, each) for each in verdict.contradicted_by],
        "error": _why_not_measured(seam, job),
    }


def _why_not_measured(seam: Seam, job: _Job) -> str:
    # The two sides of a gap have nothing in common that could be compared.
    if not job.known or (seam.verdict.kind == "gap" and not job.error):
        return ""
    measured = seam.verdict.source != "times"
    return reasons.sentence(
        reasons.seam_code(measured=measured, waiting=job.waiting, error=job.error, code=job.code)
    )


def _meeting(segment: SegmentFacts) -> dict[str, Any]:
    return {
        "id": segment.id,
        "number": segment.ordinal + 1,
        "ordinal": segment.ordinal,
        "session": segment.session,
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "source": estimate.source,
        "offset_ms": round(estimate.offset_ms),
        "low_ms": round(estimate.low_ms),
        "high_ms": round(estimate.high_ms),
        "confidence": estimate.confidence,
        "sure": estimate.sure,
    }


def _contradiction(seam: Seam, estimate: Estimate) -> dict[str, Any]:
    overlap_ms = seam.verdict.overlap_ms + seam.verdict.offset_ms - estimate.offset_ms
    return {
        "source": estimate.source,
        "kind": "overlap" if overlap_ms >= 0 else "gap",
        "overlap_ms": round(overlap_ms),
        "confidence": estimate.confidence,
        "sure": estimate.sure,
    }
