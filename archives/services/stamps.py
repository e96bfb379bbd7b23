"""A stamp of a run's rows: it changes with whatever a service writes to the rows that its account is made of.

It is computed by the query that finds the run, so that a long run takes no query more than a short one.
"""

from __future__ import annotations

import hashlib

from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL

from archives.models import Absence, ArchiveRun, ContentCheck, Estimate, Pause, Preview, Seam, Segment
from archives.models.captions import Captions

RUNS = ArchiveRun._meta.db_table
OF_RUN = "WHERE rows.run_id = {runs}.id"
# Of rows that belong to a segment or a seam, by way of the run's own.
OF_SEGMENT = "JOIN {segments} ON rows.segment_id = {segments}.id WHERE {segments}.run_id = {runs}.id"
OF_SEAM = "JOIN {seams} ON rows.seam_id = {seams}.id WHERE {seams}.run_id = {runs}.id"


def _each(what: str, *columns: str) -> list[str]:
    return [what.format(f"rows.{column}") for column in columns]


# Raw SQL, because building these with the ORM takes as long as the account of a short run, at each call.
SEGMENTS = [
    "COUNT(*)",
    *(f"COUNT(CASE WHEN rows.status = '{status}' THEN 1 END)" for status in Segment.Status.values),
    *_each("COUNT(CASE WHEN {} <> '' THEN 1 END)", "file", "job_error", "media_note"),
    *_each("SUM(LENGTH({}))", "error_code", "error", "job_error_code", "job_error", "media_note", "reason"),
    *_each(
        "COUNT({})",
        "created_at_ms",
        "stored_at",
        "due_at",
        "media_begin_ms",
        "media_end_ms",
        "stop_requested_at",
    ),
    *_each("SUM({})", "created_at_ms", "duration_ms", "media_begin_ms", "media_end_ms"),
    *_each("MAX({})", "synced_at", "stored_at", "due_at", "ended_at", "ended_after"),
    *_each("MAX({})", "confirmed_at", "stop_requested_at"),
]
SEAMS = [
    "COUNT(*)",
    *_each("COUNT({})", "settled_at", "due_at"),
    *_each("SUM({})", "failures"),
    *_each("SUM(LENGTH({}))", "job_error_code", "job_error"),
    *_each("MAX({})", "id", "settled_at", "due_at"),
]
ESTIMATES = [
    "COUNT(*)",
    *_each("SUM({})", "offset_ms", "low_ms", "high_ms", "confidence", "residual_av_ms"),
    "COUNT(CASE WHEN rows.former THEN 1 END)",
    *(f"COUNT(CASE WHEN rows.source = '{source}' THEN 1 END)" for source in Estimate.Source.values),
    *_each("MAX({})", "measured_at", "id"),
]


def _facts(rows: type[Model], facts: list[str], of: str = OF_RUN) -> RawSQL:
    """Concatenate these aggregates into one string, as a subquery correlated on the run."""
    text = " || ',' || ".join(f"COALESCE(CAST({fact} AS TEXT), '')" for fact in facts)
    names = {"runs": RUNS, "segments": Segment._meta.db_table, "seams": Seam._meta.db_table}
    # Only names of this project's tables and columns.
    return RawSQL(f"SELECT {text} FROM {rows._meta.db_table} AS rows {of.format(**names)}", [])  # noqa: S608, S611


ACCOUNT = {
    "of_segments": _facts(Segment, SEGMENTS),
    "of_pauses": _facts(Pause, ["COUNT(*)", *_each("MAX({})", "changed_at")], OF_SEGMENT),
    "of_seams": _facts(Seam, SEAMS),
    "of_estimates": _facts(Estimate, ESTIMATES, OF_SEAM),
    "of_absences": _facts(Absence, ["COUNT(*)", *_each("MAX({})", "changed_at")]),
}
OUTPUTS = {
    "of_content": _facts(ContentCheck, ["COUNT(rows.checked_at)", "MAX(rows.checked_at)"]),
    "of_preview": _facts(Preview, _each("MAX({})", "folder", "made_at")),
    "of_captions": _facts(Captions, _each("MAX({})", "digest")),
}


def with_account_stamp(runs: QuerySet[ArchiveRun]) -> QuerySet[ArchiveRun]:
    return runs.annotate(**ACCOUNT)


def with_stamp(runs: QuerySet[ArchiveRun]) -> QuerySet[ArchiveRun]:
    """Also what the run's other answers are made of."""
    return runs.annotate(**ACCOUNT, **OUTPUTS)


def account_stamp(run: ArchiveRun) -> str:
    """Of a run of `with_account_stamp`."""
    return _hashed(run, ACCOUNT, run.status, run.stop_requested_at)


def stamp(run: ArchiveRun) -> str:
    """Of a run of `with_stamp`."""
    return _hashed(run, ACCOUNT | OUTPUTS, run.status, run.stop_requested_at, run.started_at)


def _hashed(run: ArchiveRun, names: dict[str, RawSQL], *more: object) -> str:
    facts = [getattr(run, name) for name in names]
    return hashlib.sha256(repr((*more, *facts)).encode()).hexdigest()
