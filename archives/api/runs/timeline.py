"""A run's timeline in the API's shape."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.urls import reverse

from archives import clock
from archives.api.runs.account import absence_json, account_json, sentences
from archives.models import ArchiveRun, Preview
from archives.models.captions import Captions
from archives.services import accounts
from archives.services.jobs import previews
from archives.services.jobs.previews import CUES, LEVELS
from archives.timeline import Absent, Shown, Span, account_for, remarks_for

# Stands for the id in the address of a piece: looking the address up for thousands of them takes seconds.
ANY = UUID(int=0)


def run_offsets(run: ArchiveRun) -> dict[str, Any]:
    """{run, duration_ms, began_at_ms, spans …}: every instant of the run once, holes as gaps."""
    account = account_for(run)
    timeline = account.timeline
    # Before the first piece is there to be shown, the run's own beginning is the best known.
    zero = timeline.began_at_ms or clock.to_ms(run.started_at or run.created_at)
    address = reverse("segment_file", args=[ANY])
    folder = Preview.objects.filter(run=run).values_list("folder", flat=True).first()
    captions = Captions.objects.filter(run=run).values_list("digest", flat=True).first()
    return {
        "run": str(run.pk),
        "duration_ms": timeline.duration_ms,
        "began_at_ms": timeline.began_at_ms,
        "account": account_json(accounts.current(run, account)),
        "spans": [_span(span, address) for span in timeline.spans],
        "absences": [_absence(each, zero) for each in account.absences],
        "remarks": remarks(remarks_for(run, timeline)),
        "thumbnails": preview_url(run, CUES, folder),
        "levels": preview_url(run, LEVELS, folder),
        "captions": captions_url(run, captions) if captions else None,
    }


def _absence(absent: Absent, began_at_ms: int) -> dict[str, Any]:
    return absence_json(accounts.absence_facts(absent)) | {
        "start_ms": max(0, absent.bounds[0] - began_at_ms),
        "end_ms": max(0, absent.bounds[1] - began_at_ms),
    }


def remarks(shown: list[Shown]) -> list[dict[str, Any]]:
    """Visible and audible faults, in times of the run."""
    return [asdict(each) for each in shown]


def captions_url(run: ArchiveRun, digest: str) -> str:
    """Another one for other captions, so that a browser may remember what it has."""
    return f"{reverse('run_captions', args=[run.pk])}?v={digest[:12]}"


def preview_url(run: ArchiveRun, name: str, folder: str | None) -> str | None:
    """None until it is made; another one for another preview."""
    return f"{reverse(f'run_{name}', args=[run.pk])}?v={previews.version(folder)}" if folder else None


def _span(span: Span, address: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": span.kind,
        "segment": span.segment,
        "session": span.session,
        "url": address.replace(str(ANY), span.segment) if span.segment else None,
        "start_ms": span.start_ms,
        "in_ms": span.in_ms,
        "out_ms": span.out_ms,
        "change_from_ms": span.change_from_ms,
        "change_until_ms": span.change_until_ms,
    }
    if span.kind == "gap":
        told |= {"cause": sentences(span.causes), "causes": list(span.causes)}
    return told
